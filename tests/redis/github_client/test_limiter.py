"""The limiter that all workers share, in a real Redis."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from tests.redis.github_client.conftest import Server
from workers.github.limiter import PREFIX, SharedLimiter
from workers.github.pace import Kind, Limits

pytestmark = pytest.mark.redis

LIMITS = Limits(requests_per_hour=3000, writes_per_minute=60)
Client = Callable[[], redis.Redis]


class Clock:
    """Seconds that pass when the test says so; Redis has its own."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_workers_share_one_budget(client: Client) -> None:
    workers = [SharedLimiter(client(), LIMITS) for _ in range(4)]

    def write(worker: SharedLimiter) -> int:
        return sum(worker.acquire("us", Kind.WRITE) == 0 for _ in range(10))

    with ThreadPoolExecutor(max_workers=4) as pool:
        assert sum(pool.map(write, workers)) == 20  # a third of 60, whoever takes it


def test_identities_do_not_share(client: Client) -> None:
    limiter = SharedLimiter(client(), Limits(requests_per_hour=3, writes_per_minute=60))
    assert [limiter.acquire("one", Kind.READ) == 0 for _ in range(2)] == [True, False]
    assert limiter.acquire("other", Kind.READ) == 0


def test_a_refused_write_takes_nothing_from_the_reads(client: Client) -> None:
    limiter = SharedLimiter(client(), Limits(requests_per_hour=300, writes_per_minute=3))
    assert [limiter.acquire("us", Kind.WRITE) == 0 for _ in range(50)].count(True) == 1
    assert [limiter.acquire("us", Kind.READ) == 0 for _ in range(120)].count(True) == 99


def test_progress_leaves_room(client: Client) -> None:
    limiter = SharedLimiter(client(), LIMITS)
    assert [limiter.acquire("us", Kind.PROGRESS) == 0 for _ in range(20)].count(True) == 10
    assert limiter.acquire("us", Kind.WRITE) == 0


def test_after_the_wait_that_was_told_a_request_goes(client: Client) -> None:
    limiter = SharedLimiter(client(), Limits(requests_per_hour=90_000, writes_per_minute=600))
    while (wait := limiter.acquire("us", Kind.WRITE)) == 0:
        pass
    assert 0 < wait <= 0.15
    time.sleep(wait)
    assert limiter.acquire("us", Kind.WRITE) == 0


def test_what_github_told_one_worker_stops_all(client: Client) -> None:
    one, other = SharedLimiter(client(), LIMITS), SharedLimiter(client(), LIMITS)
    one.block("us", 30)
    one.block("us", 2)
    assert 29 < other.acquire("us", Kind.READ) <= 30
    assert other.acquire("others", Kind.READ) == 0


def test_a_block_ends(client: Client) -> None:
    one, other = SharedLimiter(client(), LIMITS), SharedLimiter(client(), LIMITS)
    one.block("us", 0.2)
    assert 0 < other.acquire("us", Kind.READ) <= 0.2
    time.sleep(0.25)
    assert other.acquire("us", Kind.READ) == 0


def test_nothing_is_left_in_redis_for_ever(client: Client) -> None:
    limiter, look = SharedLimiter(client(), LIMITS), client()
    limiter.acquire("us", Kind.WRITE)
    limiter.block("us", 5)
    keys = list(look.scan_iter(f"{PREFIX}:*"))
    assert len(keys) == 4
    assert all(0 < look.pttl(key) <= 60_000 for key in keys)


def test_while_redis_is_down_each_process_limits_itself(client: Client, redis_server: Server) -> None:
    clock = Clock()
    limiter = SharedLimiter(client(), Limits(requests_per_hour=300, writes_per_minute=6), clock)
    limiter.block("blocked", 30)
    assert [limiter.acquire("us", Kind.WRITE) == 0 for _ in range(3)] == [True, True, False]
    redis_server.stop()
    try:
        assert [limiter.acquire("us", Kind.WRITE) == 0 for _ in range(3)] == [True, True, False]
        assert limiter.acquire("blocked", Kind.READ) == 30
    finally:
        redis_server.start()
    assert limiter.acquire("us", Kind.WRITE) > 0  # it is not asked again at once
    clock.now += 5
    assert limiter.acquire("us", Kind.WRITE) == 0  # the new Redis knows of no write


def test_flushall_loses_no_more_than_the_count(client: Client) -> None:
    limiter = SharedLimiter(client(), LIMITS)
    assert limiter.acquire("us", Kind.READ) == 0
    client().flushall()
    client().script_flush()
    assert limiter.acquire("us", Kind.READ) == 0


@pytest.mark.parametrize("kind", list(Kind))
def test_one_question_costs_redis_little(client: Client, kind: Kind) -> None:
    limiter = SharedLimiter(client(), Limits(requests_per_hour=10**6, writes_per_minute=10**5))
    limiter.acquire("us", kind)
    before = time.perf_counter()
    for _ in range(200):
        limiter.acquire("us", kind)
    assert (time.perf_counter() - before) / 200 < 0.01
