"""Backends on this host, one port each, that answer with their own name and with what reached them."""

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    target = ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        told = {
            "target": self.server.target,
            "method": self.command,
            "path": self.path,
            "headers": [[name.lower(), value] for name, value in self.headers.items()],
        }
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_HEAD = do_PUT = do_DELETE = _answer  # noqa: N815 — the server calls them so

    def log_message(self, *_: Any) -> None:
        """Nothing: the answer tells it all."""


@contextmanager
def serving(names: Iterable[str], address: str = "127.0.0.1") -> Iterator[Mapping[str, int]]:
    """Start a backend for each name; gives their ports."""
    servers: dict[str, _Server] = {}
    try:
        for name in names:
            server = _Server((address, 0), _Handler)
            server.target = name
            servers[name] = server
            threading.Thread(target=server.serve_forever, args=(0.05,), name=f"target {name}", daemon=True).start()
        yield {name: server.server_address[1] for name, server in servers.items()}
    finally:
        for server in servers.values():
            server.shutdown()
            server.server_close()


def service(name: str, namespace: str, port: int) -> dict[str, Any]:
    """A Service that leads to a port of this host, for Traefik's CRD provider."""
    spec = {"type": "ExternalName", "externalName": "127.0.0.1", "ports": [{"name": "web", "port": port}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def sliced(name: str, namespace: str, port: int) -> Iterator[dict[str, Any]]:
    """The same for Traefik's Gateway provider, which takes no ExternalName: a Service with an EndpointSlice.

    The API refuses the loopback address as an IP address there; as a name it is resolved to itself.
    """
    ports = [{"name": "web", "port": port}]
    yield {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"ports": ports},
    }
    yield {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {"name": name, "namespace": namespace, "labels": {"kubernetes.io/service-name": name}},
        "addressType": "FQDN",
        "ports": ports,
        "endpoints": [{"addresses": ["127.0.0.1"], "conditions": {"ready": True}}],
    }
