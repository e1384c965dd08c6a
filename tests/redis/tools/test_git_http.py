"""git over HTTP: the password reaches the server it is for, and is nowhere else."""

import base64
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.redis.tools.test_git import Origin
from workers.faults import OurFault, Unavailable
from workers.tools.git import Git
from workers.tools.process import Runner

pytestmark = pytest.mark.redis

ME = SimpleNamespace(username="x-access-token", password="ghs_secret")
EXPECTED = "Basic " + base64.b64encode(b"x-access-token:ghs_secret").decode()


class Server(ThreadingHTTPServer):
    """`git http-backend` behind a password; `status` is answered in its place where it is set."""

    daemon_threads = True

    def __init__(self, root: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.root = root
        self.status = 0
        self.seen: list[str] = []
        self.redirect_to = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/origin/.git"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing on the terminal."""

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def answer(self) -> None:
        given = self.headers.get("Authorization", "")
        self.server.seen.append(given)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.server.redirect_to:
            self.send_response(302)
            self.send_header("Location", self.server.redirect_to + self.path)
            self.end_headers()
            return
        if self.server.status or given != EXPECTED:
            self.send_response(self.server.status or 401)
            self.send_header("WWW-Authenticate", 'Basic realm="x"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        environment = {
            "GIT_PROJECT_ROOT": str(self.server.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_USER": "x",
            "PATH": "/usr/bin:/bin",
        }
        done = subprocess.run(["git", "http-backend"], input=body, capture_output=True, env=environment, check=True)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        self.send_response(200)
        for line in head.decode().splitlines():
            name, _, value = line.partition(": ")
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def running(root: Path) -> Iterator[Server]:
    with Server(root) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running(tmp_path) as server:
        yield server


@pytest.fixture
def git(tmp_path: Path) -> Git:
    return Git(Runner(tmp_path / "home"), protocols=("http",))


def test_the_password_reaches_the_server_and_no_file(server: Server, git: Git, tmp_path: Path) -> None:
    sha = Origin(tmp_path / "origin").commit({"a": "1"})
    git.fetch(tmp_path / "mirror", server.url, [sha], ME)
    assert git.show(tmp_path / "mirror", sha, "a") == b"1"
    assert set(server.seen) == {"", EXPECTED}  # nothing is shown before it is asked for
    written = [path.read_bytes() for path in (tmp_path / "mirror").rglob("*") if path.is_file()]
    assert not [text for text in written if b"ghs_secret" in text or EXPECTED.split()[1].encode() in text]


def test_a_password_with_odd_characters_arrives_as_it_is(server: Server, git: Git, tmp_path: Path) -> None:
    odd = SimpleNamespace(username="x", password="$(id) \"%s' \\n`")
    Origin(tmp_path / "origin").commit({"a": "1"})
    with pytest.raises(OurFault):
        git.fetch(tmp_path / "mirror", server.url, ["a" * 40], odd)
    assert "Basic " + base64.b64encode(f"x:{odd.password}".encode()).decode() in server.seen


def test_a_refused_password_does_not_ask_anybody(server: Server, git: Git, tmp_path: Path) -> None:
    Origin(tmp_path / "origin").commit({"a": "1"})
    with pytest.raises(OurFault, match="does not let us read") as caught:
        git.fetch(tmp_path / "mirror", server.url, ["a" * 40])
    assert not isinstance(caught.value, Unavailable)


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_a_server_with_troubles_is_unavailable(server: Server, git: Git, tmp_path: Path, status: int) -> None:
    server.status = status
    with pytest.raises(Unavailable):
        git.fetch(tmp_path / "mirror", server.url, ["a" * 40], ME)


def test_the_password_does_not_follow_a_redirect_to_another_server(server: Server, git: Git, tmp_path: Path) -> None:
    sha = Origin(tmp_path / "origin").commit({"a": "1"})
    with running(tmp_path) as other:
        server.redirect_to = f"http://127.0.0.1:{other.server_port}"
        with pytest.raises(OurFault):
            git.fetch(tmp_path / "mirror", server.url, [sha], ME)
    assert other.seen
    assert EXPECTED not in other.seen
