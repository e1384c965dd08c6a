"""Verify's requests against real servers on loopback: over TLS, with the host's own name in the handshake."""

import datetime as dt
import http.server
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from config.settings import Settings
from model.routing.routes import ANSWER_HEADER
from workers.pipeline import probes
from workers.pipeline.probes import Answer, Expected

pytestmark = pytest.mark.redis

HOST = "feature1.example.com"


@dataclass
class Server:
    """What was asked of it: the name in the handshake and the Host header."""

    port: int
    ca: Path
    names: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)


def signed(subject: str, key: Any, issuer: str, by: Any, *, ca: bool) -> x509.Certificate:
    """A certificate of a day."""
    now = dt.datetime.now(dt.UTC)
    name, issued = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, each)]) for each in (subject, issuer))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issued)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(subject)]), critical=False)
    )
    return made.sign(by, hashes.SHA256())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server whose certificate a CA of its own made for the preview host."""
    root, leaf = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca, chain = tmp_path / "ca.pem", tmp_path / "server.pem"
    ca.write_bytes(signed("ca", root, "ca", root, ca=True).public_bytes(serialization.Encoding.PEM))
    private = leaf.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain.write_bytes(private + signed(HOST, leaf, "ca", root, ca=False).public_bytes(serialization.Encoding.PEM))
    found = Server(0, ca)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.hosts.append(self.headers["Host"])
            self.send_response(200)
            self.send_header(ANSWER_HEADER, "stack@1")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *given: object) -> None:
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    context.sni_callback = lambda _, name, __: found.names.append(str(name))
    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.socket = context.wrap_socket(listening.socket, server_side=True)
    listening.handle_error = lambda *given: None  # type: ignore[method-assign]  # a client that refuses is no error here
    found.port = listening.server_address[1]
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    yield found
    listening.shutdown()
    listening.server_close()
    thread.join()


def settings(server: Server, **more: Any) -> Settings:
    return Settings(preview_base_url="https://example.com", probe_address=f"127.0.0.1:{server.port}", **more)


def test_https_is_spoken_with_the_hosts_own_name_at_the_probe_address(server: Server) -> None:
    told = settings(server, probe_ca=server.ca)
    assert probes.request(told, HOST, "/", {}) == Answer(200, "stack@1")
    assert (server.names, server.hosts) == ([HOST], [HOST])
    assert probes.ask(told, Expected(HOST, "/", (), "stack@1", "feature1")).ok


def test_a_certificate_of_an_unknown_ca_or_for_another_host_is_told(server: Server) -> None:
    unknown = probes.request(settings(server), HOST, "/", {})
    assert unknown.status is None
    assert "certificate is not accepted" in unknown.refused
    other = probes.ask(settings(server, probe_ca=server.ca), Expected("other.example.com", "/", (), "x", "feature1"))
    assert not other.ok
    assert "Hostname mismatch" in other.got
    assert server.hosts == []


def test_any_certificate_is_taken_where_the_operator_says_so(server: Server) -> None:
    assert probes.request(settings(server, probe_insecure=True), "other.example.com", "/", {}).status == 200


@pytest.mark.parametrize(
    ("base", "probe", "place"),
    [
        ("https://dev.example.com", "", ("dev.example.com", 443)),
        ("http://dev.example.com:8880", "", ("dev.example.com", 8880)),
        ("http://localhost", "", ("localhost", 80)),
        ("https://dev.example.com", "traefik.traefik.svc:8443", ("traefik.traefik.svc", 8443)),
        ("https://dev.example.com", "10.0.0.7", ("10.0.0.7", 443)),
        ("http://x", "[::1]:8880", ("::1", 8880)),
    ],
)
def test_where_it_connects_is_never_the_host_that_is_asked_for(base: str, probe: str, place: tuple[str, int]) -> None:
    connection = probes.connected(Settings(preview_base_url=base, probe_address=probe), "feature1.example.com")
    assert (connection.host, connection.port) == place


def test_nobody_answers_where_nobody_listens(server: Server) -> None:
    told = Settings(preview_base_url="http://x", probe_address=f"127.0.0.1:{server.port}")
    assert probes.request(told, HOST, "/", {}) == Answer(None)  # it speaks TLS, and we do not
