"""A 202 is durable: real receiver, real Redis, real Celery worker."""

import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
import redis
from celery import Celery
from celery.contrib.testing.worker import start_worker
from kombu.entity import Exchange, Queue

from model import jobs
from playground import ports

pytestmark = pytest.mark.redis

GUIDS = [f"72d3162e-cc78-11e3-81ab-00000000000{position}" for position in range(8)]
SECRET = "a-secret-of-the-tests"
PAYLOAD: dict[str, Any] = {
    "action": "created",
    "issue": {"number": 7, "pull_request": {}},
    "comment": {"id": 9, "body": "/devstack deploy --label feature1", "user": {"login": "ada"}},
    "repository": {"full_name": "acme/shop"},
}


class Receiver:
    """The receiver as a process."""

    def __init__(self, redis_url: str) -> None:
        self.port = ports.free(18500)
        environment = {**os.environ, "DEVSTACK_GITHUB_WEBHOOK_SECRET": SECRET, "DEVSTACK_REDIS_URL": redis_url}
        command = [sys.executable, "-m", "bot", "--host", "127.0.0.1", "--port", str(self.port)]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{self.port}/healthz", trust_env=False)
            except httpx.HTTPError:
                assert self.process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
            else:
                return

    def send(self, delivery: str, payload: dict[str, Any] = PAYLOAD) -> int:
        body = json.dumps(payload).encode()
        headers = {
            "Content-Type": "application/json",
            "X-GitHub-Event": "issue_comment",
            "X-GitHub-Delivery": delivery,
            "X-Hub-Signature-256": "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest(),
        }
        url = f"http://127.0.0.1:{self.port}/webhooks/github"
        return httpx.post(url, content=body, headers=headers, trust_env=False, timeout=20).status_code

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def receiver(redis_url: str) -> Iterator[Receiver]:
    made = Receiver(redis_url)
    yield made
    if made.process.poll() is None:
        made.kill()


def collected(redis_url: str, count: int, seconds: float = 15.0) -> list[dict[str, Any]]:
    """What a real Celery worker gets from the queue."""
    got: list[dict[str, Any]] = []
    enough = threading.Event()
    app = Celery("test", broker=redis_url, set_as_current=False)
    direct = Exchange("", type="direct")
    app.conf.update(
        task_queues=[Queue(jobs.QUEUE_TALK, direct, routing_key=jobs.QUEUE_TALK)],
        task_default_queue=jobs.QUEUE_TALK,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
    )

    @app.task(name=jobs.TASK_INTAKE, shared=False)
    def intake(job: dict[str, Any]) -> None:
        got.append(job)
        if len(got) >= count:
            enough.set()

    with start_worker(app, perform_ping_check=False, pool="solo", loglevel="ERROR"):
        enough.wait(seconds)
    return got


def test_a_worker_gets_what_was_taken_even_if_the_receiver_is_killed_right_after(
    receiver: Receiver, redis_url: str
) -> None:
    assert receiver.send(GUIDS[1]) == 202
    receiver.kill()
    (job,) = collected(redis_url, 1)
    taken = jobs.from_json(job)
    assert isinstance(taken, jobs.CommentMade)
    assert (taken.repository, taken.number, taken.comment_id, taken.delivery) == ("acme/shop", 7, 9, GUIDS[1])


def test_one_delivery_sent_by_many_at_once_is_taken_once(receiver: Receiver, redis_url: str) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(receiver.send, [GUIDS[2]] * 64))
    assert sorted(answers) == [200] * 63 + [202]
    with redis.Redis.from_url(redis_url) as client:
        assert client.llen(jobs.QUEUE_TALK) == 1


def test_an_emptied_redis_takes_deliveries_again(receiver: Receiver, redis_url: str) -> None:
    assert receiver.send(GUIDS[3]) == 202
    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    assert receiver.send(GUIDS[4]) == 202
    assert [job["delivery"] for job in collected(redis_url, 1)] == [GUIDS[4]]


def test_nothing_is_claimed_while_redis_is_down(tmp_path_factory: pytest.TempPathFactory) -> None:
    from playground import redis as redis_server

    folder = tmp_path_factory.mktemp("redis-down")
    server = redis_server.start(folder)
    receiver = Receiver(server.url)
    try:
        assert receiver.send(GUIDS[5]) == 202
        server.stop()
        assert receiver.send(GUIDS[6]) == 503
        again = redis_server.start(folder, port=server.port)
        try:
            assert receiver.send(GUIDS[6]) == 202
            assert receiver.send(GUIDS[5]) == 200, "what was taken before the crash is still known"
        finally:
            again.stop()
    finally:
        receiver.kill()
