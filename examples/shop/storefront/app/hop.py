"""What every service of the shop does: say who answered, and hand the feature's context on.

The context comes in two forms: the plain header, and an entry of W3C `baggage` as tracing libraries forward it. A service
that gets either sends both on, so that a chain holds together whatever stands in it.
"""

import json
import os
import signal
import threading
import urllib.request
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


def serve(service: str, downstream: dict[str, str]) -> None:
    """Answer on port 8080 until SIGTERM. `downstream` maps a service's name to its URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # keep-alive
        timeout = 65
        server_version = service

        def do_GET(self) -> None:
            if self.path == "/healthz":
                self.answer({"status": "ok"})
                return
            headers = context_headers(self.headers.get(HEADER, ""), self.headers.get("baggage", ""))
            answers = {name: ask(url, headers) for name, url in downstream.items()}
            failed = any("error" in answer for answer in answers.values())
            self.answer({**identity(service), "path": self.path, "downstream": answers}, 502 if failed else 200)

        def answer(self, body: dict[str, object], status: int = 200) -> None:
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
        daemon_threads = True
        block_on_close = False
        request_queue_size = 128

    server = Server(("", PORT), Handler)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever(poll_interval=0.05)
    server.server_close()
