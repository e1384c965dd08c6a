"""What the receiver asks of the workers: flat JSON values that name signed facts, never a GitHub payload.

A job says *where to look*, the worker asks GitHub what is true now. So a job that comes twice, late or in the
wrong order changes nothing that the pull request's real state does not justify.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from model.commands import Said

QUEUE_TALK = "talk"  # short: reactions, answers, decisions; never builds
QUEUE_WORK = "work"  # long: builds, deploys, teardowns
TASK_INTAKE = "devstack.intake"  # takes one Job as its only argument, on QUEUE_TALK: shows that it was heard
TASK_DECIDE = "devstack.decide"  # takes a Job and whether it is known to be new, on QUEUE_TALK: does what it asks for
TASK_CONVERGE = "devstack.converge"  # takes a Stack's name, on QUEUE_WORK
TASK_SWEEP = "devstack.sweep"  # takes nothing, on QUEUE_TALK: unfinished runs and expiries, asks the cluster only
TASK_COMPARE = "devstack.compare"  # takes nothing, on QUEUE_TALK, every minute: open pull requests against Stacks

TASK_FOLLOW = "devstack.follow"  # takes nothing, on QUEUE_TALK: routes and aliases against the base as it is now


@dataclass(frozen=True, slots=True)
class PullRequestChanged:
    """Something happened to a pull request: fetch it and act on its present state."""

    repository: str  # "owner/name"
    number: int
    action: str  # GitHub's word: opened, reopened, synchronize, closed, labeled, unlabeled, edited
    delivery: str
    installation: int | None = None
    wrote: str = ""  # who wrote the text that names what it depends on, as GitHub's signed word says
    depends: tuple[str, ...] = ()  # what that text named, as `owner/repo#12`
    kind: Literal["pull_request"] = "pull_request"


@dataclass(frozen=True, slots=True)
class CommentMade:
    """A person's comment on a pull request holds lines for us, in order."""

    repository: str
    number: int
    comment_id: int
    author: str
    said: tuple[Annotated[Said, Field(discriminator="kind")], ...]
    delivery: str
    installation: int | None = None
    kind: Literal["comment"] = "comment"


@dataclass(frozen=True, slots=True)
class BasePushed:
    """The default branch moved."""

    repository: str
    branch: str
    sha: str
    delivery: str
    installation: int | None = None
    kind: Literal["push"] = "push"


@dataclass(frozen=True, slots=True)
class InstallationChanged:
    """The App was installed, removed, suspended, or its repositories changed: forget what was known of it."""

    installation: int
    action: str
    delivery: str
    kind: Literal["installation"] = "installation"


Job = PullRequestChanged | CommentMade | BasePushed | InstallationChanged

_ADAPTER: TypeAdapter[Job] = TypeAdapter(Annotated[Job, Field(discriminator="kind")])


def to_json(job: Job) -> dict[str, Any]:
    """The job as JSON values."""
    data: dict[str, Any] = _ADAPTER.dump_python(job, mode="json")
    return data


def from_json(data: dict[str, Any]) -> Job:
    """The job back from JSON values; pydantic.ValidationError where it is none of ours."""
    return _ADAPTER.validate_python(data)
