"""Repositories to measure with: small services, each with a Dockerfile of its own and a file that every push changes."""

from collections.abc import Iterable, Mapping

PORT = 8080

SERVER = '''\
"""Answers 200 at /healthz, and at /is/<stamp> only where <stamp> is the one that this image was built with."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from os import _exit
from pathlib import Path
from signal import SIGTERM, signal

STAMP = Path(__file__).with_name("stamp").read_text()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        known = self.path in ("/", "/healthz", f"/is/{STAMP}")
        body = STAMP.encode()
        self.send_response(200 if known else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *given):
        pass


signal(SIGTERM, lambda number, frame: _exit(0))
ThreadingHTTPServer(("", 8080), Handler).serve_forever()
'''

DOCKERFILE = """\
FROM python:3.11-slim-bookworm
WORKDIR /srv
COPY . ./
RUN python3 -m compileall -q . && sha256sum *.py > sums
USER 65534:65534
EXPOSE 8080
CMD ["python3", "-u", "server.py"]
"""


def host(repository: str, service: str) -> str:
    """The base host of a service."""
    return f"{service}-{repository.rpartition('/')[2]}.example.com"


def stamped(services: Iterable[str], stamp: str) -> dict[str, bytes]:
    """The change of one push: each of these services gets a new stamp, so that nothing after it is cached."""
    return {f"{service}/stamp": f"{service}-{stamp}".encode() for service in services}


def described(repository: str, services: Iterable[str]) -> bytes:
    """The `.devstack.yaml`."""
    lines = ["services:"]
    for service in services:
        lines += [
            f"  {service}:",
            f"    build: {{context: {service}, dockerfile: {service}/Dockerfile}}",
            f"    hosts: [{host(repository, service)}]",
            f"    port: {PORT}",
            "    health: /healthz",
        ]
    return "\n".join([*lines, "deploy: open", "ttl: 1h", "base: {deploy: false, namespace: default}", ""]).encode()


def files(repository: str, services: Iterable[str]) -> Mapping[str, bytes]:
    """The first commit."""
    names = list(services)
    found = {".devstack.yaml": described(repository, names), "README.md": b"A repository to measure with.\n"}
    for service in names:
        found[f"{service}/Dockerfile"] = DOCKERFILE.encode()
        found[f"{service}/server.py"] = SERVER.encode()
    return {**found, **stamped(names, "first")}
