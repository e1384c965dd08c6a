"""git: a bare mirror for each repository, asked for commits by id, and fresh folders with a commit's files.

Nothing of a repository is run: no hooks, no filters, no submodules; and nothing is read from a branch name, which
others can move. Credentials are in the environment of `git fetch` alone, not in its arguments nor on disk.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

from config.settings import Settings
from model import names
from workers.faults import OurFault, Unavailable, UserFault
from workers.tools import git_words
from workers.tools.filelock import locked
from workers.tools.process import Cancelled, Result, Runner, ToolFailed, ToolTimeout

FETCH_SECONDS = 600.0
LOCAL_SECONDS = 120.0
KEEP = "refs/keep/"  # a ref below it says: this commit is here with all that belongs to it
ANSWER = r"""!printf 'username=%s\npassword=%s\n' "$DEVSTACK_GIT_USERNAME" "$DEVSTACK_GIT_PASSWORD"; :"""
LINKS_MOST = 16  # symbolic links that are followed in a row

SAFE = {
    "safe.directory": "*",
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.autocrlf": "false",
    "core.symlinks": "true",
    "core.protectNTFS": "true",
    "core.protectHFS": "true",
    "protocol.version": "2",
    "fetch.recurseSubmodules": "false",
    "fetch.writeCommitGraph": "false",
    "gc.autoDetach": "false",
    "maintenance.autoDetach": "false",
    "http.followRedirects": "initial",
    "http.lowSpeedLimit": "1000",  # bytes a second
    "http.lowSpeedTime": "30",  # seconds
    "checkout.workers": "0",  # as many as there are cores
    "advice.detachedHead": "false",
}


class Credentials(Protocol):
    """What git shows to the server."""

    @property
    def username(self) -> str: ...
    @property
    def password(self) -> str: ...


class Entry(NamedTuple):
    """What a path is in a commit: a file or a folder (mode 040000), by the id of all its content."""

    mode: str
    blob: str
    path: str


def configured(values: Mapping[str, str]) -> dict[str, str]:
    """Git configuration as environment variables, where neither arguments nor files show it."""
    variables = {"GIT_CONFIG_COUNT": str(len(values))}
    for number, (key, value) in enumerate(values.items()):
        variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return variables


def login(url: str, credentials: Credentials | None) -> dict[str, str]:
    """Configuration and variables by which git shows the credentials to the host of `url` alone: a header would go
    along when that host redirects to another one."""
    parts = urlsplit(url)
    if credentials is None or parts.scheme not in {"http", "https"}:
        return configured(SAFE)
    return {
        **configured({**SAFE, f"credential.{parts.scheme}://{parts.netloc}.helper": ANSWER}),
        "DEVSTACK_GIT_USERNAME": credentials.username,
        "DEVSTACK_GIT_PASSWORD": credentials.password,
    }


@dataclass(frozen=True)
class Git:
    """`protocols` are those that git may speak. All paths are relative to the repository's root, as git writes them."""

    runner: Runner
    protocols: tuple[str, ...] = ("https",)

    @classmethod
    def of(cls, settings: Settings, runner: Runner) -> "Git":
        """Speaks only the protocol of the configured clone URL."""
        return cls(runner, (urlsplit(settings.clone_url).scheme or "https",))

    def fetch(
        self,
        mirror: Path,
        url: str,
        shas: Sequence[str],
        credentials: Credentials | None = None,
        cancelled: Cancelled | None = None,
    ) -> None:
        """Have these commits with their history in the mirror, made anew where it is damaged.

        UserFault where the repository has no such commit, Unavailable where the server does not answer.
        """
        for sha in shas:
            if not names.is_sha(sha):
                raise UserFault("Not a commit", f"`{sha}` is not a full commit id.")
        with self._locked(mirror, cancelled, exclusive=True):
            try:
                self._fetch(mirror, url, shas, credentials, cancelled)
            except ToolFailed as error:
                if not git_words.damaged(error.tail):
                    raise self._explained(error, url, shas) from error
                shutil.rmtree(mirror, ignore_errors=True)
                try:
                    self._fetch(mirror, url, shas, credentials, cancelled)
                except ToolFailed as again:
                    raise self._explained(again, url, shas) from again

    def checkout(self, mirror: Path, sha: str, directory: Path, cancelled: Cancelled | None = None) -> None:
        """The commit's files in `directory`, which is made and must hold nothing. No `.git` is left in it."""
        directory.mkdir(parents=True, exist_ok=True)
        index = directory.with_name(f"{directory.name}.index")
        arguments = [f"--work-tree={directory}", "read-tree", "-m", "-u", sha]
        try:
            self._local(mirror, arguments, cancelled, {"GIT_INDEX_FILE": str(index)}, grace=1.0)
        finally:
            index.unlink(missing_ok=True)

    def merge_base(self, mirror: Path, one: str, other: str) -> str | None:
        """The newest commit that both have in their history."""
        found = self._local(mirror, ["merge-base", one, other], ok=(0, 1))
        return found.output.decode().strip() or None

    def changed_paths(self, mirror: Path, base: str, sha: str) -> list[str]:
        """The paths that differ between two commits; a moved file counts in both places."""
        found = self._local(mirror, ["diff-tree", "-r", "-z", "--name-only", "--no-renames", base, sha])
        return split(found.output)

    def last_change(self, mirror: Path, sha: str, paths: Sequence[str]) -> str:
        """The newest commit up to `sha` that changed one of the paths; `sha` itself where none did."""
        found = self._local(mirror, ["log", "-1", "--format=%H", sha, "--", *paths])
        return found.output.decode().strip() or sha

    def entries(self, mirror: Path, sha: str, paths: Sequence[str]) -> list[Entry]:
        """What each path is, by content id, following symbolic links inside the repository: equal entries mean equal
        content. A path that is not there gives none."""
        found = ((path, self._resolved(mirror, sha, clean(path), LINKS_MOST)) for path in paths)
        return [Entry(entry.mode, entry.blob, path) for path, entry in found if entry is not None]

    def tree_hash(self, mirror: Path, sha: str, path: str) -> str | None:
        """The id of all content at a path; None where there is nothing."""
        found = self.entries(mirror, sha, [path])
        return found[0].blob if found else None

    def show(self, mirror: Path, sha: str, path: str) -> bytes | None:
        """A file's content; None where there is no such file."""
        found = self._local(mirror, ["cat-file", "blob", f"{sha}:{clean(path)}"], ok=(0, 128))
        if found.code == 0:
            return found.output
        if git_words.damaged(found.tail):
            raise self._dropped(mirror, found.tail)
        return None

    def _fetch(
        self, mirror: Path, url: str, shas: Sequence[str], credentials: Credentials | None, cancelled: Cancelled | None
    ) -> None:
        if not (mirror / "HEAD").exists():
            shutil.rmtree(mirror, ignore_errors=True)
            self._git(None, ["init", "--quiet", "--bare", "--template=", str(mirror)])
        missing = [sha for sha in dict.fromkeys(shas) if not self._kept(mirror, sha)]
        if missing:
            wanted = [f"+{sha}:{KEEP}{sha}" for sha in missing]
            arguments = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", url, *wanted]
            try:
                self._git(mirror, arguments, cancelled, login(url, credentials), timeout=FETCH_SECONDS)
            except ToolTimeout as error:
                raise Unavailable("git", f"no end of fetching from {host(url)} after {error.seconds:.0f} s") from error

    def _kept(self, mirror: Path, sha: str) -> bool:
        arguments = ["rev-parse", "--quiet", "--verify", f"{KEEP}{sha}^{{commit}}"]
        return self._git(mirror, arguments, ok=(0, 1, 128)).code == 0

    def _resolved(self, mirror: Path, sha: str, path: str, links: int) -> Entry | None:
        """The entry at a path, walking it part by part wherever a symbolic link is in the way."""
        if path == ".":
            return Entry("040000", self._local(mirror, ["rev-parse", f"{sha}^{{tree}}"]).output.decode().strip(), path)
        parts = path.split("/")
        upto = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
        listed = self._local(mirror, ["ls-tree", "-z", "--full-tree", sha, "--", *upto])
        entries = {entry.path: entry for entry in (parsed(line) for line in split(listed.output))}
        for position, prefix in enumerate(upto):
            if prefix in entries and entries[prefix].mode == "120000":
                target = (self.show(mirror, sha, prefix) or b"").decode(errors="surrogateescape")
                further = joined(parts[:position], [*target.split("/"), *parts[position + 1 :]])
                if target.startswith("/") or further is None or links == 0:
                    return None
                return self._resolved(mirror, sha, further, links - 1)
        return entries.get(path)

    def _local(
        self,
        mirror: Path,
        arguments: Sequence[str],
        cancelled: Cancelled | None = None,
        env: Mapping[str, str] | None = None,
        ok: Sequence[int] = (0,),
        grace: float = 1.0,
    ) -> Result:
        """Ask the mirror; a damaged one is dropped, and Unavailable has the run begin again with a new one."""
        try:
            with self._locked(mirror, cancelled, exclusive=False):
                return self._git(mirror, arguments, cancelled, {**configured(SAFE), **(env or {})}, ok, grace=grace)
        except ToolFailed as error:
            if not mirror.exists() or git_words.damaged(error.tail):
                raise self._dropped(mirror, error.tail) from error
            raise

    def _dropped(self, mirror: Path, tail: str) -> OurFault:
        with self._locked(mirror, None, exclusive=True):
            shutil.rmtree(mirror, ignore_errors=True)
        return Unavailable("git", f"the mirror {mirror.name} was damaged and is made anew: {tail[-200:]}")

    def _git(
        self,
        mirror: Path | None,
        arguments: Sequence[str],
        cancelled: Cancelled | None = None,
        env: Mapping[str, str] | None = None,
        ok: Sequence[int] = (0,),
        timeout: float = LOCAL_SECONDS,
        grace: float = 1.0,
    ) -> Result:
        variables = {
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "true",
            "GIT_ALLOW_PROTOCOL": ":".join(self.protocols),
            "GIT_LITERAL_PATHSPECS": "1",
            "GIT_OPTIONAL_LOCKS": "0",
            "LC_ALL": "C",
            **(env or configured(SAFE)),
        }
        where = [] if mirror is None else [f"--git-dir={mirror}"]
        return self.runner.run(
            ["git", *where, *arguments],
            timeout=timeout, cancelled=cancelled, grace=grace, env=variables, ok=ok, separate=True,
        )  # fmt: skip

    @contextmanager
    def _locked(self, mirror: Path, cancelled: Cancelled | None, *, exclusive: bool) -> Iterator[None]:
        with locked(mirror.with_name(f"{mirror.name}.lock"), cancelled, exclusive=exclusive):
            yield

    def _explained(self, error: ToolFailed, url: str, shas: Sequence[str]) -> Exception:
        return git_words.explained(error, host(url), urlsplit(url).path.strip("/").removesuffix(".git"), shas)


def host(url: str) -> str:
    """The server's name, without what may be secret in a URL."""
    return urlsplit(url).hostname or "this machine"


def clean(path: str) -> str:
    """A path without `.` parts and doubled slashes; `.` for the root."""
    return "/".join(part for part in path.split("/") if part not in {"", "."}) or "."


def joined(folder: Sequence[str], parts: Sequence[str]) -> str | None:
    """A relative path from a folder of the repository; None where it leaves the repository."""
    out = list(folder)
    for part in parts:
        if part == "..":
            if not out:
                return None
            out.pop()
        elif part not in {"", "."}:
            out.append(part)
    return "/".join(out) or "."


def parsed(line: str) -> Entry:
    """A line of `git ls-tree`."""
    facts, _, path = line.partition("\t")
    mode, _, blob = facts.split(" ")
    return Entry(mode, blob, path)


def split(output: bytes) -> list[str]:
    """The texts of a NUL-separated list; bytes that are not UTF-8 are kept as surrogates."""
    return [part.decode(errors="surrogateescape") for part in output.split(b"\0") if part]
