"""A 202 is durable: real receiver, real Redis, real Celery worker."""

import os
import signal
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Celery
from celery.contrib.testing.worker import start_worker
from celery.exceptions import Reject
from kombu.entity import Exchange, Queue

from model import jobs
from playground import process
from playground import redis as redis_server
from tests.redis.bot.receiver import GONE, Receiver

pytestmark = pytest.mark.redis


def guid() -> str:
    return str(uuid.uuid4())


@pytest.fixture(scope="module")
def receivers(redis_process: redis_server.Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Receiver]]:
    """All that were started: the last one runs, unless its test killed it."""
    started: list[Receiver] = []
    yield started
    for each in started:
        each.end()


@pytest.fixture
def receiver(redis_url: str, receivers: list[Receiver], tmp_path: Path) -> Receiver:
    """A receiver whose Redis is empty."""
    if not receivers or not receivers[-1].runs:
        receivers.append(Receiver(redis_url, tmp_path))
    return receivers[-1]


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[redis_server.Redis]:
    """A server that the test may stop, kill or freeze."""
    server = redis_server.start(tmp_path / "redis")
    yield server
    server.stop()


def collected(redis_url: str, count: int, seconds: float = 15.0, *, sent_back: int = 0) -> list[dict[str, Any]]:
    """What a real Celery worker gets from the queue, after it put the first `sent_back` messages back into it."""
    rejected: list[str] = []
    got: list[dict[str, Any]] = []
    enough = threading.Event()
    app = Celery("test", broker=redis_url, set_as_current=False)
    direct = Exchange("", type="direct")
    app.conf.update(
        task_queues=[Queue(jobs.QUEUE_TALK, direct, routing_key=jobs.QUEUE_TALK)],
        task_default_queue=jobs.QUEUE_TALK,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        task_acks_late=True,
    )

    @app.task(name=jobs.TASK_INTAKE, shared=False)
    def intake(job: dict[str, Any]) -> None:
        if len(rejected) < sent_back:
            rejected.append(job["delivery"])
            raise Reject("not now", requeue=True)
        got.append(job)
        if len(got) >= count:
            enough.set()

    with start_worker(app, perform_ping_check=False, pool="solo", loglevel="ERROR"):
        enough.wait(seconds)
    return got


def queued(redis_url: str) -> int:
    with redis.Redis.from_url(redis_url) as client:
        return int(client.llen(jobs.QUEUE_TALK))


def test_a_worker_gets_what_was_taken_even_if_the_receiver_is_killed_right_after(
    receiver: Receiver, redis_url: str
) -> None:
    delivery = guid()
    assert receiver.send(delivery).status_code == 202
    receiver.kill()
    (job,) = collected(redis_url, 1)
    taken = jobs.from_json(job)
    assert isinstance(taken, jobs.CommentMade)
    assert (taken.repository, taken.number, taken.comment_id, taken.delivery) == ("acme/shop", 7, 9, delivery)


def test_all_that_was_taken_under_load_is_there_after_the_receiver_and_redis_are_killed(
    own_redis: redis_server.Redis, tmp_path: Path
) -> None:
    receiver = Receiver(own_redis.url, tmp_path)
    taken: list[str] = []

    def keep_sending() -> None:
        """Until the connection breaks."""
        while (status := receiver.status(delivery := guid())) != GONE:
            assert status == 202
            taken.append(delivery)

    with ThreadPoolExecutor(8) as pool:
        senders = [pool.submit(keep_sending) for _ in range(8)]
        while len(taken) < 150 and not any(sender.done() for sender in senders):
            time.sleep(0.005)
        receiver.kill()
    assert [sender.exception() for sender in senders] == [None] * 8
    assert len(taken) >= 150
    record = process.read(own_redis.folder, "redis")
    assert record is not None
    os.kill(record.pid, signal.SIGKILL)
    own_redis.stop()
    again = redis_server.start(own_redis.folder, port=own_redis.port)
    try:
        there = [job["delivery"] for job in collected(again.url, queued(again.url))]
    finally:
        again.stop()
    assert set(taken) <= set(there)
    assert len(there) == len(set(there))


