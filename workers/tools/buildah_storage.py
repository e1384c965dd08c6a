"""buildah's storage: shared by builds that run side by side, and tidied when none does."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from workers.tools.filelock import free, locked
from workers.tools.process import Cancelled, Runner

TIDY_SECONDS = 60.0
PASSED_ON = ("STORAGE_DRIVER", "STORAGE_OPTS", "CONTAINERS_STORAGE_CONF", "CONTAINERS_CONF", "XDG_RUNTIME_DIR")
REGISTRIES = """\
unqualified-search-registries = ["docker.io"]
short-name-mode = "disabled"
"""


@dataclass(frozen=True)
class Storage:
    """A folder that nobody else builds in. Without `registries_conf` short image names mean docker.io, as in Docker."""

    runner: Runner
    root: Path
    registries_conf: Path | None = None

    @property
    def command(self) -> list[str]:
        """How a buildah command for this storage begins."""
        return ["buildah", f"--root={self.root}", f"--runroot={self.root}-run"]

    @property
    def environment(self) -> dict[str, str]:
        """Where images come from, and how the storage is to work."""
        passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        return {**passed, "CONTAINERS_REGISTRIES_CONF": str(self.registries_conf or self._own_registries_conf())}

    @contextmanager
    def in_use(self, cancelled: Cancelled | None = None) -> Iterator[None]:
        """For the time of a build. Before it, and with no other build running, what killed builds left is removed:
        their containers, which are mounts and copies of layers."""
        marks = self.root.with_name(f"{self.root.name}-builds")
        marks.mkdir(parents=True, exist_ok=True)
        lock = marks / "lock"
        with free(lock) as alone:
            if alone and (left := [mark for mark in marks.iterdir() if mark != lock]):
                arguments = [*self.command, "rm", "--all"]
                self.runner.run(arguments, env=self.environment, timeout=TIDY_SECONDS, ok=(0, 1, 125))
                for mark in left:
                    mark.unlink(missing_ok=True)
        with locked(lock, cancelled, exclusive=False):
            mark = marks / uuid.uuid4().hex
            mark.touch()
            yield
            mark.unlink(missing_ok=True)  # not after a fault: then there may be something to remove

    def _own_registries_conf(self) -> Path:
        path = self.runner.home / "registries.conf"
        if not path.exists():
            self.runner.home.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
            draft.write_text(REGISTRIES)
            draft.replace(path)
        return path
