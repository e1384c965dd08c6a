"""Requests to GitHub, each admitted by the limiter, each answer judged.

PyGithub's requester is used rather than its objects because those lose what we need: the status of a reaction (200 or
201), the limits in the headers, GitHub's redirects of a renamed repository (307 counts as success there), and an
App's token for one repository.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import structlog

from workers.faults import OurFault, Unavailable
from workers.github.answer import SERVER, Answer, blocked_seconds, fault
from workers.github.limiter import Limiter
from workers.github.pace import Kind

if TYPE_CHECKING:
    from workers.github.line import Line

log = structlog.get_logger(__name__)

LONGEST_SLEEP_SECONDS = 2.0  # a longer wait is the queue's business
REDIRECTS = (302, 307, 308)  # PyGithub follows 301 by itself
REDIRECTS_MOST = 2
LINES_KEPT = 8

Method = Literal["GET", "POST", "PATCH", "PUT", "DELETE"]


@dataclass(frozen=True, slots=True)
class Passport:
    """Whom GitHub sees. `identity` is what its limits are counted by, and holds no secret."""

    identity: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    """One call: `path` is relative to the API's address and begins with a slash."""

    method: Method
    path: str
    parameters: Mapping[str, str | int] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    droppable: bool = False  # a write that may be left out, so it must leave room for those that may not

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def kind(self) -> Kind:
        """What it costs."""
        if self.method == "GET":
            return Kind.READ
        return Kind.PROGRESS if self.droppable else Kind.WRITE


class Transport:
    """Calls of one GitHub server. Safe for threads."""

    def __init__(self, api_url: str, limiter: Limiter, sleep: Callable[[float], None] = time.sleep) -> None:
        parts = urlsplit(api_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise OurFault(f"DEVSTACK_GITHUB_API_URL `{api_url}` is not an http or https address")
        self._api_url = api_url.rstrip("/")
        self._limiter = limiter
        self._sleep = sleep
        self._idle: deque[Line] = deque()

    def send(self, passport: Passport, request: Request) -> Answer:
        """GitHub's good answer, 304, 404 and 410 included; any other is raised as a fault.

        Raises `Unavailable` (try later), `BadCredentials`, `Forbidden`, `Rejected`, `OurFault`.
        """
        answer = self._once(passport, request)
        for _ in range(REDIRECTS_MOST):
            if answer.status not in REDIRECTS:
                break
            request = self._redirected(answer, request)
            answer = self._once(passport, request)
        found = fault(answer, str(request), datetime.now(UTC))
        if found is not None and not answer.missing:
            raise found
        return answer

    def close(self) -> None:
        """Close idle connections."""
        while self._idle:
            self._idle.pop().close()

    def _once(self, passport: Passport, request: Request) -> Answer:
        self._admit(passport, request.kind)
        answer = self._ask(passport, request)
        if wait := blocked_seconds(answer, datetime.now(UTC)):
            log.warning("GitHub asks us to wait", seconds=wait, identity=passport.identity, said=answer.message)
            self._limiter.block(passport.identity, wait)
        return answer

    def _admit(self, passport: Passport, kind: Kind) -> None:
        slept = 0.0
        while wait := self._limiter.acquire(passport.identity, kind):
            if kind is Kind.PROGRESS or slept + wait > LONGEST_SLEEP_SECONDS:
                raise Unavailable(SERVER, "we have used up what it allows for now", retry_after=wait)
            self._sleep(wait)
            slept += wait

    def _ask(self, passport: Passport, request: Request) -> Answer:
        import requests

        from workers.github.line import NotJsonError

        try:
            with self._line() as line:
                return line.ask(
                    passport.token, request.method, request.path, request.parameters, request.body, request.headers
                )
        except requests.exceptions.SSLError as error:
            raise OurFault(f"no trusted connection to {self._api_url} ({error}): is REQUESTS_CA_BUNDLE right?") from error
        except NotJsonError as error:
            raise Unavailable(SERVER, f"{request} was answered with something that is not JSON") from error
        except (requests.exceptions.RequestException, OSError) as error:
            raise Unavailable(SERVER, f"{request}: {type(error).__name__}") from error
        except (RuntimeError, AssertionError) as error:
            # PyGithub's words for a redirect to another host, or to the same address again.
            raise OurFault(f"GitHub at {self._api_url} leads {request} astray: {error}") from error

    @contextmanager
    def _line(self) -> "Iterator[Line]":
        from workers.github.line import Line

        try:
            line = self._idle.pop()
        except IndexError:
            line = Line(self._api_url)
        try:
            yield line
        finally:
            if len(self._idle) < LINES_KEPT:
                self._idle.append(line)
            else:
                line.close()

    def _redirected(self, answer: Answer, request: Request) -> Request:
        """The same request at the address that GitHub names, which must be below the API's own."""
        there, here = urlsplit(answer.headers.get("location", "")), urlsplit(self._api_url)
        ours = (there.scheme, there.netloc) == (here.scheme, here.netloc) and there.path.startswith(f"{here.path}/")
        if not ours or (answer.status == 302 and request.method != "GET"):
            raise OurFault(f"GitHub sends {request} to another place ({there.hostname}), which is not followed")
        path = there.path.removeprefix(here.path) + (f"?{there.query}" if there.query else "")
        parameters = {} if there.query else request.parameters
        return Request(request.method, path, parameters, request.body, request.headers, request.droppable)
