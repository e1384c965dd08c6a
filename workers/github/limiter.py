"""One limiter for all workers, kept in Redis; while Redis does not answer, each process limits itself."""

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import structlog
from redis.exceptions import RedisError

from workers.github import pace
from workers.github.pace import MICROSECONDS, Kind, Limits

if TYPE_CHECKING:
    import redis

log = structlog.get_logger(__name__)

PREFIX = "devstack:github"
ASK_REDIS_AGAIN_SECONDS = 5.0

# Takes from all buckets or from none. KEYS: the block, then one per bucket; ARGV: interval and tolerance per bucket.
# Returns microseconds to wait. Time is Redis's own, so the workers' clocks do not matter.
ACQUIRE = """
local blocked = redis.call('PTTL', KEYS[1])
if blocked > 0 then return blocked * 1000 end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local wait, full = 0, {}
for i = 2, #KEYS do
  local interval, tolerance = tonumber(ARGV[2 * i - 3]), tonumber(ARGV[2 * i - 2])
  full[i] = math.max(tonumber(redis.call('GET', KEYS[i]) or '0'), now) + interval
  wait = math.max(wait, full[i] - now - tolerance)
end
if wait > 0 then return wait end
for i = 2, #KEYS do
  redis.call('SET', KEYS[i], string.format('%.0f', full[i]), 'PX', math.ceil((full[i] - now) / 1000) + 1)
end
return 0
"""

# Blocks for ARGV[1] milliseconds unless it is blocked for longer already.
BLOCK = """
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], '1', 'PX', ARGV[1]) end
return 0
"""


class Limiter(Protocol):
    """Who may call GitHub when. `identity` is whom GitHub counts: a token's user or an App's installation."""

    def acquire(self, identity: str, kind: Kind) -> float:
        """0 where the request may go now, and is counted; else the seconds to wait before asking again."""

    def block(self, identity: str, seconds: float) -> None:
        """GitHub told this identity to stay away."""


class LocalLimiter:
    """The limits for this process alone. Safe for threads."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._full_at: dict[tuple[str, str], int] = {}
        self._blocked_until: dict[str, float] = {}
        self._lock = threading.Lock()

    def acquire(self, identity: str, kind: Kind) -> float:
        """As `Limiter.acquire`."""
        buckets = self._limits.buckets(kind)
        with self._lock:
            seconds = self._clock()
            blocked = self._blocked_until.get(identity, 0.0) - seconds
            if blocked > 0:
                return blocked
            now = int(seconds * MICROSECONDS)
            full_at = {bucket: self._full_at.get((identity, bucket.name), 0) for bucket in buckets}
            wait = max(pace.wait(bucket, full_at[bucket], now) for bucket in buckets)
            if wait == 0:
                for bucket in buckets:
                    self._full_at[identity, bucket.name] = pace.taken(bucket, full_at[bucket], now)
            return wait / MICROSECONDS

    def block(self, identity: str, seconds: float) -> None:
        """As `Limiter.block`."""
        with self._lock:
            until = self._clock() + seconds
            self._blocked_until[identity] = max(self._blocked_until.get(identity, 0.0), until)


class SharedLimiter:
    """The limits for all workers together."""

    def __init__(self, redis: "redis.Redis", limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._local = LocalLimiter(limits, clock)
        self._clock = clock
        self._ask_again_at = 0.0
        self._acquire = redis.register_script(ACQUIRE)
        self._block = redis.register_script(BLOCK)

    def acquire(self, identity: str, kind: Kind) -> float:
        """As `Limiter.acquire`; never fails."""
        buckets = self._limits.buckets(kind)
        keys = [f"{PREFIX}:{identity}:blocked", *(f"{PREFIX}:{identity}:{bucket.name}" for bucket in buckets)]
        numbers = [number for bucket in buckets for number in (bucket.interval, bucket.tolerance)]
        answer = self._ask(self._acquire, keys, numbers)
        return self._local.acquire(identity, kind) if answer is None else answer / MICROSECONDS

    def block(self, identity: str, seconds: float) -> None:
        """As `Limiter.block`; never fails. Kept here as well, for the time in which Redis does not answer."""
        self._local.block(identity, seconds)
        self._ask(self._block, [f"{PREFIX}:{identity}:blocked"], [max(1, int(seconds * 1000))])

    def _ask(self, script: Any, keys: list[str], numbers: list[int]) -> int | None:
        if self._clock() < self._ask_again_at:
            return None
        try:
            return int(script(keys=keys, args=numbers))
        except RedisError as error:
            self._ask_again_at = self._clock() + ASK_REDIS_AGAIN_SECONDS
            log.warning("limiter works for this process alone", error=str(error))
            return None
