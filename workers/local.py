"""A folder with a git repository in place of GitHub: the same pipelines for a laptop, told on the terminal."""

import subprocess
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from config.settings import Settings
from model import names
from workers.faults import UserFault
from workers.forge import Forge
from workers.github.values import GitCredentials, PullRequest
from workers.world import World

NUMBER = 1  # a folder has one stack


def git(folder: Path, *arguments: str) -> str:
    """Ask git about the folder; UserFault with its words where it refuses."""
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserFault("git", f"`git {arguments[0]}` failed in {folder}: {done.stderr.strip()}")
    return done.stdout.strip()


@dataclass(frozen=True)
class LocalForge:
    """One repository on disk, seen as a pull request of its present commit. Reads only; says to `tell`."""

    folder: Path
    base: str  # the branch that the change is compared with
    tell: Callable[[str, bool], None]  # the comment, and whether it is the last word

    @property
    def repository(self) -> str:
        """`local/<folder>`."""
        return f"local/{names.dns_label(self.folder.name)}"

    def pull(self, repository: str, number: int) -> PullRequest | None:
        """The present commit as an open pull request."""
        return PullRequest(
            repository=repository,
            number=number,
            state="open",
            merged=False,
            draft=False,
            title=git(self.folder, "log", "-1", "--format=%s"),
            body="",
            author="you",
            author_type="User",
            head_sha=git(self.folder, "rev-parse", "HEAD"),
            head_ref="HEAD",
            head_repo=repository,
            is_fork=False,
            base_ref=self.base,
            base_sha=git(self.folder, "rev-parse", self.base),
            base_repo=repository,
            default_branch=self.base,
            labels=(),
            html_url="",
        )

    def open_pulls(self, repository: str) -> Sequence[PullRequest]:
        """The one that there is."""
        pull = self.pull(repository, NUMBER)
        return [pull] if pull else []

    def commits(self, repository: str, number: int) -> Sequence[str]:
        """The commits since the base branch."""
        return git(self.folder, "rev-list", f"{self.base}..HEAD").split() or [git(self.folder, "rev-parse", "HEAD")]

    def can_write(self, repository: str, login: str) -> bool:
        """Whoever sits at the keyboard may."""
        return True

    def file(self, repository: str, path: str, ref: str) -> bytes | None:
        """A file of the commit."""
        done = subprocess.run(["git", "-C", str(self.folder), "show", f"{ref}:{path}"], capture_output=True, check=False)
        return done.stdout if done.returncode == 0 else None

    def default_branch(self, repository: str) -> str:
        """The branch that changes are compared with."""
        return self.base

    def branch_head(self, repository: str, branch: str) -> str | None:
        """The commit that a branch points to."""
        return git(self.folder, "rev-parse", branch)

    def react(self, repository: str, comment_id: int, content: str) -> bool:
        """Nobody commented."""
        return True

    def my_reactions(self, repository: str, comment_id: int) -> set[str]:
        """Nobody commented."""
        return set()

    def sticky(self, repository: str, number: int, body: str, *, known_id: int | None, final: bool) -> int | None:
        """The comment goes to the terminal."""
        self.tell(body, final)
        return None

    def set_status(self, repository: str, sha: str, state: str, description: str, url: str, *, context: str) -> None:
        """No commit status on a laptop."""

    def git_credentials(self, repository: str) -> GitCredentials | None:
        """A folder needs none."""
        return None


class LocalWorld(World):
    """A world with a folder in place of GitHub, and nobody else at work in it: no queue, no locks."""

    def __init__(self, settings: Settings, forge: LocalForge) -> None:
        super().__init__(settings)
        self._local = forge
        link = settings.work_dir / "repositories" / f"{forge.repository}.git"
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(Path(git(forge.folder, "rev-parse", "--absolute-git-dir")))

    def forge(self, installation: int | None) -> Forge:
        """The folder."""
        return self._local

    def enqueue_converge(self, stack: str, after: float = 0.0) -> None:
        """The one who calls walks."""

    def images_locked(self) -> AbstractContextManager[None]:
        """Nobody else collects images from here."""
        return nullcontext()

    def label_locked(self, label: str) -> AbstractContextManager[None]:
        """Nobody else takes labels from here."""
        return nullcontext()


def local_settings(settings: Settings) -> Settings:
    """The settings with git pointed at the folders of this machine."""
    return settings.model_copy(update={"github_url": f"file://{settings.work_dir}/repositories"})


def stack_name(forge: LocalForge) -> str:
    """The Stack of a folder."""
    return names.stack(forge.repository, NUMBER)
