"""How we stand with GitHub: who we are to it, what we may do, what is left of its limit, which webhooks it sends."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from config.settings import Settings
from workers.github.answer import Answer
from workers.github.auth import AppAccess
from workers.github.connection import access, keep_silent
from workers.github.errors import Forbidden
from workers.github.limiter import LocalLimiter
from workers.github.pace import Limits
from workers.github.transport import Request, Transport


@dataclass(frozen=True, slots=True)
class Standing:
    """`scopes` are a classic token's, None for another kind; `permissions` and `events` are an App's."""

    login: str
    app: bool
    repositories: Mapping[str, int | None]
    scopes: tuple[str, ...] | None = None
    permissions: Mapping[str, str] = field(default_factory=dict)
    events: tuple[str, ...] = ()
    limit: int = 0
    remaining: int = 0


@dataclass(frozen=True, slots=True)
class Hook:
    """One webhook. `last` is the status of its newest delivery, 0 where there was none or it is not told."""

    url: str
    events: tuple[str, ...]
    active: bool = True
    json: bool = True
    secret: bool = True
    last: int = 0


class Inspection:
    """Asks GitHub about ourselves. Counts its calls for itself, so that it works without Redis.

    Raises what `Transport.send` raises, and OurFault where the settings have nothing to sign in with.
    """

    def __init__(self, settings: Settings, learn_secret: Callable[[str], None] = keep_silent) -> None:
        limits = Limits(settings.github_requests_per_hour, settings.github_writes_per_minute)
        self._transport = Transport(settings.github_api_url, LocalLimiter(limits))
        self._access = access(settings, self._transport, learn_secret)

    @property
    def is_app(self) -> bool:
        """Whether we are an App."""
        return isinstance(self._access, AppAccess)

    def standing(self) -> Standing:
        """Who we are and what we may do."""
        answer = self._access.ask(Request("GET", "/app" if self.is_app else "/user"))
        told: Mapping[str, Any] = answer.data
        repositories = self._access.repositories()
        some = next(iter(repositories), None)
        limit = self._limit(some, repositories)
        given = answer.headers.get("x-oauth-scopes")
        return Standing(
            login=str(told.get("slug") or told.get("login")),
            app=self.is_app,
            repositories=repositories,
            scopes=None if given is None else tuple(each.strip() for each in given.split(",") if each.strip()),
            permissions=told.get("permissions") or {},
            events=tuple(told.get("events") or ()),
            limit=int(limit.get("limit", 0)),
            remaining=int(limit.get("remaining", 0)),
        )

    def _limit(self, repository: str | None, repositories: Mapping[str, int | None]) -> Mapping[str, Any]:
        """An App's limit is counted by installation."""
        request = Request("GET", "/rate_limit")
        if self.is_app and repository is None:
            return {}
        if self.is_app and repository is not None:
            answer = self._transport.send(self._access.passport(repository, repositories[repository]), request)
        else:
            answer = self._access.ask(request)
        found: Mapping[str, Any] = ((answer.data or {}).get("resources") or {}).get("core") or {}
        return found

    def app_hook(self) -> Hook | None:
        """The App's own webhook; None where GitHub does not show it."""
        answer = self._access.ask(Request("GET", "/app/hook/config"))
        if answer.missing:
            return None
        listed = self._access.ask(Request("GET", "/app/hook/deliveries", {"per_page": 1}))
        newest = (listed.data or [{}])[0] if not listed.missing else {}
        return _hook({"config": answer.data, "last_response": {"code": newest.get("status_code")}})

    def hooks(self, repository: str) -> list[Hook] | None:
        """A repository's webhooks; None where we may not see them, which takes more rights than our work does."""
        passport = self._access.passport(repository, None)
        try:
            answer: Answer = self._transport.send(passport, Request("GET", f"/repos/{repository}/hooks"))
        except Forbidden:
            return None
        return None if answer.missing else list(_hooks(answer.data or ()))


def _hooks(listed: Any) -> Iterator[Hook]:
    for each in listed:
        yield _hook(each)


def _hook(told: Mapping[str, Any]) -> Hook:
    config = told.get("config") or {}
    return Hook(
        url=str(config.get("url", "")),
        events=tuple(told.get("events") or ()),
        active=bool(told.get("active", True)),
        json=config.get("content_type", "form") == "json",
        secret=bool(config.get("secret")),
        last=int((told.get("last_response") or {}).get("code") or 0),
    )
