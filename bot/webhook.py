"""`POST /webhooks/github`: size, type, signature, shape, then one atomic step. No work is done in the request."""

import re
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from bot import payload, signature
from bot.deliveries import Deliveries, QueueUnreachableError
from bot.events import Malformed
from bot.metrics import ANSWERS
from bot.translate import allowed, repository_of, translate

RETRY_AFTER_SECONDS = 10
_DELIVERY = re.compile(r"[0-9A-Za-z-]{1,64}")
_EVENT = re.compile(r"[a-z0-9_]{1,64}")


class Refused(Exception):
    """A request that is not taken: the answer's status, and what is wrong and how to mend it."""

    def __init__(self, status: int, error: str, hint: str = "") -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Webhook:
    """The endpoint; everything it needs is given when the application is made."""

    secret: bytes
    body_max: int
    repositories: tuple[str, ...]
    deliveries: Deliveries

    async def __call__(self, request: Request) -> Response:
        """Answer one delivery: 202 taken · 200 known or not ours · 400 · 401 · 413 · 415 · 503."""
        try:
            status, said = await self._taken(request)
        except Refused as refused:
            ANSWERS.labels(refused.status).inc()
            headers = {"Retry-After": str(RETRY_AFTER_SECONDS)} if refused.status == 503 else {}
            body = {"error": refused.error, **({"hint": refused.hint} if refused.hint else {})}
            return JSONResponse(body, refused.status, headers)
        except ClientDisconnect:
            return Response(status_code=400)
        ANSWERS.labels(status).inc()
        return JSONResponse({"status": said}, status)

    async def _taken(self, request: Request) -> tuple[int, str]:
        headers = request.headers
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Refused(
                415, "the content type is not application/json", "choose application/json in the webhook's settings"
            )
        body = await self._read(request)
        if not signature.valid(self.secret, body, headers.get("x-hub-signature-256")):
            raise Refused(
                401,
                "the signature is missing or wrong",
                "the webhook's secret and DEVSTACK_GITHUB_WEBHOOK_SECRET must be the same",
            )
        name, delivery = headers.get("x-github-event", ""), headers.get("x-github-delivery", "")
        if not _EVENT.fullmatch(name):
            raise Refused(400, "the header X-GitHub-Event is missing or no event's name")
        if not _DELIVERY.fullmatch(delivery):
            raise Refused(400, "the header X-GitHub-Delivery is missing or no delivery's id")
        try:
            event = payload.read(name, delivery, body)
        except Malformed as malformed:
            raise Refused(400, f"the body is no {name} event: {malformed}") from malformed
        job = translate(event) if allowed(repository_of(event), self.repositories) else None
        if job is None:
            return 200, "nothing to do"
        try:
            fresh = await self.deliveries.take(delivery, job)
        except QueueUnreachableError as error:
            raise Refused(
                503, "the queue is unreachable; nothing was taken", "GitHub can deliver it again later"
            ) from error
        return (202, "taken") if fresh else (200, "known already")

    async def _read(self, request: Request) -> bytes:
        """The body, given up as soon as it is too large."""
        said = request.headers.get("content-length", "0")
        if not said.isdigit():
            raise Refused(400, "the header Content-Length is no number")
        length = int(said)
        body = bytearray()
        if length <= self.body_max:
            async for chunk in request.stream():
                body += chunk
                if len(body) > self.body_max:
                    break
            else:
                return bytes(body)
        raise Refused(413, f"the body is larger than {self.body_max:,} bytes")
