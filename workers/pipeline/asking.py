"""One request through the proxy, as a browser would send it that found the probe address under the host's name."""

import http.client
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from config.settings import Settings
from model.routing import hops
from model.routing.routes import ANSWER_HEADER
from workers.faults import OurFault

TIMEOUT_SECONDS = 2.0
CHUNK = 16_384  # bytes
OF_THE_PROXY = {502: b"Bad Gateway", 503: b"no available server", 504: b"Gateway Timeout"}  # its own words, no service's


@dataclass(frozen=True, slots=True)
class Answer:
    """Status (None where nobody listens, `refused` where we do not trust who does) and the mark on the answer (empty for
    the base, and where no pod answered: the proxy marks its own answers like those of the pods behind the route)."""

    status: int | None
    mark: str = ""
    refused: str = ""
    body: bytes = field(default=b"", compare=False, repr=False)  # its beginning
    echo: str = field(default="", compare=False, repr=False)  # the hop echo in its header


def request(
    settings: Settings,
    host: str,
    path: str,
    headers: Mapping[str, str],
    seconds: float = TIMEOUT_SECONDS,
    at: tuple[str, int] | None = None,
) -> Answer:
    """One GET with the Host header as told; base hosts are never looked up in DNS. `seconds` for all of the answer. `at`:
    where calls from within the cluster come in, which speak plain HTTP, if not at the probe address.

    OurFault where the operator's CA bundle cannot be read.
    """
    deadline = time.monotonic() + seconds
    connection = http.client.HTTPConnection(*at, timeout=seconds) if at else connected(settings, host, seconds)
    try:
        connection.request("GET", path, headers={"Host": host, "User-Agent": "devstack-probe", **headers})
        response = connection.getresponse()
        status = response.status
        body = beginning(response, deadline)
        by_proxy = body.strip() == OF_THE_PROXY.get(status)
        marked = "" if by_proxy else response.headers.get(ANSWER_HEADER, "")
        echo = response.headers.get(hops.HEADER, "")
    except ssl.SSLCertVerificationError as error:
        return Answer(None, refused=f"its certificate is not accepted: {error.verify_message}")
    except (OSError, http.client.HTTPException):
        return Answer(None)
    else:
        return Answer(status, marked, body=body, echo=echo)
    finally:
        connection.close()


def beginning(response: http.client.HTTPResponse, deadline: float) -> bytes:
    """What of an answer is looked at: some answers never end."""
    read = b""
    while len(read) <= hops.SIZE_MOST and time.monotonic() < deadline:
        try:
            chunk = response.read1(CHUNK)
        except TimeoutError:
            break
        if not chunk:
            break
        read += chunk
    return read


def connected(settings: Settings, host: str, seconds: float = TIMEOUT_SECONDS) -> http.client.HTTPConnection:
    """A connection, not open yet, to the probe address: where people's requests go unless told otherwise."""
    people = urlsplit(settings.preview_base_url)
    secure = people.scheme == "https"
    address = urlsplit(f"//{settings.probe_address}") if settings.probe_address else people
    port = address.port or (443 if secure else 80)
    if secure:
        context = trust(settings.probe_ca, insecure=settings.probe_insecure)
        return _Secure(address.hostname or "", port, context, host, seconds)
    return http.client.HTTPConnection(address.hostname or "", port, timeout=seconds)


@cache
def trust(ca: Path | None, *, insecure: bool) -> ssl.SSLContext:
    """Whose certificates are accepted: those of the system's store, or of a bundle of the operator's, or all."""
    try:
        context = ssl.create_default_context(cafile=ca)
    except OSError as error:  # ssl.SSLError among them: a file without certificates
        raise OurFault(f"DEVSTACK_PROBE_CA: {ca} cannot be read as certificates: {error}") from error
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class _Secure(http.client.HTTPSConnection):
    """Connects to one place and expects another's certificate there: that of the host that is asked for."""

    def __init__(self, address: str, port: int, context: ssl.SSLContext, host: str, seconds: float) -> None:
        super().__init__(address, port, timeout=seconds, context=context)
        self._trust = context
        self._host = host

    def connect(self) -> None:
        """Connect, with the host's name in the handshake."""
        http.client.HTTPConnection.connect(self)
        self.sock = self._trust.wrap_socket(self.sock, server_hostname=self._host)
