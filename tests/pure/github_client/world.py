"""The edges that the tests play: a GitHub server in front of `requests`, and a Redis that nobody reaches."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import redis
import responses

from workers.github import Connection

TOKEN = "ghp_a-token-of-tests"
Connect = Callable[..., Connection]


class NoRedis(redis.Connection):
    """A Redis that nobody reaches: what the workers see while it is down."""

    def connect(self) -> None:
        raise redis.exceptions.ConnectionError("no Redis in this test")


def unreachable_redis() -> redis.Redis:
    """A client whose server does not answer."""
    return redis.Redis(connection_pool=redis.ConnectionPool(connection_class=NoRedis))


@dataclass
class Played:
    """The answers of a GitHub server, and what it was asked."""

    mock: responses.RequestsMock
    api: str = "https://api.github.com:443"
    secrets: list[str] = field(default_factory=list)

    def answer(
        self, method: str, path: str, data: Any = None, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        """Answer this request. Of several answers the first is given first, the last again and again."""
        body = "" if data is None else json.dumps(data)
        self.mock.add(
            method, f"{self.api}{path}", body=body, status=status, headers=headers, content_type="application/json"
        )

    def fail(self, method: str, path: str, error: Exception) -> None:
        """Break the connection instead of answering."""
        self.mock.add(method, f"{self.api}{path}", body=error)

    @property
    def asked(self) -> list[str]:
        """Each request so far as `METHOD /path?query`."""
        return [f"{call.request.method} {(call.request.url or '').removeprefix(self.api)}" for call in self.mock.calls]

    @property
    def sent(self) -> list[Any]:
        """The JSON bodies of the requests so far, without those that had none."""
        return [json.loads(call.request.body) for call in self.mock.calls if call.request.body]

    def header(self, name: str) -> list[str]:
        """One header of each request so far."""
        return [call.request.headers.get(name, "") for call in self.mock.calls]
