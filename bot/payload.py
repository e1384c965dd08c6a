"""The few fields of GitHub's payloads that we read. Lenient: what we do not need may be missing, null or new."""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from bot.events import (
    CommentCreated,
    Event,
    InstallationEvent,
    Malformed,
    OtherEvent,
    PullRequestEvent,
    PushEvent,
)

Id = Annotated[int, Field(gt=0)]
FullName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*/[A-Za-z0-9._-]{1,100}$")]
Sha = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})$")]


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Named(_Read):
    full_name: FullName
    default_branch: str | None = None


class _Numbered(_Read):
    id: Id


class _User(_Read):
    login: str
    type: str | None = None


class _Label(_Read):
    name: str


class _Body(_Read):
    body: str | None = None


class _Before(_Read):
    before: str | None = Field(None, alias="from")


class _PullRequest(_Read):
    action: str
    number: Id
    repository: _Named
    installation: _Numbered | None = None
    label: _Label | None = None
    changes: dict[str, Any] | None = None
    sender: _User | None = None
    pull_request: _Body | None = None


class _Comment(_Read):
    id: Id
    body: str | None = None
    user: _User | None = None


class _Issue(_Read):
    number: Id
    pull_request: dict[str, Any] | None = None


class _IssueComment(_Read):
    action: str
    issue: _Issue
    comment: _Comment
    repository: _Named
    installation: _Numbered | None = None


class _Push(_Read):
    ref: str
    after: Sha
    deleted: bool = False
    repository: _Named
    installation: _Numbered | None = None


class _Installation(_Read):
    action: str
    installation: _Numbered


class _Anything(_Read):
    """An event that we drop unread: any object will do."""


def _pull_request(found: _PullRequest, delivery: str) -> Event:
    body = (found.pull_request.body if found.pull_request else None) or ""
    return PullRequestEvent(
        delivery=delivery,
        repository=found.repository.full_name,
        number=found.number,
        action=found.action,
        label=found.label.name if found.label else None,
        changes=frozenset(found.changes or ()),
        installation=found.installation.id if found.installation else None,
        by=found.sender.login if found.sender else "",
        body=body,
        body_before=_before(found.changes or {}, body),
    )


def _before(changes: dict[str, Any], now: str) -> str:
    """The text before an edit; where that cannot be read, the text as it is, so that nothing of it counts as new."""
    try:
        return _Before.model_validate(changes.get("body") or {}).before or ""
    except ValidationError:
        return now


def _issue_comment(found: _IssueComment, delivery: str) -> Event:
    user = found.comment.user
    if found.action != "created" or found.issue.pull_request is None or user is None:
        return OtherEvent(delivery, "issue_comment")
    return CommentCreated(
        delivery=delivery,
        repository=found.repository.full_name,
        number=found.issue.number,
        comment_id=found.comment.id,
        author=user.login,
        by_bot=user.type == "Bot",
        body=found.comment.body or "",
        installation=found.installation.id if found.installation else None,
    )


def _push(found: _Push, delivery: str) -> Event:
    return PushEvent(
        delivery=delivery,
        repository=found.repository.full_name,
        ref=found.ref,
        after=found.after,
        deleted=found.deleted,
        default_branch=found.repository.default_branch or "",
        installation=found.installation.id if found.installation else None,
    )


def _installation(found: _Installation, delivery: str) -> Event:
    return InstallationEvent(delivery, found.installation.id, found.action)


def _read(model: type[_Read], make: Callable[[Any, str], Event]) -> tuple[TypeAdapter[Any], Callable[[Any, str], Event]]:
    return TypeAdapter(model), make


_READERS = {
    "pull_request": _read(_PullRequest, _pull_request),
    "issue_comment": _read(_IssueComment, _issue_comment),
    "push": _read(_Push, _push),
    "installation": _read(_Installation, _installation),
    "installation_repositories": _read(_Installation, _installation),
}
_ANYTHING = TypeAdapter(_Anything)


def read(name: str, delivery: str, body: bytes) -> Event:
    """The event that a signed body holds. Malformed where it is not JSON, not an object, or lacks what its event has."""
    try:
        if name not in _READERS:
            _ANYTHING.validate_json(body)
            return OtherEvent(delivery, name)
        adapter, make = _READERS[name]
        return make(adapter.validate_json(body), delivery)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Malformed(f"{place}: {first['msg']}" if place else first["msg"]) from error
