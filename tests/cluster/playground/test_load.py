"""The load that measurements and stories rest on: it must tell what went wrong, and must not wait for slow answers."""

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from playground import ports
from playground.places import places
from playground.progress import silent
from playground.toolset import build

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]

STALL_SECONDS = 0.8


class Stalls(BaseHTTPRequestHandler):
    """Lets the first one wait, and with it all that come meanwhile."""

    server: "OneByOne"

    def do_GET(self) -> None:
        if not self.server.asked:
            time.sleep(STALL_SECONDS)
        self.server.asked += 1
        missing = self.path == "/missing"
        self.send_response(404 if missing else 200)
        self.send_header("X-Mark", "feature@1")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *given: Any) -> None:
        pass


class OneByOne(HTTPServer):
    """One request after the other; the others wait in line."""

    request_queue_size = 256
    asked = 0


@pytest.fixture(scope="module")
def load() -> Path:
    return build.load_tool(places().cache, silent())


@pytest.fixture
def server() -> Iterator[str]:
    with OneByOne(("127.0.0.1", 0), Stalls) as found:
        threading.Thread(target=found.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{found.server_port}/"
        found.shutdown()


def sent(load: Path, *targets: dict[str, Any], rate: float = 100, seconds: float = 1.0) -> dict[str, Any]:
    shared = {"host": "example.com", "headers": {}, "says": "ok", "expect": {}}
    plan = {"rate": rate, "seconds": seconds, "timeout": 5, "groups": [[{**shared, **each} for each in targets]]}
    done = subprocess.run([str(load), "send"], input=json.dumps(plan), capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_stalled_server_counts_against_all_who_had_to_wait(load: Path, server: str) -> None:
    told = sent(load, {"name": "one", "url": server})
    (cell,) = told["cells"]
    assert (cell["asked"], cell["faults"], told["kinds"]) == (100, 0, {})
    # Had it waited for the answer before it asked again, one in twenty would have been slow.
    assert cell["p50"] > STALL_SECONDS * 1000 * 0.2
    assert cell["worst"] >= STALL_SECONDS * 1000


def test_wrong_answers_are_told_by_their_kind(load: Path, server: str) -> None:
    nobody = ports.free(18990)
    told = sent(
        load,
        {"name": "right", "url": server, "expect": {"X-Mark": "feature@", "X-Other": ""}},
        {"name": "missing", "url": f"{server}missing"},
        {"name": "other", "url": server, "says": "base"},
        {"name": "unmarked", "url": server, "expect": {"X-Mark": ""}},
        {"name": "of another", "url": server, "expect": {"X-Mark": "feature1@"}},
        {"name": "nobody", "url": f"http://127.0.0.1:{nobody}/"},
        rate=60,
    )
    faults = {each["name"]: (each["asked"], each["faults"]) for each in told["cells"]}
    assert faults.pop("right") == (10, 0)
    assert set(faults.values()) == {(10, 10)}
    assert told["kinds"].items() >= {"status 404": 10, 'says "ok"': 10, 'X-Mark: "feature@1"': 20}.items()
    assert any("connection refused" in kind for kind in told["kinds"])
    assert {"name": "missing", "what": "status 404"}.items() <= told["first"][0].items()
