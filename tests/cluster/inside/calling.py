"""Calls as programs of all sorts make them, from within a Pod: a JSON list of them in, what was answered out.

Run in a container by `python3 -c`, after the text of `http2`.
"""

import http.client
import json
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

from tests.cluster.inside.http2 import (
    DATA,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    PREFACE,
    SETTINGS,
    fields,
    frame,
    received,
)

SECONDS = 5.0


def plain(host: str, port: int, headers: dict[str, str]) -> str:
    """HTTP/1.1: who answered."""
    connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
    connection.request("GET", "/", headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    return str(json.loads(body)["who"]) if answer.status == 200 else f"status {answer.status}"


def events(host: str, port: int, headers: dict[str, str]) -> str:
    """Server-sent events: who sent them, if the first came before the last was sent."""
    connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
    connection.request("GET", "/events", headers=headers)
    answer = connection.getresponse()
    first = answer.readline().decode().strip()
    came = time.monotonic()
    answer.read()
    return first.removeprefix("data: ") if time.monotonic() - came > 0.7 else "all at once"


def websocket(host: str, port: int, headers: dict[str, str]) -> str:
    """WebSocket: the first message."""
    with socket.create_connection((host, port), SECONDS) as peer:
        more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        peer.sendall(
            f"GET /socket HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\nSec-WebSocket-Version: 13\r\n{more}\r\n".encode()
        )
        stream = peer.makefile("rb")
        status = stream.readline().decode()
        while stream.readline().strip():
            pass
        if " 101 " not in status:
            return status.strip()
        length = stream.read(2)[1]
        return stream.read(length).decode()


def h2c(host: str, port: int, headers: dict[str, str]) -> str:
    """HTTP/2 without TLS, as gRPC does it: the message, if trailers came after it."""
    with socket.create_connection((host, port), SECONDS) as peer:
        asked = [(":method", "POST"), (":scheme", "http"), (":path", "/shop.Orders/List"), (":authority", host)]
        asked += [("content-type", "application/grpc"), ("te", "trailers")]
        head = fields([*asked, *((name.lower(), value) for name, value in headers.items())])
        peer.sendall(PREFACE + frame(SETTINGS, 0, 0, b"") + frame(HEADERS, END_HEADERS | END_STREAM, 1, head))
        kinds, said = [], b""
        while True:
            kind, flags, _, payload = received(peer)
            kinds.append(kind)
            said += payload if kind == DATA else b""
            if flags & END_STREAM:
                break
        trailers = kinds[0] == kinds[-1] == HEADERS and len(kinds) > 2
        return said.decode() if trailers else f"no trailers: {kinds}, {said!r}"


def tcp(host: str, port: int, headers: dict[str, str]) -> str:
    """Whatever is said first."""
    with socket.create_connection((host, port), SECONDS) as peer:
        return peer.recv(100).decode()


WAYS: dict[str, Callable[[str, int, dict[str, str]], str]] = {
    each.__name__: each for each in (plain, events, websocket, h2c, tcp)
}


def answered(call: dict[str, Any]) -> str:
    """What one call came to."""
    try:
        return WAYS[call["way"]](call["host"], call["port"], call["headers"])
    except Exception as error:  # noqa: BLE001 - it is the test's to judge
        return f"{type(error).__name__}: {error}"


def main() -> None:
    """All calls, one after another."""
    print(json.dumps([answered(call) for call in json.loads(sys.argv[1])]))  # noqa: T201


if __name__ == "__main__":
    main()
