"""Locks in Redis. They may be lost with it, so each says what happens then: nothing that is true depends on them alone."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from redis.exceptions import RedisError

from workers.faults import Unavailable

if TYPE_CHECKING:
    from redis import Redis
    from redis.lock import Lock

IMAGES = "devstack:images"
LABEL = "devstack:label"
INTAKE = "devstack:intake"
COMPARE = "devstack:compare"

SECTION_SECONDS = 60.0
INTAKE_SECONDS = 30.0
INTAKE_WAIT_SECONDS = 0.5  # longer than this a decision waits in the queue, not in a thread that others need
INTAKE_AGAIN_SECONDS = 1.0
COMPARE_SECONDS = 300.0
SERVER = "The queue"  # what people know Redis as


class Busy(Unavailable):
    """Somebody else is deciding about this pull request just now."""


@contextmanager
def section(redis: "Redis", name: str) -> Iterator[None]:
    """A short critical section. Unavailable where Redis does not answer, or somebody else is in there for too long."""
    lock = redis.lock(name, timeout=SECTION_SECONDS, blocking_timeout=SECTION_SECONDS)
    try:
        taken = lock.acquire()
    except RedisError as error:
        raise Unavailable(SERVER, str(error)) from error
    if not taken:
        raise Unavailable(SERVER, f"{name} is held for too long")
    with _released(lock):
        yield


@contextmanager
def decision(redis: "Redis", about: str) -> Iterator[None]:
    """One decision about a pull request at a time. Busy where another takes long.

    Where Redis does not answer, decisions may cross; the comparison with GitHub then mends it within a minute.
    """
    lock = redis.lock(f"{INTAKE}:{about}".lower(), timeout=INTAKE_SECONDS)
    with suppress(RedisError):
        if not lock.acquire(blocking_timeout=INTAKE_WAIT_SECONDS):
            raise Busy(about, "it is being decided upon", INTAKE_AGAIN_SECONDS)
    with _released(lock):
        yield


@contextmanager
def comparison(redis: "Redis") -> Iterator[bool]:
    """Whether nobody else compares at this moment; True where Redis does not answer."""
    lock = redis.lock(COMPARE, timeout=COMPARE_SECONDS)
    alone = True
    with suppress(RedisError):
        alone = bool(lock.acquire(blocking=False))
    with _released(lock):
        yield alone


def once(redis: "Redis", name: str, seconds: int) -> bool:
    """Whether this is the first time within so many seconds; always, where Redis does not answer."""
    with suppress(RedisError):
        return bool(redis.set(name, 1, nx=True, ex=seconds))
    return True


@contextmanager
def _released(lock: "Lock") -> Iterator[None]:
    """Let go of a lock afterwards, where we have it. That it ran out meanwhile, or that Redis is gone, is no fault of
    what was done under it."""
    try:
        yield
    finally:
        with suppress(RedisError):
            lock.release()
