"""git: a bare mirror per repository, fetched by commit id; a pull request's branch names never reach a command line."""

import fcntl
import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from workers.faults import OurFault, Unavailable, UserFault
from workers.tools import process
from workers.tools.process import Cancelled, ToolFailed

TIMEOUT_SECONDS = 300.0
QUICK_SECONDS = 60.0
_UNREACHABLE = ("could not resolve host", "connection refused", "couldn't connect", "timed out", "the requested url returned error: 5",
                "early eof", "connection reset", "failed to connect", "operation too slow")  # fmt: skip
_UNKNOWN = ("not our ref", "couldn't find remote ref", "unadvertised object", "no such remote ref", "bad object")
_CONFIG = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "protocol.allow": "never",
    "protocol.http.allow": "always",
    "protocol.https.allow": "always",
    "protocol.file.allow": "never",
    "safe.directory": "*",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "advice.detachedHead": "false",
    "filter.lfs.smudge": "",
    "filter.lfs.process": "",
    "filter.lfs.required": "false",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "30",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a commit's tree, as git has it."""

    mode: str
    blob: str
    path: str


class Git:
    """Mirrors are shared by the runs of a repository and locked while they are written."""

    def __init__(self, path_first: str = "", *, local: bool = False) -> None:
        self._path_first = path_first
        self._config = {**_CONFIG, **({"protocol.file.allow": "always"} if local else {})}
        self._locks: dict[Path, threading.Lock] = {}

    def fetch(
        self,
        mirror: Path,
        url: str,
        shas: Sequence[str],
        credentials: tuple[str, str] | None,
        cancelled: Cancelled | None = None,
    ) -> None:
        """Bring the commits and their history into the mirror. UserFault for one that the repository does not have."""
        with self._locked(mirror):
            if not (mirror / "HEAD").exists():
                mirror.mkdir(parents=True, exist_ok=True)
                self._git(mirror, "init", "--quiet", "--bare", str(mirror), timeout=QUICK_SECONDS)
            wanted = [sha for sha in shas if not self._has(mirror, sha)]
            if not wanted:
                return
            try:
                self._git(
                    mirror, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", url, *wanted,
                    credentials=credentials, cancelled=cancelled,
                )  # fmt: skip
            except ToolFailed as failure:
                raise _explained(failure, url, wanted) from failure

    def checkout(self, mirror: Path, sha: str, folder: Path, cancelled: Cancelled | None = None) -> None:
        """The commit's files in a new folder, with an index of its own."""
        folder.mkdir(parents=True)
        index = {"GIT_INDEX_FILE": str(folder.parent / f"{folder.name}.index")}
        self._git(mirror, "--work-tree", str(folder), "read-tree", sha, extra=index, cancelled=cancelled)
        self._git(
            mirror, "--work-tree", str(folder), "checkout-index", "--all", "--force", extra=index, cancelled=cancelled
        )

    def merge_base(self, mirror: Path, one: str, other: str) -> str | None:
        """The commit that both come from; None where they share none."""
        try:
            return self._git(mirror, "merge-base", one, other, timeout=QUICK_SECONDS).strip() or None
        except ToolFailed:
            return None

    def changed_paths(self, mirror: Path, before: str, after: str) -> list[str]:
        """Paths that differ between two commits; a rename counts as both."""
        out = self._git(mirror, "diff", "--name-only", "--no-renames", "-z", before, after, timeout=QUICK_SECONDS)
        return [path for path in out.split("\0") if path]

    def last_change(self, mirror: Path, sha: str, paths: Sequence[str]) -> str:
        """The newest commit up to `sha` that touched one of the paths."""
        found = self._git(mirror, "log", "-1", "--format=%H", sha, "--", *paths, timeout=QUICK_SECONDS).strip()
        return found or sha

    def entries(self, mirror: Path, sha: str, paths: Sequence[str]) -> list[Entry]:
        """The files below the paths at a commit, sorted by path."""
        wanted = [] if "." in paths else ["--", *paths]
        out = self._git(mirror, "ls-tree", "-r", "-z", "--full-tree", sha, *wanted, timeout=QUICK_SECONDS)
        found = []
        for line in filter(None, out.split("\0")):
            facts, _, path = line.partition("\t")
            mode, _, blob = facts.split(" ", 2)
            found.append(Entry(mode, blob, path))
        return sorted(found, key=lambda entry: entry.path)

    def show(self, mirror: Path, sha: str, path: str) -> bytes | None:
        """A file's content at a commit."""
        try:
            return self._git(mirror, "show", f"{sha}:{path}", timeout=QUICK_SECONDS).encode()
        except ToolFailed:
            return None

    def _has(self, mirror: Path, sha: str) -> bool:
        try:
            self._git(mirror, "rev-list", "--max-count=1", "--quiet", f"{sha}^{{commit}}", timeout=QUICK_SECONDS)
        except ToolFailed:
            return False
        return True

    def _git(
        self,
        mirror: Path,
        *arguments: str,
        credentials: tuple[str, str] | None = None,
        extra: dict[str, str] | None = None,
        timeout: float = TIMEOUT_SECONDS,
        cancelled: Cancelled | None = None,
    ) -> str:
        config = dict(self._config)
        secrets = {}
        if credentials is not None:
            # The secret travels in the environment of this one call: not on a command line, not in a file.
            config["credential.helper"] = (
                '!f() { echo "username=$DEVSTACK_GIT_USER"; echo "password=$DEVSTACK_GIT_PASSWORD"; }; f'
            )
            secrets = {"DEVSTACK_GIT_USER": credentials[0], "DEVSTACK_GIT_PASSWORD": credentials[1]}
        settings = {"GIT_CONFIG_COUNT": str(len(config))}
        for position, (key, value) in enumerate(config.items()):
            settings |= {f"GIT_CONFIG_KEY_{position}": key, f"GIT_CONFIG_VALUE_{position}": value}
        env = process.environment(
            self._path_first,
            {"GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_LITERAL_PATHSPECS": "1",
             **settings, **secrets, **(extra or {})},
        )  # fmt: skip
        argv = ["git", "--git-dir", str(mirror), *arguments]
        return process.run(argv, env=env, timeout=timeout, cancelled=cancelled).out

    @contextmanager
    def _locked(self, mirror: Path) -> Iterator[None]:
        """One writer of a mirror at a time, among threads and among processes."""
        mirror.parent.mkdir(parents=True, exist_ok=True)
        with self._locks.setdefault(mirror, threading.Lock()), mirror.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def forget(mirror: Path) -> None:
    """Remove a mirror that is broken; the next fetch makes it anew."""
    shutil.rmtree(mirror, ignore_errors=True)


def _explained(failure: ToolFailed, url: str, shas: Sequence[str]) -> Exception:
    said = failure.tail.lower()
    if any(sign in said for sign in _UNKNOWN):
        return UserFault(
            "Unknown commit",
            f"`{shas[0][:12]}` is not in the repository any more.",
            "Push again, or deploy the newest commit.",
        )
    if any(sign in said for sign in _UNREACHABLE):
        return Unavailable("The git server", failure.tail[-300:])
    return OurFault(f"git fetch from {url} failed: {failure.tail[-500:]}")
