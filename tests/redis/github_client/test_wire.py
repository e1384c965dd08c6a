"""The client over a real socket: connections are used again, and none that breaks is waited for long."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import redis
from pydantic import SecretStr

from config.settings import Settings
from workers.faults import Unavailable
from workers.github import Connection, line
from workers.github.client import GitHub

pytestmark = pytest.mark.redis


class Handler(BaseHTTPRequestHandler):
    """Answers for a repository; its branch names say what goes wrong."""

    protocol_version = "HTTP/1.1"
    callers: set[tuple[str, int]]
    released: threading.Event

    def do_GET(self) -> None:
        self.callers.add(self.client_address)
        data = json.dumps({"full_name": "acme/shop", "default_branch": "main"}).encode()
        if self.path.endswith("/silent"):
            self.released.wait(10)
            return
        if self.path.endswith("/broken"):
            self.send_response(200)
            self.send_header("Content-Length", str(len(data) + 100))
            self.end_headers()
            self.wfile.write(data)
            self.close_connection = True
            return
        if self.path != "/api/v3/repos/acme/shop":
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name that it has in the library
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    Handler.callers = set()
    Handler.released = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    Handler.released.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def github(server: ThreadingHTTPServer, client: Callable[[], redis.Redis]) -> Iterator[GitHub]:
    url = f"http://127.0.0.1:{server.server_port}/api/v3"
    connection = Connection(Settings(github_token=SecretStr("ghp_token-of-tests"), github_api_url=url), client())
    yield connection.installation(None)
    connection.close()


def test_one_connection_serves_many_calls(github: GitHub) -> None:
    assert {github.default_branch("acme/shop") for _ in range(5)} == {"main"}
    assert len(Handler.callers) == 1


@pytest.mark.parametrize("branch", ["broken", "dropped"])
def test_an_answer_that_ends_too_early_is_for_later_and_the_next_call_works(github: GitHub, branch: str) -> None:
    with pytest.raises(Unavailable, match=f"GET /repos/acme/shop/branches/{branch}"):
        github.branch_head("acme/shop", branch)
    assert github.default_branch("acme/shop") == "main"


def test_a_server_that_says_nothing_is_not_waited_for_long(github: GitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "TIMEOUT_SECONDS", 1)
    before = time.monotonic()
    with pytest.raises(Unavailable, match="ReadTimeout"):
        github.branch_head("acme/shop", "silent")
    assert time.monotonic() - before < 3


def test_a_server_that_is_not_there(client: Callable[[], redis.Redis]) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound, but nobody listens
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        connection = Connection(Settings(github_token=SecretStr("ghp_token-of-tests"), github_api_url=url), client())
        with pytest.raises(Unavailable, match="ConnectionError"):
            connection.installation(None).default_branch("acme/shop")
        connection.close()
