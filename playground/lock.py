"""One change of a playground, and one stage on it, at a time."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from playground.errors import PlaygroundError
from playground.progress import Progress


@contextmanager
def held(path: Path, progress: Progress) -> Iterator[None]:
    """Hold the lock on this file; waits where another process holds it, and says so. The kernel frees it at our death."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        if not _taken(file):
            progress.note(f"another process works on this playground, waiting for it ({path})")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def held_at_once(path: Path, refusal: str) -> Iterator[None]:
    """The same without waiting: PlaygroundError with `refusal` where somebody else holds it."""
    with path.open("w") as file:
        if not _taken(file):
            raise PlaygroundError(f"{refusal} ({path})")
        yield


def _taken(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
