"""What every service of the shop does: say who answered, and hand the feature's context on.

The context comes in two forms: the plain header, and an entry of W3C `baggage` as tracing libraries forward it. A service
that gets either sends both on, so that a chain holds together whatever stands in it.
"""

import json
import os
import signal
import threading
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, unquote

HEADER = os.environ.get("DEVSTACK_CONTEXT_HEADER") or "uber-ctx-key"
PORT = 8080
TIMEOUT_SECONDS = 5.0


def from_baggage(baggage: str) -> str:
    """The context's value in a `baggage` header, empty where it has none."""
    for member in baggage.split(","):
        name, _, value = member.partition(";")[0].partition("=")
        if name.strip() == HEADER:
            return unquote(value.strip())
    return ""


def with_context(baggage: str, value: str) -> str:
    """The `baggage` header with the context in it; what others put there stays."""
    members = [member.strip() for member in baggage.split(",") if member.strip()]
    others = [member for member in members if member.partition("=")[0].strip() != HEADER]
    return ",".join([*others, f"{HEADER}={quote(value, safe='')}"])


def context_headers(plain: str, baggage: str) -> dict[str, str]:
    """The headers to send downstream. The plain header wins where the two disagree: the proxy sets it last."""
    value = plain or from_baggage(baggage)
    if not value:
        return {"baggage": baggage} if baggage else {}
    return {HEADER: value, "baggage": with_context(baggage, value)}


def identity(service: str) -> dict[str, str]:
    """Who answers: told by the environment, so that one image serves every stack."""
    told = {key: os.environ.get(f"DEVSTACK_{key.upper()}", "") for key in ("version", "label", "commit")}
    return {"service": service, **told}


def ask(url: str, headers: dict[str, str]) -> dict[str, object]:
    """The next hop's answer, or why there is none."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT_SECONDS) as answer:
            return dict(json.load(answer))
    except (OSError, ValueError) as error:
        return {"error": f"{url}: {error}"}


def nothing() -> dict[str, object]:
    """What a service adds to its answer that has nothing to add."""
    return {}


@dataclass
class Program:
    """A service. `downstream` maps a service's name to its URL; `own` gives what it adds to its answer; `take(label,
    body)` handles what is posted, label being the context's value."""

    service: str
    downstream: Mapping[str, str]
    own: Callable[[], dict[str, object]] = nothing
    take: Callable[[str, dict[str, object]], dict[str, object]] | None = None

    def shown(self, path: str, headers: dict[str, str]) -> tuple[dict[str, object], int]:
        """The answer to a GET, with that of every next hop, and its status."""
        answers = {name: ask(url, headers) for name, url in self.downstream.items()}
        told = {**identity(self.service), "context": headers.get(HEADER, "")}
        whole = {**told, "path": path, "downstream": answers}
        try:
            whole |= self.own()
        except Exception as error:  # whatever its database says, the chain stays visible
            return {**whole, "error": str(error)}, 502
        return whole, 502 if any("error" in answer for answer in answers.values()) else 200

    def taken(self, body: bytes, label: str) -> tuple[dict[str, object], int]:
        """The answer to a POST, and its status."""
        if self.take is None:
            return {"error": f"{self.service} takes nothing"}, 405
        try:
            return {**identity(self.service), **self.take(label, dict(json.loads(body or b"{}")))}, 202
        except ValueError as error:
            return {"error": f"a JSON object is wanted: {error}"}, 400
        except Exception as error:  # the caller learns why, and may try again
            return {"error": str(error)}, 503


class Handler(BaseHTTPRequestHandler):
    """HTTP for one program."""

    program: Program
    protocol_version = "HTTP/1.1"  # keep-alive
    timeout = 65

    def do_GET(self) -> None:
        if self.path == "/healthz":
            self.answer({"status": "ok"}, 200)
        else:
            self.answer(*self.program.shown(self.path, self.context()))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.answer(*self.program.taken(body, self.context().get(HEADER, "")))

    def context(self) -> dict[str, str]:
        return context_headers(self.headers.get(HEADER, ""), self.headers.get("baggage", ""))

    def answer(self, body: dict[str, object], status: int) -> None:
        data = json.dumps(body, indent=2).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        if getattr(self, "path", "") != "/healthz":
            super().log_request(code, size)


class Server(ThreadingHTTPServer):
    """Stops at once, whoever is still connected."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128


def serve(program: Program) -> None:
    """Answer on port 8080 until SIGTERM."""
    handler = type("Handler", (Handler,), {"program": program, "server_version": program.service})
    server = Server(("", PORT), handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.05)
    server.server_close()
