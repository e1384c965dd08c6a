"""The comment, when several workers write it at once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
import responses
from pydantic import SecretStr

from config.settings import Settings
from tests.pure.github_client.thread import PlayedThread
from tests.redis.github_client.conftest import Server
from workers.github import Connection
from workers.github.sticky import MARKER

pytestmark = pytest.mark.redis

Client = Callable[[], redis.Redis]


@pytest.fixture
def thread() -> Iterator[PlayedThread]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield PlayedThread(mock)


def body(text: str) -> str:
    """A comment of ours."""
    return f"{MARKER} v1 -->\n{text}"


def worker(client: Client) -> Connection:
    """What another process would have: nothing in common but Redis and GitHub."""
    return Connection(Settings(github_token=SecretStr("ghp_token-of-tests")), client())


def test_progress_is_written_once_in_a_while_and_the_end_always(thread: PlayedThread, client: Client) -> None:
    one, other = worker(client).installation(None), worker(client).installation(None)
    comment = one.sticky("acme/shop", 7, body("queued"), known_id=None, final=True)
    for number, github in enumerate([one, other, one, other]):
        assert github.sticky("acme/shop", 7, body(f"step {number}"), known_id=comment, final=False) == comment
    assert thread.bodies == {101: body("step 0")}
    assert other.sticky("acme/shop", 7, body("ready"), known_id=comment, final=True) == comment
    assert thread.bodies == {101: body("ready")}


def test_progress_of_one_pull_request_does_not_hold_up_another(thread: PlayedThread, client: Client) -> None:
    github = worker(client).installation(None)
    client().set("devstack:github:progress:acme/shop#8", 1)
    assert github.sticky("acme/shop", 7, body("step"), known_id=None, final=False) == 101


def test_workers_that_start_together_make_one_comment(thread: PlayedThread, client: Client) -> None:
    workers = [worker(client).installation(None) for _ in range(6)]

    def write(number: int) -> int | None:
        return workers[number].sticky("acme/shop", 7, body(f"worker {number}"), known_id=None, final=True)

    with ThreadPoolExecutor(max_workers=6) as pool:
        assert set(pool.map(write, range(6))) == {101}
    assert set(thread.bodies) == {101}
    assert thread.done.count("create 101") == 1


def test_the_comment_is_written_while_redis_is_down(thread: PlayedThread, client: Client, redis_server: Server) -> None:
    github = worker(client).installation(None)
    redis_server.stop()
    try:
        assert github.sticky("acme/shop", 7, body("ready"), known_id=None, final=True) == 101
    finally:
        redis_server.start()


def test_a_lock_of_a_dead_worker_ends(thread: PlayedThread, client: Client) -> None:
    client().set("devstack:github:comment:acme/shop#7", "dead", px=300)
    assert worker(client).installation(None).sticky("acme/shop", 7, body("ready"), known_id=None, final=True) == 101
