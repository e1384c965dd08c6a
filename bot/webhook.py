"""`POST /webhooks/github`: type, size, signature, shape, then one atomic step. No work is done in the request.

Plain ASGI: the body is read as it comes and nothing is parsed that is not signed.
"""

import re
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bot import answers, payload
from bot.answers import Refused
from bot.deliveries import Deliveries, QueueUnreachableError
from bot.events import Malformed
from bot.metrics import BY_STATUS
from bot.signature import signature, valid
from bot.translate import allowed, repository_of, translate
from model import jobs

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_EVENT = re.compile(r"[a-z0-9_]{1,64}")
_LENGTH_DIGITS = 18

Headers = dict[bytes, bytes]


class Gone(Exception):
    """The sender closed the connection before its body was complete: there is nobody to answer."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """The endpoint; everything it needs is given when the application is made."""

    secret: bytes
    body_max: int
    repositories: tuple[str, ...]
    deliveries: Deliveries

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one delivery: 202 taken · 200 known or not ours · 400 · 401 · 413 · 415 · 503."""
        try:
            answer = await self._answer(dict(scope["headers"]), receive)
        except Refused as refused:
            answer = refused.answer()
        except Gone:
            return
        BY_STATUS[answer.status_code].inc()
        await answer(scope, receive, send)

    async def _answer(self, headers: Headers, receive: Receive) -> Response:
        content_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if content_type != b"application/json":
            raise answers.other_type(content_type.decode("latin-1"))
        given = signature(headers.get(b"x-hub-signature-256", b""))
        if given is None:
            raise answers.unsigned()
        read = self._understood(headers, given, await _body(headers, receive, self.body_max))
        if isinstance(read, Response):
            return read
        delivery, job = read
        try:
            fresh = await self.deliveries.take(delivery, job)
        except QueueUnreachableError as error:
            raise answers.queue_unreachable() from error
        return answers.TAKEN if fresh else answers.KNOWN

    def _understood(self, headers: Headers, given: bytes, body: bytes) -> tuple[str, jobs.Job] | Response:
        """The delivery's id and its job, or the answer where it is none for us."""
        if not valid(self.secret, body, given):
            raise answers.wrongly_signed()
        name = headers.get(b"x-github-event", b"").decode("latin-1")
        if not _EVENT.fullmatch(name):
            raise Refused(400, "the header X-GitHub-Event is missing or no event's name")
        delivery = headers.get(b"x-github-delivery", b"").decode("latin-1").lower()
        if not _GUID.fullmatch(delivery):
            raise Refused(400, "the header X-GitHub-Delivery is missing or no GUID")
        try:
            event = payload.read(name, delivery, body)
        except Malformed as malformed:
            raise Refused(400, f"the body is no {name} event: {malformed}") from malformed
        if not allowed(repository_of(event), self.repositories):
            return answers.NOT_LISTED
        job = translate(event)
        return answers.NOT_OURS if job is None else (delivery, job)


async def _body(headers: Headers, receive: Receive, most: int) -> bytes:
    """The whole body; given up as soon as it is, or says that it will be, too large."""
    said = headers.get(b"content-length", b"0")
    if not said.isdigit():
        raise Refused(400, "the header Content-Length is no number")
    if len(said) > _LENGTH_DIGITS or int(said) > most:
        raise answers.too_large(most)
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        body += message.get("body", b"")
        if len(body) > most:
            raise answers.too_large(most)
        if not message.get("more_body", False):
            return bytes(body)
