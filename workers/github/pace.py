"""How fast GitHub may be called, as pure values: a leaky bucket (GCRA) for each limit.

GitHub counts in windows: some thousand requests an hour, and of requests that write 80 a minute and 500 an hour
(its guide "Rate limits for the REST API"). A bucket may be emptied at once and fills again at a steady rate; both
together never pass the limit in any window, wherever the window begins.
"""

from dataclasses import dataclass
from enum import StrEnum

MICROSECONDS = 1_000_000
MINUTE = 60
HOUR = 3600
BURST_SHARE = 1 / 3  # of a limit may be spent at once, the rest is what comes back within the window
PROGRESS_SHARE = 1 / 2  # of a burst is kept from writes that can be left out
WRITES_HOUR_TO_MINUTE = 500 / 80  # GitHub's own ratio


class Kind(StrEnum):
    """What a request costs. PROGRESS is a write that may be left out, so it leaves room for those that may not."""

    READ = "read"
    WRITE = "write"
    PROGRESS = "progress"

    @property
    def writes(self) -> bool:
        """Whether it counts as a write."""
        return self is not Kind.READ


@dataclass(frozen=True, slots=True)
class Bucket:
    """`interval` microseconds between two requests in the long run; `tolerance` microseconds that may be used ahead."""

    name: str
    interval: int
    tolerance: int

    def kept_back(self) -> "Bucket":
        """The same bucket for requests that must leave a share of the burst to others."""
        return Bucket(self.name, self.interval, max(self.interval, int(self.tolerance * PROGRESS_SHARE)))


def bucket(name: str, limit: int, window: int) -> Bucket:
    """A bucket that lets at most `limit` (1 or more) requests through in any `window` seconds."""
    burst = max(1, int(limit * BURST_SHARE))
    steady = max(1, limit - burst)
    interval = -(-window * MICROSECONDS // steady)
    return Bucket(name, interval, burst * interval)


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one identity (a token's user, an App's installation)."""

    requests_per_hour: int
    writes_per_minute: int

    def buckets(self, kind: Kind) -> tuple[Bucket, ...]:
        """All buckets that a request of this kind takes from."""
        requests = bucket("requests-hour", self.requests_per_hour, HOUR)
        if not kind.writes:
            return (requests,)
        writes = (
            bucket("writes-minute", self.writes_per_minute, MINUTE),
            bucket("writes-hour", int(self.writes_per_minute * WRITES_HOUR_TO_MINUTE), HOUR),
        )
        if kind is Kind.PROGRESS:
            writes = (writes[0].kept_back(), writes[1].kept_back())
        return (requests, *writes)


def wait(bucket: Bucket, full_at: int, now: int) -> int:
    """Microseconds until the bucket lets a request through; `full_at` is when it would be whole again."""
    return max(0, max(full_at, now) + bucket.interval - now - bucket.tolerance)


def taken(bucket: Bucket, full_at: int, now: int) -> int:
    """The new `full_at` after a request."""
    return max(full_at, now) + bucket.interval
