"""Real requests through the proxy, and which side must answer each. A stack's routes mark every answer."""

import http.client
from dataclasses import dataclass
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
    status, answered_by = request(settings, expected.host, expected.path, dict(expected.headers))
    if answered_by:
        got = expected.side if answered_by == expected.by else f"another deployment ({answered_by})"
    elif status is None or (status == http.client.NOT_FOUND and expected.by != BASE) or status in (502, 503, 504):
        got = NOBODY
    else:
        got = BASE
    sent = "".join(f" with `{name}: {value}`" for name, value in expected.headers)
    return Probe(f"{expected.host}{sent}", expected.side, got, got == expected.side)


def request(settings: Settings, host: str, path: str, headers: dict[str, str]) -> tuple[int | None, str]:
    """Status (None where nobody listens) and the mark on the answer (empty for the base, and where no pod answered: the proxy marks
    its own answers like those of the pods behind the route)."""
    address = settings.probe_address or urlsplit(settings.url(host)).netloc
    connection = http.client.HTTPConnection(address, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path, headers={"Host": host, "User-Agent": "devstack-probe", **headers})
        response = connection.getresponse()
        status = response.status
        by_proxy = response.read().strip() == OF_THE_PROXY.get(status)
        marked = "" if by_proxy else response.headers.get(ANSWER_HEADER, "")
    except OSError:
        return None, ""
    else:
        return status, marked
    finally:
        connection.close()
