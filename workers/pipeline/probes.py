"""Real requests through the proxy, and which side must answer each. A stack's routes mark every answer."""

import http.client
import ssl
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from config.settings import Settings
from model import names
from model.routes import ANSWER_HEADER, answer_mark
from model.stack import Role
from workers.pipeline import routing
from workers.pipeline.run import Run
from workers.report.view import Probe

TIMEOUT_SECONDS = 2.0
BASE = "base"
NOBODY = "nobody"
OF_THE_PROXY = {502: b"Bad Gateway", 503: b"no available server", 504: b"Gateway Timeout"}  # its own words, no service's


@dataclass(frozen=True, slots=True)
class Expected:
    """One request and the side that must answer: `base`, or a deployment of a feature by its mark; `side` for people."""

    host: str
    path: str
    headers: tuple[tuple[str, str], ...]
    by: str
    side: str


def expectations(run: Run) -> list[Expected]:
    """The seed's table for each host: plain → base; with the header → feature; preview host → feature."""
    spec = run.stack.spec
    header = run.values["context_header"]
    wanted: list[Expected] = []
    base = routing.base_routes(run)
    mark = answer_mark(run.stack.name, routing.revision(run))
    for name in run.chosen:
        service = run.described.services[name]
        for host in service.hosts:
            path = service.health or "/"
            if spec.role is Role.BASE or routing.serves(base, host):
                wanted.append(Expected(host, path, (), BASE, BASE))
            if spec.role is Role.FEATURE:
                wanted.append(Expected(host, path, ((header, spec.label),), mark, spec.label))
                wanted.append(Expected(names.preview_host(spec.label, host), path, (), mark, spec.label))
    return wanted


def ask(settings: Settings, expected: Expected) -> Probe:
    """Send the request to the probe address with the Host header as told; base hosts are never looked up in DNS."""
    answer = request(settings, expected.host, expected.path, dict(expected.headers))
    if answer.mark:
        got = expected.side if answer.mark == expected.by else f"another deployment ({answer.mark})"
    elif answer.status is None:
        got = f"{NOBODY} ({answer.refused})" if answer.refused else NOBODY
    elif answer.status in OF_THE_PROXY or (answer.status == http.client.NOT_FOUND and expected.by != BASE):
        got = NOBODY
    else:
        got = BASE
    sent = "".join(f" with `{name}: {value}`" for name, value in expected.headers)
    return Probe(f"{expected.host}{sent}", expected.side, got, got == expected.side)


@dataclass(frozen=True, slots=True)
class Answer:
    """Status (None where nobody listens, `refused` where we do not trust who does) and the mark on the answer (empty for
    the base, and where no pod answered: the proxy marks its own answers like those of the pods behind the route)."""

    status: int | None
    mark: str = ""
    refused: str = ""


def request(settings: Settings, host: str, path: str, headers: dict[str, str]) -> Answer:
    """One request, as a browser would send it that found the probe address under the host's name."""
    connection = connected(settings, host)
    try:
        connection.request("GET", path, headers={"Host": host, "User-Agent": "devstack-probe", **headers})
        response = connection.getresponse()
        status = response.status
        by_proxy = response.read().strip() == OF_THE_PROXY.get(status)
        marked = "" if by_proxy else response.headers.get(ANSWER_HEADER, "")
    except ssl.SSLCertVerificationError as error:
        return Answer(None, refused=f"its certificate is not accepted: {error.verify_message}")
    except (OSError, http.client.HTTPException):
        return Answer(None)
    else:
        return Answer(status, marked)
    finally:
        connection.close()


def connected(settings: Settings, host: str) -> http.client.HTTPConnection:
    """A connection, not open yet, to the probe address: where people's requests go unless told otherwise."""
    people = urlsplit(settings.preview_base_url)
    secure = people.scheme == "https"
    address = urlsplit(f"//{settings.probe_address}") if settings.probe_address else people
    port = address.port or (443 if secure else 80)
    if secure:
        return _Secure(address.hostname or "", port, trust(settings.probe_ca, insecure=settings.probe_insecure), host)
    return http.client.HTTPConnection(address.hostname or "", port, timeout=TIMEOUT_SECONDS)


@cache
def trust(ca: Path | None, *, insecure: bool) -> ssl.SSLContext:
    """Whose certificates are accepted: those of the system's store, or of a bundle of the operator's, or all."""
    context = ssl.create_default_context(cafile=ca)
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class _Secure(http.client.HTTPSConnection):
    """Connects to one place and expects another's certificate there: that of the host that is asked for."""

    def __init__(self, address: str, port: int, context: ssl.SSLContext, host: str) -> None:
        super().__init__(address, port, timeout=TIMEOUT_SECONDS, context=context)
        self._trust = context
        self._host = host

    def connect(self) -> None:
        """Connect, with the host's name in the handshake."""
        http.client.HTTPConnection.connect(self)
        self.sock = self._trust.wrap_socket(self.sock, server_hostname=self._host)
