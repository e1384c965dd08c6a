"""The few fields of GitHub's payloads that we read. Lenient: what we do not need may be missing, null or new."""

from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from bot.events import (
    ActionEvent,
    CommentCreated,
    Event,
    InstallationEvent,
    Malformed,
    PullRequestEvent,
    PushEvent,
)


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Named(_Read):
    full_name: str
    default_branch: str = ""


class _Numbered(_Read):
    id: int


class _User(_Read):
    login: str
    type: str = "User"


class _Label(_Read):
    name: str = ""


class _PullRequest(_Read):
    action: str
    number: int
    repository: _Named
    installation: _Numbered | None = None
    label: _Label | None = None
    changes: dict[str, Any] = {}


class _Comment(_Read):
    id: int
    body: str | None = None
    user: _User | None = None


class _Issue(_Read):
    number: int
    pull_request: dict[str, Any] | None = None


class _IssueComment(_Read):
    action: str
    issue: _Issue
    comment: _Comment
    repository: _Named
    installation: _Numbered | None = None


class _Push(_Read):
    ref: str
    after: str
    deleted: bool = False
    repository: _Named
    installation: _Numbered | None = None


class _Installation(_Read):
    action: str
    installation: _Numbered


class _Action(_Read):
    action: str | None = None


def _pull_request(found: _PullRequest, delivery: str) -> Event:
    return PullRequestEvent(
        delivery=delivery,
        repository=found.repository.full_name,
        number=found.number,
        action=found.action,
        label=found.label.name if found.label else "",
        changes=frozenset(found.changes),
        installation=found.installation.id if found.installation else None,
    )


def _issue_comment(found: _IssueComment, delivery: str) -> Event:
    user = found.comment.user
    if found.action != "created" or found.issue.pull_request is None or user is None:
        return ActionEvent(delivery, "issue_comment", found.action)
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
        default_branch=found.repository.default_branch,
        installation=found.installation.id if found.installation else None,
    )


def _installation(found: _Installation, delivery: str) -> Event:
    return InstallationEvent(delivery, found.installation.id, found.action)


_READERS: dict[str, tuple[TypeAdapter[Any], Any]] = {
    "pull_request": (TypeAdapter(_PullRequest), _pull_request),
    "issue_comment": (TypeAdapter(_IssueComment), _issue_comment),
    "push": (TypeAdapter(_Push), _push),
    "installation": (TypeAdapter(_Installation), _installation),
    "installation_repositories": (TypeAdapter(_Installation), _installation),
}


_ANY: TypeAdapter[Any] = TypeAdapter(_Action)


def read(name: str, delivery: str, body: bytes) -> Event:
    """The event that a signed body holds. Malformed where it is not JSON, not an object, or lacks what its event has."""
    adapter, make = _READERS.get(name, (_ANY, None))
    try:
        found = adapter.validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Malformed(f"{place}: {first['msg']}" if place else first["msg"]) from error
    event: Event = make(found, delivery) if make else ActionEvent(delivery, name, found.action or "")
    return event
