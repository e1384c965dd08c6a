"""The lease of a run, kept in its Stack: one holder at a time, taken over when it stops being renewed."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from model.stack import RunState, Spec, Stack, Status
from workers.faults import Fault
from workers.stacks import Stacks

log = structlog.get_logger(__name__)

RENEWALS = 6  # in the life of a lease: also how quickly a run sees that it was superseded
SUPERSEDED = "superseded"
DELETED = "deleted"
LOST = "lost"


class Held:
    """A lease that we have. `is_set()` says that the run is to stop, `reason` why."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.reason = ""
        self._stop = threading.Event()
        self.ended = threading.Event()

    def is_set(self) -> bool:
        """Whether the run is to stop."""
        return self._stop.is_set()

    def stop(self, reason: str) -> None:
        """Have the run stop."""
        if not self._stop.is_set():
            self.reason = reason
            self._stop.set()


def material(spec: Spec) -> Spec:
    """What of a wish concerns a run: when the stack ends, and how the wish came about, does not."""
    return replace(
        spec, expires_at=None, ttl=None, requested_by="", head="", label_problem="", done=(), needs=(), needs_problem=""
    )


def free(run: RunState | None, holder: str, now: datetime, seconds: int) -> bool:
    """Whether the lease can be had: nobody has it, we have it, or its holder has not renewed it for too long."""
    return run is None or run.holder == holder or now - run.renewed_at > timedelta(seconds=seconds)


def acquire(stacks: Stacks, name: str, holder: str, seconds: int) -> Stack | None:
    """Take the lease; None where another has it, or there is no such Stack. Two can never have it at once, since the
    write compares the object's version."""
    taken = False

    def take(stack: Stack) -> Status:
        nonlocal taken
        now = datetime.now(UTC)
        taken = free(stack.status.run, holder, now, seconds)
        if not taken:
            return stack.status
        run = RunState(holder.rpartition("/")[2], holder, stack.generation, started_at=now, renewed_at=now)
        return replace(stack.status, run=run)

    stack = stacks.patch(name, take)
    return stack if taken else None


def renew(stacks: Stacks, held: Held, holder: str) -> None:
    """Renew the lease and look whether the run is still wanted."""
    lost = False

    def touch(status: Status) -> Status:
        nonlocal lost
        lost = status.run is None or status.run.holder != holder
        if lost or status.run is None:
            return status
        return replace(status, run=replace(status.run, renewed_at=datetime.now(UTC)))

    stack = stacks.patch_status(held.stack.name, touch)
    if stack is None or lost:
        held.stop(LOST)
    elif stack.deleting and not held.stack.deleting:
        held.stop(DELETED)
    elif material(stack.spec) != material(held.stack.spec):
        held.stop(SUPERSEDED)


def release(stacks: Stacks, name: str, holder: str) -> None:
    """Give the lease back, if it is ours."""

    def clear(status: Status) -> Status:
        return replace(status, run=None) if status.run is not None and status.run.holder == holder else status

    stacks.patch_status(name, clear)


@contextmanager
def hold(stacks: Stacks, name: str, holder: str, seconds: int) -> Iterator[Held | None]:
    """Hold the lease for the length of the block; None where it is not to be had."""
    stack = acquire(stacks, name, holder, seconds)
    if stack is None:
        yield None
        return
    held = Held(stack)
    thread = threading.Thread(target=_keep, args=(stacks, held, holder, seconds, renew), name="lease", daemon=True)
    thread.start()
    try:
        yield held
    finally:
        held.ended.set()
        thread.join()
        try:
            release(stacks, name, holder)
        except Fault as fault:
            # It grows too old by itself; what the run ended with is more to the point.
            log.warning("lease not given back", stack=name, error=str(fault))


def _keep(stacks: Stacks, held: Held, holder: str, seconds: int, touch: Callable[[Stacks, Held, str], None]) -> None:
    """Renew until the run has ended; a cluster out of reach for the lease's whole life ends the run."""
    last = datetime.now(UTC)
    pause = min(seconds / RENEWALS, 2.0)
    while not held.ended.wait(pause):
        try:
            touch(stacks, held, holder)
            last = datetime.now(UTC)
        except Fault as fault:
            log.warning("lease not renewed", stack=held.stack.name, error=str(fault))
            if datetime.now(UTC) - last > timedelta(seconds=seconds * 0.8):
                held.stop(LOST)
        if held.is_set():
            return
