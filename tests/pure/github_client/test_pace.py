"""The limits hold in every window, and progress leaves room for what must be written."""

from collections import deque

from hypothesis import given
from hypothesis import strategies as st

from workers.github import pace
from workers.github.limiter import LocalLimiter
from workers.github.pace import Kind, Limits


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@given(
    limit=st.integers(1, 50),
    window=st.sampled_from([60, 3600]),
    pauses=st.lists(st.integers(0, 200_000_000), min_size=1, max_size=150),
)
def test_no_window_ever_sees_more_than_the_limit(limit: int, window: int, pauses: list[int]) -> None:
    bucket = pace.bucket("x", limit, window)
    now, full_at = 10**15, 0
    recent: deque[int] = deque()
    for pause in pauses:
        now += pause
        if pace.wait(bucket, full_at, now) == 0:
            full_at = pace.taken(bucket, full_at, now)
            recent.append(now)
            while recent[0] <= now - window * pace.MICROSECONDS:
                recent.popleft()
            assert len(recent) <= limit


@given(limit=st.integers(1, 5000), window=st.sampled_from([60, 3600]))
def test_after_the_wait_that_was_told_a_request_goes(limit: int, window: int) -> None:
    bucket = pace.bucket("x", limit, window)
    now, full_at = 10**15, 0
    while (wait := pace.wait(bucket, full_at, now)) == 0:
        full_at = pace.taken(bucket, full_at, now)
    assert pace.wait(bucket, full_at, now + wait) == 0
    assert wait <= bucket.interval


def spent(limiter: LocalLimiter, kind: Kind) -> int:
    """How many requests go at once."""
    count = 0
    while limiter.acquire("us", kind) == 0:
        count += 1
    return count


def test_a_third_may_be_spent_at_once() -> None:
    limits = Limits(requests_per_hour=300, writes_per_minute=60)
    assert spent(LocalLimiter(limits, Clock()), Kind.READ) == 100
    assert spent(LocalLimiter(limits, Clock()), Kind.WRITE) == 20


def test_progress_leaves_half_of_that_to_what_must_be_written() -> None:
    limiter = LocalLimiter(Limits(requests_per_hour=300, writes_per_minute=60), Clock())
    assert spent(limiter, Kind.PROGRESS) == 10
    assert spent(limiter, Kind.WRITE) == 10
    assert limiter.acquire("us", Kind.READ) == 0


def test_the_writes_of_an_hour_are_limited_too() -> None:
    clock = Clock()
    limiter = LocalLimiter(Limits(requests_per_hour=100_000, writes_per_minute=80), clock)
    written = 0
    for _ in range(3600):
        written += limiter.acquire("us", Kind.WRITE) == 0
        clock.now += 1.0
    assert 480 < written <= 500


def test_writes_are_requests_too() -> None:
    limiter = LocalLimiter(Limits(requests_per_hour=9, writes_per_minute=60), Clock())
    assert spent(limiter, Kind.WRITE) == 3
    assert limiter.acquire("us", Kind.READ) > 0


def test_everybody_waits_while_blocked_and_nobody_afterwards() -> None:
    clock = Clock()
    limiter = LocalLimiter(Limits(requests_per_hour=300, writes_per_minute=60), clock)
    limiter.block("us", 30)
    limiter.block("us", 10)
    assert limiter.acquire("us", Kind.READ) == 30
    assert limiter.acquire("others", Kind.READ) == 0
    clock.now += 30
    assert limiter.acquire("us", Kind.READ) == 0
