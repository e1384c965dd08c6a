"""The Stack: what one pull request wants and has. Kept in the cluster as a `stacks.devstack.dev` object."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

GROUP = "devstack.dev"
VERSION = "v1alpha1"
PLURAL = "stacks"
FINALIZER = "devstack.dev/teardown"
REASON_ANSWER = "answer"  # a record that was only made to have a place for answers
REASON_CLOSED = "closed"  # the pull request is closed, as GitHub said
REASON_EXPIRED = "expired"  # a push or a command brings it back
LABEL_MANAGED = "app.kubernetes.io/managed-by"


class Role(StrEnum):
    """A feature belongs to a pull request and is torn down; the base belongs to a default branch and never is."""

    FEATURE = "Feature"
    BASE = "Base"


class Desired(StrEnum):
    """What should be. Deleting the object also means down, and then the record goes too."""

    UP = "Up"
    DOWN = "Down"


class LabelSource(StrEnum):
    """Who chose the label; a stronger source is not overruled by a weaker one (command > PR label > text > default)."""

    DEFAULT = "default"
    TEXT = "text"
    PR_LABEL = "pr-label"
    COMMAND = "command"


class Phase(StrEnum):
    """Where a stack stands."""

    IDLE = "Idle"  # known, nothing was ever asked to be deployed
    QUEUED = "Queued"
    BUILDING = "Building"
    DEPLOYING = "Deploying"
    VERIFYING = "Verifying"
    READY = "Ready"
    FAILED = "Failed"
    WAITING = "Waiting"  # a fork's commit that nobody approved yet
    REMOVING = "Removing"
    EXPIRED = "Expired"
    DESTROYED = "Destroyed"


@dataclass(frozen=True, slots=True)
class Spec:
    """What is wanted. Every change of it makes a new `metadata.generation`, which supersedes the run in progress."""

    repository: str  # "owner/name" of the pull request's base repository
    number: int  # 0 for the base application
    sha: str
    label: str  # empty for the base application
    role: Role = Role.FEATURE
    desired: Desired = Desired.UP
    reason: str = ""  # why it is wanted so: opened, push, command, closed, expired, destroyed …
    services: tuple[str, ...] = ()  # asked for by name; empty: those that the change touches
    ttl: int | None = None  # seconds; None: the repository's config, else the setting
    expires_at: datetime | None = None  # set by the first run, moved by `extend`
    approved_sha: str | None = None  # a fork's commit that someone with write access approved
    installation: int | None = None
    attempt: int = 0  # raised to run again with the same wish (a repeated `deploy`)
    label_from: LabelSource = LabelSource.DEFAULT
    requested_by: str = ""  # login of whoever wishes it; to join another repo's label they need write access there
    head: str = ""  # the pull request's newest commit when this was wished; only another one is a push
    base: str = ""  # the branch that it goes to: which services it touches depends on it
    label_problem: str = ""  # why a label that the pull request asks for is not used
    done: tuple[str, ...] = ()  # the newest commands that made this wish, by comment and line: none counts twice
    needs: tuple[str, ...] = ()  # pull requests of the same feature that are deployed first, as `owner/repo#12`
    needs_problem: str = ""  # why something that the pull request's text depends on is not deployed with it


@dataclass(frozen=True, slots=True)
class Service:
    """One service of a stack as deployed."""

    name: str
    image: str  # repository@digest
    digest: str
    commit: str  # the last commit that changed this service's content
    state: str  # ready | failed | pending | base
    reused: bool = False  # the image existed already
    seconds: float = 0.0  # build time
    hosts: tuple[str, ...] = ()
    content: str = ""  # content hash


@dataclass(frozen=True, slots=True)
class Claim:
    """The label under which a run was found to be trusted, and the services that the stack has there or will have."""

    label: str
    services: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()  # that these are served on, while they are not deployed yet
    inside: tuple[str, ...] = ()  # the base's in-cluster routes (`namespace/name`) by which they are called, until then


@dataclass(frozen=True, slots=True)
class RunState:
    """The lease of the run in progress: taken up by another worker when `renewed_at` is too old."""

    id: str
    holder: str
    generation: int
    started_at: datetime
    renewed_at: datetime
    step: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """One command and what became of it, as shown under "Last commands"."""

    comment_id: int
    author: str
    command: str
    answer: str
    ok: bool


@dataclass(frozen=True, slots=True)
class Status:
    """What is."""

    phase: Phase = Phase.QUEUED
    observed_generation: int = 0
    message: str = ""
    urls: tuple[str, ...] = ()
    services: tuple[Service, ...] = ()
    receipts: tuple[dict[str, Any], ...] = ()  # {"kind": "release"|"namespace"|"image"|…, "name": …, "namespace": …}
    comment_id: int | None = None
    namespace: str = ""
    config_hash: str = ""  # what helmfile was last given; equal → helmfile is not called
    run: RunState | None = None
    answers: tuple[Answer, ...] = ()
    conditions: tuple[dict[str, Any], ...] = ()  # as Kubernetes has them; see workers.conditions
    deployed_sha: str = ""
    report: dict[str, Any] = field(default_factory=dict)  # what the comment says besides the rest: see workers.comment
    comment_due: bool = False  # the comment could not be written: the sweep writes it later
    claim: Claim | None = None
    blocked: Claim | None = None  # services that another pull request has under the label: taken up again when it went
    members: str = ""  # which state of the feature's members the comment shows: see workers.report.feature
    superseded: str = ""  # the commit of a run that was stopped for the present wish
    retries: int = 0  # of the present generation, because a server that we need did not answer
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stack:
    """A Stack object as read from the cluster."""

    name: str
    spec: Spec
    status: Status = field(default_factory=Status)
    generation: int = 0
    resource_version: str = ""
    deleting: bool = False
    deleted_at: datetime | None = None  # when it was asked to go; its finalizer holds it until it is torn down
    created_at: datetime | None = None
    uid: str = ""
