"""A real redis-server for the tests of this tier."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from playground import redis as redis_server


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
