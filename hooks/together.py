"""Several things at once, a few at a time; none is begun once the run was told to stop."""

from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, TypeVar

from hooks.results import Stopped

if TYPE_CHECKING:
    from hooks.world import World

Name = TypeVar("Name", bound=Hashable)
Outcome = TypeVar("Outcome")

LOOK_SECONDS = 0.2
STOP_GRACE_SECONDS = 1.5  # for what is in the midst of something when the run is told to stop
LATE_GRACE_SECONDS = 15.0  # beyond the deadline: a client's own timeouts end it before


def each(world: "World", work: Mapping[Name, Callable[[], Outcome]], most: int) -> dict[Name, Outcome | Exception]:
    """What each gave or raised. What does not end in time is given up: its thread goes on until the process ends."""
    if not work:
        return {}
    pool = ThreadPoolExecutor(max_workers=min(most, len(work)), thread_name_prefix="hook")
    futures: dict[Name, Future[Outcome]] = {}
    for name, act in work.items():
        futures[name] = pool.submit(_unless_stopped, world, act)
    pending = set(futures.values())
    told: float | None = None
    while pending:
        _, pending = wait(pending, LOOK_SECONDS, FIRST_COMPLETED)
        if world.stop.is_set():
            told = world.clock() if told is None else told
            if world.clock() - told > STOP_GRACE_SECONDS:
                break
        if world.clock() > world.deadline + LATE_GRACE_SECONDS:
            break
    pool.shutdown(wait=False, cancel_futures=True)
    outcomes: dict[Name, Outcome | Exception] = {}
    for name, future in futures.items():
        outcome = _outcome(world, future)
        outcomes[name] = outcome
    return outcomes


def _unless_stopped(world: "World", act: Callable[[], Outcome]) -> Outcome:
    if world.stop.is_set():
        raise Stopped("it was not begun, for the run was told to stop")
    return act()


def _outcome(world: "World", future: Future[Outcome]) -> Outcome | Exception:
    if future.cancelled() or not future.done():
        why = "for the run was told to stop" if world.stop.is_set() else "for the time of the run was up"
        return Stopped(f"it was not finished, {why}")
    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, Exception):
        return error
    raise error
