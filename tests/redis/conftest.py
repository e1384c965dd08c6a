"""A real redis-server for the tests of this tier."""

from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

from playground import ports
from playground import redis as redis_server

PORTS_EACH = 50


@pytest.fixture(scope="session", autouse=True)
def ports_of_its_own(worker_id: str) -> Iterator[None]:
    """Each process of this tier looks for ports from a place of its own: two that look at once see the same one free."""
    search, shift = ports.free, 0 if worker_id == "master" else PORTS_EACH * int(worker_id.removeprefix("gw"))

    def free(preferred: int, address: str = "127.0.0.1", taken: Collection[int] = ()) -> int:
        return search(preferred + shift, address, taken)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ports, "free", free)
        yield


@pytest.fixture(scope="module")
def redis_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[redis_server.Redis]:
    folder: Path = tmp_path_factory.mktemp("redis")
    server = redis_server.start(folder)
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_process: redis_server.Redis) -> str:
    import redis

    with redis.Redis.from_url(redis_process.url) as client:
        client.flushall()
    return redis_process.url