def test_a_message_that_a_worker_puts_back_comes_again(receiver: Receiver, redis_url: str) -> None:
    first, second = guid(), guid()
    assert receiver.status(first) == receiver.status(second) == 202
    got = collected(redis_url, 2, sent_back=2)
    assert {job["delivery"] for job in got} == {first, second}


def test_one_delivery_sent_by_many_at_once_is_taken_once(receiver: Receiver, redis_url: str) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(receiver.status, [guid()] * 64))
    assert sorted(answers) == [200] * 63 + [202]
    assert queued(redis_url) == 1


def test_many_at_once_are_each_taken_once(receiver: Receiver, redis_url: str) -> None:
    deliveries = [guid() for _ in range(100)]
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(receiver.status, deliveries * 2))
    assert sorted(answers) == [200] * 100 + [202] * 100
    assert sorted(job["delivery"] for job in collected(redis_url, 100)) == sorted(deliveries)


def test_a_claim_ends_some_time(receiver: Receiver, redis_url: str) -> None:
    delivery = guid()
    assert receiver.status(delivery) == 202
    with redis.Redis.from_url(redis_url) as client:
        assert 0 < client.ttl(f"devstack:delivery:{delivery}") <= 7 * 24 * 3600


def test_an_emptied_redis_takes_deliveries_again(receiver: Receiver, redis_url: str) -> None:
    assert receiver.status(guid()) == 202
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
        client.script_flush()
    delivery = guid()
    assert receiver.status(delivery) == 202
    assert [job["delivery"] for job in collected(redis_url, 1)] == [delivery]


def test_a_queue_that_cannot_be_written_to_claims_nothing(receiver: Receiver, redis_url: str) -> None:
    delivery = guid()
    with redis.Redis.from_url(redis_url) as client:
        client.set(jobs.QUEUE_TALK, "no list")
        assert receiver.status(delivery) == 503
        assert client.keys("devstack:delivery:*") == []
        client.delete(jobs.QUEUE_TALK)
    assert receiver.status(delivery) == 202


def test_nothing_is_claimed_while_redis_is_down(own_redis: redis_server.Redis, receiver_of_own: Receiver) -> None:
    first, second = guid(), guid()
    receiver = receiver_of_own
    assert receiver.status(first) == 202
    own_redis.stop()
    answer = receiver.send(second)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "DEVSTACK_REDIS_URL" in answer.json()["hint"]
    assert receiver.get("/readyz").status_code == 503
    assert receiver.get("/healthz").status_code == 200
    again = redis_server.start(own_redis.folder, port=own_redis.port)
    try:
        assert receiver.status(second) == 202
        assert receiver.status(first) == 200, "what was taken before is still known"
        assert receiver.get("/readyz").status_code == 200
    finally:
        again.stop()


def test_a_redis_that_hangs_is_answered_for_within_githubs_ten_seconds(
    own_redis: redis_server.Redis, receiver_of_own: Receiver
) -> None:
    assert receiver_of_own.status(guid()) == 202
    record = process.read(own_redis.folder, "redis")
    assert record is not None
    os.kill(record.pid, signal.SIGSTOP)
    try:
        started = time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            answers = set(pool.map(receiver_of_own.status, [guid() for _ in range(8)]))
        spent = time.monotonic() - started
    finally:
        os.kill(record.pid, signal.SIGCONT)
    assert answers == {503}
    assert spent < 9
    assert receiver_of_own.status(guid()) == 202


@pytest.fixture
def receiver_of_own(own_redis: redis_server.Redis, tmp_path: Path) -> Iterator[Receiver]:
    made = Receiver(own_redis.url, tmp_path)
    yield made
    made.end()
