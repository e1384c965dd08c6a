"""One change of a playground at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playground.progress import Progress


@contextmanager
def held(path: Path, progress: Progress) -> Iterator[None]:
    """Hold the lock on this file; waits where another process holds it, and says so. The kernel frees it at our death."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.note(f"another process works on this playground, waiting for it ({path})")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
