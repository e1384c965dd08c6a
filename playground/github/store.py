"""What the stand-in knows: plain records in memory; the commits are in real bare repositories on disk."""

import itertools
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROLES = {"admin": "admin", "maintain": "write", "write": "write", "triage": "read", "read": "read", "none": "none"}


def now() -> datetime:
    """The present time, UTC, whole seconds as GitHub gives them."""
    return datetime.now(UTC).replace(microsecond=0)


@dataclass
class User:
    """A person or a bot, and the tokens by which requests are theirs."""

    id: int
    login: str
    type: str = "User"
    created_at: datetime = field(default_factory=now)


@dataclass
class Reaction:
    """An emoji on a comment."""

    id: int
    user: User
    content: str
    created_at: datetime = field(default_factory=now)


@dataclass
class Comment:
    """A comment on a pull request."""

    id: int
    user: User
    body: str
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)
    reactions: list[Reaction] = field(default_factory=list)


@dataclass
class Pull:
    """A pull request; `head_repo` is None once the fork is gone."""

    id: int
    number: int
    user: User
    title: str
    body: str
    head_repo: "Repo | None"
    head_ref: str
    head_sha: str
    base_ref: str
    base_sha: str
    state: str = "open"
    draft: bool = False
    labels: list[str] = field(default_factory=list)
    merge_commit_sha: str | None = None
    merged_by: User | None = None
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)
    closed_at: datetime | None = None
    merged_at: datetime | None = None
    comments: list[Comment] = field(default_factory=list)


@dataclass
class Status:
    """A commit status."""

    id: int
    sha: str
    state: str
    context: str
    description: str | None
    target_url: str | None
    creator: User
    created_at: datetime = field(default_factory=now)


@dataclass
class DeploymentStatus:
    """How a deployment goes."""

    id: int
    state: str
    description: str
    log_url: str
    environment_url: str
    creator: User
    created_at: datetime = field(default_factory=now)


@dataclass
class Deployment:
    """A commit that is to run in an environment."""

    id: int
    sha: str
    ref: str
    task: str
    environment: str
    description: str | None
    payload: Any
    creator: User
    transient: bool = False
    production: bool = False
    statuses: list[DeploymentStatus] = field(default_factory=list)
    created_at: datetime = field(default_factory=now)


@dataclass
class Hook:
    """A webhook of a repository."""

    id: int
    url: str
    secret: str
    events: list[str]
    active: bool = True
    created_at: datetime = field(default_factory=now)


@dataclass
class Delivery:
    """One attempt to deliver an event."""

    id: int
    guid: str
    event: str
    action: str | None
    hook: Hook
    headers: dict[str, str]
    body: bytes
    redelivery: bool = False
    status_code: int = 0
    status: str = "pending"
    seconds: float = 0.0
    answer: str = ""
    answered_at: float = 0.0  # by the wall clock, in seconds; 0 where there was no answer
    delivered_at: datetime = field(default_factory=now)
    repository: "Repo | None" = None


@dataclass
class Repo:
    """A repository; `git` is its bare repository."""

    id: int
    owner: User
    name: str
    git: Path
    default_branch: str = "main"
    fork_of: "Repo | None" = None
    roles: dict[str, str] = field(default_factory=dict)  # login → role
    pulls: dict[int, Pull] = field(default_factory=dict)
    statuses: list[Status] = field(default_factory=list)
    deployments: list[Deployment] = field(default_factory=list)
    hooks: list[Hook] = field(default_factory=list)
    created_at: datetime = field(default_factory=now)

    @property
    def full_name(self) -> str:
        """`owner/name`."""
        return f"{self.owner.login}/{self.name}"

    def role(self, login: str) -> str:
        """A person's role."""
        return "admin" if login == self.owner.login else self.roles.get(login, "none")


@dataclass
class App:
    """A GitHub App with its public key (PEM), installed in all repositories."""

    id: int
    slug: str
    public_key: str
    user: User
    installation: int


@dataclass
class InstallationToken:
    """A token of an installation; it ends after an hour."""

    app: App
    repositories: frozenset[int]
    expires_at: datetime = field(default_factory=lambda: now() + timedelta(hours=1))


@dataclass
class Store:
    """Everything. Writers hold `lock`."""

    folder: Path
    users: dict[str, User] = field(default_factory=dict)
    tokens: dict[str, User] = field(default_factory=dict)
    repos: dict[str, Repo] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)
    journal: list[dict[str, Any]] = field(default_factory=list)
    app: App | None = None
    installation_tokens: dict[str, InstallationToken] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _ids: Any = field(default_factory=lambda: itertools.count(1001))

    def id(self) -> int:
        """A new number."""
        return int(next(self._ids))

    def user(self, login: str, kind: str = "User") -> User:
        """The user of this login, made where there is none."""
        if login not in self.users:
            self.users[login] = User(self.id(), login, kind)
        return self.users[login]

    def repo(self, full_name: str) -> Repo | None:
        """A repository by its name, whatever its case."""
        return self.repos.get(full_name.lower())
