"""GitHub played by `responses`: requests are answered inside the process, no socket is opened."""

from collections.abc import Iterator
from typing import Any

import pytest
import responses
from pydantic import SecretStr

from config.settings import Settings
from tests.pure.github_client.world import TOKEN, Connect, Played, unreachable_redis
from workers.github import Connection
from workers.github.client import GitHub


@pytest.fixture
def played() -> Iterator[Played]:
    """GitHub's answers; a request that was not foreseen fails the test."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield Played(mock)


@pytest.fixture
def connect(played: Played) -> Iterator[Connect]:
    """Make a connection, with other settings where given."""
    made: list[Connection] = []

    def connected(**settings: Any) -> Connection:
        given = {"github_token": SecretStr(TOKEN), **settings}
        connection = Connection(Settings(**given), unreachable_redis(), played.secrets.append)
        made.append(connection)
        return connection

    yield connected
    for connection in made:
        connection.close()


@pytest.fixture
def github(connect: Connect) -> GitHub:
    """GitHub as the user of a token sees it."""
    return connect().installation(None)
