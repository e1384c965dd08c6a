"""What the comment on a pull request is rendered from. Values only; `render` makes Markdown of them."""

from dataclasses import dataclass
from datetime import datetime

from model.stack import Answer, Phase, Service


@dataclass(frozen=True, slots=True)
class Stage:
    """One line of the progress: name as people say it, state `done|running|failed|waiting|skipped`, seconds so far."""

    name: str
    state: str
    seconds: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run ended badly. `log` is the end of the tool's output, already masked; empty for faults of ours."""

    title: str
    explanation: str
    remedy: str = ""
    log: str = ""
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Probe:
    """One request of the verify step: what was asked and which side answered. `about` is the host that it stands under in
    the matrix, `case` its column there (see `matrix`). One that could not be `asked` is not wrong and proves nothing; then
    `got` says why. `taken`: the stack answered what is the base's own traffic."""

    request: str
    expected: str
    got: str
    ok: bool
    case: str = ""
    about: str = ""
    asked: bool = True
    taken: bool = False


@dataclass(frozen=True, slots=True)
class Resource:
    """Something that was made for the stack: `name` on its server, `env` the variables that pods get from it."""

    kind: str
    name: str
    service: str
    env: tuple[str, ...] = ()
    state: str = "ready"
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """One pull request of a feature: `state` is one of those of `workers.report.feature`, `url` where people read it."""

    repository: str
    number: int
    url: str
    services: tuple[str, ...]
    state: str
    preview_urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Node:
    """A host or a service in the picture. `side`: `host`, or who answers there: `feature`, `base`, `other`, `failed`."""

    name: str
    side: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Arrow:
    """Between two nodes, told by their places. `lost`: the context should have come along, and did not."""

    start: int
    end: int
    said: str = ""
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """Who answers along the way of a request."""

    nodes: tuple[Node, ...] = ()
    arrows: tuple[Arrow, ...] = ()


@dataclass(frozen=True, slots=True)
class CommentView:
    """Everything that the sticky comment may say. Times are timezone-aware UTC."""

    repository: str
    number: int
    label: str
    sha: str
    phase: Phase
    run_id: str
    header: str
    message: str = ""
    stages: tuple[Stage, ...] = ()
    services: tuple[Service, ...] = ()
    resources: tuple[Resource, ...] = ()
    preview_urls: tuple[str, ...] = ()  # full URLs, scheme and port as people use them
    base_urls: tuple[str, ...] = ()  # the normal addresses, to which the header may be sent
    expires_at: datetime | None = None
    ttl_cap: int | None = None  # seconds
    failure: Failure | None = None
    probes: tuple[Probe, ...] = ()
    picture: Picture = Picture()
    removed: tuple[str, ...] = ()  # what teardown took away, as people say it
    left: tuple[str, ...] = ()  # what teardown could not take away, and why
    answers: tuple[Answer, ...] = ()  # newest first
    notes: tuple[str, ...] = ()
    members: tuple[Member, ...] = ()  # of the feature, this pull request among them; none where it is alone
    previous: str = ""  # what still runs from before when this run failed
    verified: bool = False  # of a stack that went: this very commit was live until then
    closed: bool = False  # the pull request is closed, so nothing waits for this commit any more
    updated_at: datetime | None = None
