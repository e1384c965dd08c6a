"""A chain walked on loopback: hop echoes in body and header, answers that never end, nobody at home."""

import http.server
import json
import threading
import time
from collections.abc import Iterator

import pytest

from config.settings import Settings
from model.routing.hops import SIZE_MOST, Hop
from workers.pipeline import asking, chain
from workers.pipeline.chain import Entry, Walk

pytestmark = pytest.mark.redis

ECHO = {"service": "web", "label": "f1"}
CONTEXT = (("uber-ctx-key", "f1"),)


@pytest.fixture
def settings() -> Iterator[Settings]:
    """A proxy that answers by the Host header, and keeps what it was asked."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host = self.headers["Host"]
            self.send_response(404 if host == "missing" else 200)
            if host == "header":
                self.send_header("x-devstack-hop", json.dumps(ECHO))
            self.end_headers()
            if host == "endless":
                while True:
                    self.wfile.write(b".")
                    time.sleep(0.02)
            if host == "flood":
                while True:
                    self.wfile.write(b"x" * 65_536)
            if host == "silent":
                time.sleep(2)
            said = {**ECHO, "context": self.headers.get("uber-ctx-key"), "version": self.path}
            self.wfile.write(b"<html>" if host in ("header", "page") else json.dumps(said).encode())

        def log_message(self, *given: object) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *given: None  # type: ignore[method-assign]  # a client that has seen enough is no error
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield Settings(preview_base_url="http://x", probe_address=f"127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_path_and_the_context_are_sent_and_the_echo_is_read(settings: Settings) -> None:
    walked = chain.walk(settings, Entry("web", CONTEXT), "/basket?x=1", 2)
    assert walked == Walk(Entry("web", CONTEXT), 200, Hop("web", "/basket?x=1", "f1", context="f1"))
    assert chain.walk(settings, Entry("header"), "/", 2).hop == Hop("web", label="f1")
    assert chain.walk(settings, Entry("page"), "/", 2) == Walk(Entry("page"), 200, None)


@pytest.mark.parametrize("host", ["endless", "flood", "silent"])
def test_an_answer_that_does_not_end_is_left(settings: Settings, host: str) -> None:
    began = time.monotonic()
    walked = chain.walk(settings, Entry(host), "/", 0.3)
    assert walked.hop is None
    assert time.monotonic() - began < 1
    answer = asking.request(settings, host, "/", {}, 0.3)
    assert answer.status == 200, "that it answered is known all the same"
    assert len(answer.body) < 2 * SIZE_MOST


def test_all_are_asked_side_by_side(settings: Settings) -> None:
    places = [
        Entry("endless"),
        Entry("silent"),
        Entry("page"),
        Entry("web"),
        Entry("page", CONTEXT),
        Entry("web", CONTEXT),
    ]
    began = time.monotonic()
    found = chain.walk_all(settings, places, "/", 0.5)
    assert time.monotonic() - began < 1.4
    assert [(each.entry, each.hop is not None) for each in found] == [
        (Entry("endless"), False),
        (Entry("silent"), False),
        (Entry("page"), False),
        (Entry("web"), True),
        (Entry("web", CONTEXT), True),
    ]
    assert chain.walk_all(settings, [], "/", 1) == []


def test_nobody_at_home(settings: Settings) -> None:
    gone = settings.model_copy(update={"probe_address": "127.0.0.1:9"})
    assert chain.walk(gone, Entry("web"), "/", 1) == Walk(Entry("web"), None, None)
