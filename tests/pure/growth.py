"""How work grows with what it is given."""

import gc
import time
from collections.abc import Callable

TRIES = 4
TIMES = 4
LINEAR = 8  # halfway, in factors, between linear (4) and quadratic (16)


def is_linear(work: Callable[[str], object], piece: Callable[[int], str], size: int = 6_000) -> bool:
    """Whether a text of four times the size takes about four times as much of the processor, and not sixteen times.

    The best of several tries at each size counts, so that others' work on this machine does not.
    """
    once, more = piece(size), piece(TIMES * size)
    return _seconds(work, more) < LINEAR * _seconds(work, once)


def _seconds(work: Callable[[str], object], text: str) -> float:
    tries = []
    gc.disable()
    try:
        for _ in range(TRIES):
            started = time.process_time()
            work(text)
            tries.append(time.process_time() - started)
    finally:
        gc.enable()
    return min(tries)
