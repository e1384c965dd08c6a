"""What this room gives to others. Light to import: none of these needs PyGithub."""

from dataclasses import dataclass, field
from enum import StrEnum


class Permission(StrEnum):
    """What a person may do in a repository; GitHub's `maintain` counts as write, its `triage` as read."""

    NONE = "none"
    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    @property
    def writes(self) -> bool:
        """Whether it includes write access."""
        return self in (Permission.WRITE, Permission.ADMIN)


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request as GitHub described it when asked. Repositories are "owner/name"."""

    repository: str  # as it was asked for, which is the old name after a renaming
    number: int
    state: str  # open | closed
    merged: bool
    draft: bool
    title: str
    body: str  # empty where there is none
    author: str  # login; "ghost" where the account is gone
    author_type: str  # User | Bot | Organization
    head_sha: str
    head_ref: str
    head_repo: str | None  # None where the fork was deleted
    is_fork: bool  # the head is not in the base repository, or nobody can tell any more
    base_ref: str
    base_sha: str
    base_repo: str  # as GitHub names it now
    default_branch: str
    labels: tuple[str, ...]
    html_url: str


@dataclass(frozen=True, slots=True)
class GitCredentials:
    """What git is told when it asks. Never part of an argument list or of a URL."""

    username: str
    password: str = field(repr=False)
