"""What the workers ask of a code host. GitHub is one; a folder on a laptop (`devstack up`) is another."""

from collections.abc import Sequence
from typing import Protocol

from workers.github.values import GitCredentials, PullRequest


class Forge(Protocol):
    """Every call may raise `Unavailable` (worth another try) or `OurFault` (a permission or a setting is missing)."""

    def pull(self, repository: str, number: int) -> PullRequest | None:
        """A pull request as it is now; None where it is not to be seen, which proves nothing."""

    def open_pulls(self, repository: str) -> Sequence[PullRequest]:
        """All open pull requests."""

    def commits(self, repository: str, number: int) -> Sequence[str]:
        """The full ids of a pull request's commits."""

    def can_write(self, repository: str, login: str) -> bool:
        """Whether a person has write access."""

    def file(self, repository: str, path: str, ref: str) -> bytes | None:
        """A file's content at a commit; None where there is none."""

    def default_branch(self, repository: str) -> str:
        """The name of the default branch."""

    def branch_head(self, repository: str, branch: str) -> str | None:
        """The commit that a branch points to."""

    def react(self, repository: str, comment_id: int, content: str) -> bool:
        """Leave a reaction; False where it was there already."""

    def my_reactions(self, repository: str, comment_id: int) -> set[str]:
        """Our own reactions to a comment."""

    def sticky(self, repository: str, number: int, body: str, *, known_id: int | None, final: bool) -> int | None:
        """Bring our one comment up to `body`; its id."""

    def set_status(self, repository: str, sha: str, state: str, description: str, url: str, *, context: str) -> None:
        """Set a commit status."""

    def git_credentials(self, repository: str) -> GitCredentials | None:
        """What git needs to read the repository."""
