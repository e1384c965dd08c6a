"""The hop echo in three languages: a chain of Node, Go and Python, each a program of the examples, on loopback."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from model.routing import hops
from model.routing.hops import Hop, Lost
from playground.places import places
from playground.progress import Progress
from playground.toolset import golang

pytestmark = pytest.mark.cluster

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
PYTHON = 'import runpy, sys, hop\nhop.PORT = int(sys.argv[1])\nrunpy.run_path("main.py", run_name="__main__")\n'


def free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example in Go, its own tests passed."""
    tool, source = golang.go(places().cache, Progress()), EXAMPLES / "hop" / "go"
    program: Path = tmp_path_factory.mktemp("go") / "hop"
    for arguments in (["vet", "."], ["test", "."], ["build", "-o", str(program), "."]):
        done = subprocess.run([tool, *arguments], cwd=source, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return program


@pytest.fixture
def begin() -> Iterator[ExitStack]:
    with ExitStack() as running:
        yield running


def start(running: ExitStack, command: list[str], folder: Path, port: int, **environment: str) -> None:
    """Start a service and wait until it listens; it ends with the test."""
    whole = {
        "PATH": os.environ["PATH"],
        "NO_PROXY": "*",
        "PORT": str(port),
        "PYTHONDONTWRITEBYTECODE": "1",
        **environment,
    }
    process = running.enter_context(subprocess.Popen(command, cwd=folder, env=whole, stderr=subprocess.DEVNULL))
    running.callback(process.terminate)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(f"{command} did not start: {process.poll()}")


def asked(port: int, **headers: str) -> Hop:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/", headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        assert body.startswith(b"<h1>"), "Node's is a page"
        found = hops.parse(body, answer.headers.get("x-devstack-hop", ""))
        assert found is not None
        return found
    finally:
        connection.close()


@pytest.mark.parametrize(
    "sent",
    [{"uber-ctx-key": "f1"}, {"baggage": "user=7;p=1, uber-ctx-key=f1;q"}, {"Uber-Ctx-Key": "f1", "baggage": "a=b"}],
    ids=["plain", "baggage", "both"],
)
def test_the_context_goes_all_the_way_and_every_hop_says_who_it_is(
    begin: ExitStack, go: Path, sent: dict[str, str]
) -> None:
    window, prices, orders = free(), free(), free()
    python = [sys.executable, "-c", PYTHON, str(orders)]
    start(begin, python, EXAMPLES / "shop" / "orders" / "app", orders, DEVSTACK_LABEL="f1", DEVSTACK_COMMIT="abc")
    told = {"SERVICE": "prices", "DOWNSTREAM": f"orders=http://127.0.0.1:{orders}/", "DEVSTACK_VERSION": "2"}
    start(begin, [str(go)], EXAMPLES, prices, **told)
    node = ["node", "main.mjs"]
    told = {"SERVICE": "fenêtre", "DOWNSTREAM": f"prices=http://127.0.0.1:{prices}/", "DEVSTACK_LABEL": "f1"}
    start(begin, node, EXAMPLES / "hop" / "node", window, **told)
    found = asked(window, **sent)
    assert found == Hop(
        "fenêtre", label="f1", context="f1",
        after=(Hop("prices", "2", context="f1", after=(Hop("orders", label="f1", commit="abc", context="f1"),)),),
    )  # fmt: skip
    assert hops.lost(found, "f1", {"fenêtre", "orders"}) is None
    # The same chain with the base's orders behind it: it is told apart from one that lost the context.
    assert hops.lost(found, "f1", {"prices"}) == Lost("prices", ("fenêtre",), past=True)
    assert [path[-1].context for path in hops.paths(asked(window))] == ["", "", ""]


def test_a_neighbour_that_is_away_is_said(begin: ExitStack, go: Path) -> None:
    window, prices = free(), free()
    start(begin, [str(go)], EXAMPLES, prices, SERVICE="prices", DOWNSTREAM="orders=http://127.0.0.1:9/")
    told = {"SERVICE": "window", "DOWNSTREAM": f"prices=http://127.0.0.1:{prices}/,gone=http://127.0.0.1:9/"}
    start(begin, ["node", "main.mjs"], EXAMPLES / "hop" / "node", window, **told)
    root = asked(window)
    sides = {path[-1].service: hops.side(path[-1], "f1") for path in hops.paths(root)}
    assert sides == {"window": "base", "prices": "base", "orders": "failed", "gone": "failed"}
