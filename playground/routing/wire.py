"""Requests to the byte: header lines and the request's target go out as they are written, and nothing is added."""

import http.client
import json
import socket
import ssl
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True)
class Answer:
    """`told` is what a backend said of itself, None where no backend answered; `headers` are the answer's."""

    status: int
    headers: Sequence[tuple[str, str]]
    told: dict[str, Any] | None
    tls: str = ""

    @property
    def target(self) -> str:
        """The backend that answered, or the status of an answer that is none of a backend's."""
        return str(self.told["target"]) if self.told else str(self.status)

    def received(self, name: str) -> list[str]:
        """The values of a header as the backend got them."""
        return [value for key, value in (self.told or {}).get("headers", []) if key == name.lower()]

    def header(self, name: str) -> list[str]:
        """The values of one of the answer's headers."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


def ask(
    port: int,
    target: str,
    lines: Sequence[tuple[str, str]],
    *,
    method: str = "GET",
    server_name: str = "",
    authority: str | None = None,
    newest_tls: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
) -> Answer:
    """Send a request to a port of 127.0.0.1 and read the answer. `lines` are its header lines, Host among them.

    `server_name`: over TLS, with this name in its greeting; the certificate must be good for it by `authority`, a PEM
    certificate. OSError where the connection fails.
    """
    head = "".join(f"{name}: {value}\r\n" for name, value in lines)
    with ExitStack() as open_ones:
        connection = open_ones.enter_context(socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS))
        version = ""
        if server_name:
            context = ssl.create_default_context(cadata=authority)
            context.maximum_version = newest_tls
            secured = open_ones.enter_context(context.wrap_socket(connection, server_hostname=server_name))
            connection, version = secured, secured.version() or ""
        connection.sendall(f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode("latin-1"))
        response = http.client.HTTPResponse(connection, method=method)
        response.begin()
        body = response.read()
        told = json.loads(body) if response.headers.get_content_type() == "application/json" else None
        return Answer(response.status, tuple(response.headers.items()), told, version)
