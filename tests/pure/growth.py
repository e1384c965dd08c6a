"""How work grows with what it is given."""

import time
from collections.abc import Callable

TRIES = 3


def growth(work: Callable[[str], object], piece: Callable[[int], str], size: int = 32_768) -> float:
    """How many times as much of the processor a text of twice the size takes; best of several, so that others' work on this
    machine does not count. 2 where the work is linear, 4 where it is quadratic."""
    once, twice = piece(size), piece(2 * size)
    return min(_seconds(work, twice) for _ in range(TRIES)) / min(_seconds(work, once) for _ in range(TRIES))


def _seconds(work: Callable[[str], object], text: str) -> float:
    started = time.process_time()
    work(text)
    return time.process_time() - started
