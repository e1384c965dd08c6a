"""Locks on a real Redis that loses them, or goes."""

from pathlib import Path

import pytest
import redis

from playground import redis as redis_server
from workers import lock
from workers.faults import Unavailable

pytestmark = pytest.mark.redis
NOBODY = "redis://127.0.0.1:1/0"


@pytest.fixture
def client(redis_url: str) -> redis.Redis:
    return redis.Redis.from_url(redis_url, socket_timeout=2)


def test_a_section_is_had_by_one_at_a_time(client: redis.Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "SECTION_SECONDS", 0.3)
    with lock.section(client, lock.IMAGES):
        with pytest.raises(Unavailable), lock.section(client, lock.IMAGES):
            pass
        with lock.section(client, f"{lock.LABEL}:feature1"):
            pass
    with lock.section(client, lock.IMAGES):
        pass


def test_a_lock_that_was_lost_is_no_fault_of_what_was_done_under_it(client: redis.Redis) -> None:
    done = []
    with lock.section(client, lock.IMAGES):
        client.flushall()
        done.append("an image")
    with lock.section(client, lock.IMAGES):
        client.flushall()
        client.set(lock.IMAGES, "somebody else's")
    assert done
    assert client.get(lock.IMAGES) == b"somebody else's"


def test_a_fault_under_a_lock_is_the_one_that_is_told(client: redis.Redis) -> None:
    def lost() -> None:
        with lock.section(client, lock.IMAGES):
            client.flushall()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        lost()


def test_a_redis_that_is_not_there_is_worth_another_try() -> None:
    with pytest.raises(Unavailable) as fault, lock.section(redis.Redis.from_url(NOBODY), lock.IMAGES):
        pass
    assert fault.value.what == lock.SERVER


def test_a_redis_that_goes_while_a_lock_is_held_is_no_fault(tmp_path: Path) -> None:
    server = redis_server.start(tmp_path)
    try:
        with redis.Redis.from_url(server.url) as own, lock.section(own, lock.IMAGES):
            server.stop()
    finally:
        server.stop()


def test_a_decision_waits_in_the_queue_and_not_in_a_thread(client: redis.Redis) -> None:
    with lock.decision(client, "acme/shop#7"):
        with pytest.raises(lock.Busy) as busy, lock.decision(client, "ACME/shop#7"):
            pass
        with lock.decision(client, "acme/shop#8"):
            pass
    assert busy.value.retry_after == lock.INTAKE_AGAIN_SECONDS
    with lock.decision(client, "acme/shop#7"):
        pass


def test_decisions_are_taken_without_redis() -> None:
    nobody = redis.Redis.from_url(NOBODY)
    with lock.decision(nobody, "acme/shop#7"), lock.comparison(nobody) as alone:
        assert alone


def test_one_comparison_at_a_time(client: redis.Redis) -> None:
    with lock.comparison(client) as first, lock.comparison(client) as second:
        assert (first, second) == (True, False)
    with lock.comparison(client) as third:
        assert third
