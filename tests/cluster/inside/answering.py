"""A service that says who it is (`WHO`): HTTP, events and WebSocket at 8080, HTTP/2 as gRPC uses it at 9000, TCP at 7000.

Run in a container by `python3 -c`, after the text of `http2`.
"""

import base64
import hashlib
import json
import os
import socket
import socketserver
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.cluster.inside.http2 import (
    DATA,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    PREFACE,
    SETTINGS,
    exactly,
    fields,
    frame,
    received,
)

WHO = os.environ.get("WHO", "nobody")
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Http(BaseHTTPRequestHandler):
    """Says who it is, and what the request's host was."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Any path."""
        if self.headers.get("Upgrade", "").lower() == "websocket":
            self._websocket()
        elif self.path == "/events":
            self._events()
        else:
            body = json.dumps({"who": WHO, "host": self.headers.get("Host")}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def _events(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for _ in range(3):
            self.wfile.write(f"data: {WHO}\n\n".encode())
            self.wfile.flush()
            time.sleep(0.5)
        self.close_connection = True

    def _websocket(self) -> None:
        key = self.headers["Sec-WebSocket-Key"].encode()
        accept = base64.b64encode(hashlib.sha1(key + MAGIC).digest()).decode()  # noqa: S324 - the protocol's own
        self.send_response(101)
        for name, value in (("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept)):
            self.send_header(name, value)
        self.end_headers()
        said = WHO.encode()
        self.wfile.write(bytes((0x81, len(said))) + said)
        self.wfile.flush()
        self.rfile.read(1)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing."""


class Http2(socketserver.BaseRequestHandler):
    """Each call is answered as gRPC does it: headers, data, trailers."""

    def handle(self) -> None:
        """One connection."""
        peer: socket.socket = self.request
        try:
            if exactly(peer, len(PREFACE)) != PREFACE:
                return
            peer.sendall(frame(SETTINGS, 0, 0, b""))
            while True:
                kind, flags, stream, _ = received(peer)
                if flags & END_STREAM and kind in (HEADERS, DATA):
                    head = b"\x88" + fields([("content-type", "application/grpc")])
                    peer.sendall(frame(HEADERS, END_HEADERS, stream, head) + frame(DATA, 0, stream, WHO.encode()))
                    peer.sendall(frame(HEADERS, END_HEADERS | END_STREAM, stream, fields([("grpc-status", "0")])))
        except (EOFError, OSError):
            return


class Tcp(socketserver.BaseRequestHandler):
    """Says it and hangs up."""

    def handle(self) -> None:
        """One connection."""
        self.request.sendall(WHO.encode())


class Many(socketserver.ThreadingTCPServer):
    """One thread a connection."""

    allow_reuse_address = True
    daemon_threads = True


def main() -> None:
    """Serve all of them."""
    for port, handler in ((9000, Http2), (7000, Tcp)):
        threading.Thread(target=Many(("", port), handler).serve_forever, daemon=True).start()
    ThreadingHTTPServer(("", 8080), Http).serve_forever()


if __name__ == "__main__":
    main()
