"""The sample services, run as programs on loopback: they forward the context, say who they are, and stop at once."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

SHOP = Path(__file__).resolve().parents[3] / "examples" / "shop"
RUN = """
import runpy, sys, hop
hop.PORT = int(sys.argv[1])
runpy.run_path("main.py", run_name="__main__")
"""

pytestmark = pytest.mark.enable_socket

Start = Callable[..., "Running"]


class Running:
    """A sample service on a port of its own."""

    def __init__(self, service: str, **environment: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUN, str(self.port)],
            cwd=SHOP / service / "app",
            env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "NO_PROXY": "*", **environment},
            stderr=subprocess.DEVNULL,
        )
        self.wait()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait(self) -> None:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.01)
        raise AssertionError(f"the service did not start: {self.process.poll()}")

    def ask(self, path: str = "/", **headers: str) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, json.load(answer)
        finally:
            connection.close()


@pytest.fixture
def start() -> Iterator[Start]:
    running: list[Running] = []

    def begin(service: str, **environment: str) -> Running:
        running.append(Running(service, **environment))
        return running[-1]

    yield begin
    for each in running:
        each.process.terminate()
    for each in running:
        each.process.wait(timeout=5)


@pytest.fixture
def echo(tmp_path: Path) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A server that keeps the headers it was sent."""
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
    from threading import Thread

    seen: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_request(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()
    server.server_close()
    thread.join()


def test_every_hop_says_who_served_it(start: Start) -> None:
    orders = start("orders", DEVSTACK_LABEL="feature1", DEVSTACK_COMMIT="aaa", DEVSTACK_VERSION="1")
    storefront = start("storefront", ORDERS_URL=orders.url, DEVSTACK_COMMIT="bbb", DEVSTACK_VERSION="2")
    assert storefront.ask("/basket", **{"uber-ctx-key": "feature1"}) == (
        200,
        {
            "service": "storefront",
            "version": "2",
            "label": "",
            "commit": "bbb",
            "context": "feature1",
            "path": "/basket",
            "downstream": {
                "orders": {
                    "service": "orders",
                    "version": "1",
                    "label": "feature1",
                    "commit": "aaa",
                    "context": "feature1",
                    "path": "/",
                    "downstream": {},
                }
            },
        },
    )


def test_the_context_is_handed_on_over_the_wire(start: Start, echo: tuple[str, list[dict[str, str]]]) -> None:
    url, seen = echo
    start("storefront", ORDERS_URL=url).ask("/", baggage="uber-ctx-key=f1,user=7")
    assert (seen[0]["uber-ctx-key"], seen[0]["baggage"]) == ("f1", "user=7,uber-ctx-key=f1")


def test_the_headers_name_is_told_by_the_environment(start: Start, echo: tuple[str, list[dict[str, str]]]) -> None:
    url, seen = echo
    start("storefront", ORDERS_URL=url, DEVSTACK_CONTEXT_HEADER="x-ctx").ask("/", **{"x-ctx": "f1", "uber-ctx-key": "f2"})
    assert (seen[0]["x-ctx"], seen[0]["baggage"]) == ("f1", "x-ctx=f1")
    assert "uber-ctx-key" not in seen[0]


def test_health_asks_nobody_and_a_missing_neighbour_is_said(start: Start) -> None:
    storefront = start("storefront", ORDERS_URL="http://127.0.0.1:9")
    assert storefront.ask("/healthz") == (200, {"status": "ok"})
    status, answer = storefront.ask("/")
    assert status == 502
    assert "127.0.0.1:9" in answer["downstream"]["orders"]["error"]


def test_connections_are_kept_and_bad_requests_survived(start: Start) -> None:
    orders = start("orders")
    connection = http.client.HTTPConnection("127.0.0.1", orders.port, timeout=5)
    for _ in range(2):
        connection.request("GET", "/")
        answer = connection.getresponse()
        assert (answer.version, answer.status, bool(answer.read())) == (11, 200, True)
        assert connection.sock is not None
    connection.close()
    with socket.create_connection(("127.0.0.1", orders.port), timeout=5) as raw:
        raw.sendall(b"nonsense\r\n\r\n")
        assert b"400" in raw.recv(200)
    assert orders.ask("/healthz")[0] == 200


def test_sigterm_ends_it_at_once(start: Start) -> None:
    orders = start("orders")
    idle = socket.create_connection(("127.0.0.1", orders.port), timeout=5)
    began = time.monotonic()
    orders.process.send_signal(signal.SIGTERM)
    assert orders.process.wait(timeout=5) == 0
    assert time.monotonic() - began < 1
    idle.close()
