"""What GitHub told us, as values. A payload does not travel further than this."""

from dataclasses import dataclass


class Malformed(ValueError):
    """A signed body that is not what its event says it is."""


@dataclass(frozen=True, slots=True)
class PullRequestEvent:
    """Something happened to a pull request."""

    delivery: str
    repository: str
    number: int
    action: str
    label: str | None  # that was put on or taken off; GitHub leaves it out where the label itself is gone
    changes: frozenset[str]  # names of the fields that an edit changed
    installation: int | None
    by: str = ""  # who did it; empty where GitHub does not tell
    body: str = ""  # the pull request's text as it was then
    body_before: str = ""  # and before an edit that changed it


@dataclass(frozen=True, slots=True)
class CommentCreated:
    """Somebody commented on a pull request."""

    delivery: str
    repository: str
    number: int
    comment_id: int
    author: str
    by_bot: bool
    body: str
    installation: int | None


@dataclass(frozen=True, slots=True)
class PushEvent:
    """A ref moved."""

    delivery: str
    repository: str
    ref: str
    after: str
    deleted: bool
    default_branch: str
    installation: int | None


@dataclass(frozen=True, slots=True)
class InstallationEvent:
    """The App's installation changed."""

    delivery: str
    installation: int
    action: str


@dataclass(frozen=True, slots=True)
class OtherEvent:
    """Any other event: accepted and dropped."""

    delivery: str
    name: str


Event = PullRequestEvent | CommentCreated | PushEvent | InstallationEvent | OtherEvent
