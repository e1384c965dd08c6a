"""A lock between processes that a file stands for. The kernel lets go of it when its holder dies."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workers.tools.process import Cancelled, superseded

PAUSE = 0.05  # seconds between two attempts


@contextmanager
def locked(path: Path, cancelled: Cancelled | None = None, *, exclusive: bool = True) -> Iterator[None]:
    """Hold the lock, alone or with other sharers. Waits as long as it takes; Superseded when cancelled meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH
    with path.open("a") as file:
        while True:
            try:
                fcntl.flock(file, kind | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if cancelled is not None and cancelled.is_set():
                    raise superseded(cancelled) from None
                time.sleep(PAUSE)
        yield


@contextmanager
def free(path: Path) -> Iterator[bool]:
    """Whether nobody holds the lock; if so, it is held alone meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
