"""Outside callers cannot choose a stack, previews can be kept behind a door, and have TLS where the base has none."""

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.checks import certificate
from cli.checks.finding import Level
from config.settings import Settings
from model.routing.preview import Preview
from model.routing.routes import ANSWER_HEADER
from tests.cluster.guard.conftest import BASE, HEADER, HOST, LABEL, SECURE, Guarded

pytestmark = pytest.mark.cluster

PREVIEW = f"{LABEL}.{HOST}"
BAGGAGE = ("baggage", f"a=1,{HEADER}={LABEL}")
CHOOSING = {
    "header": ((HEADER, LABEL),),
    "baggage": (BAGGAGE,),
    "both": ((HEADER, LABEL), BAGGAGE),
    "in another case": ((HEADER.upper(), LABEL), ("Baggage", BAGGAGE[1])),
    "twice": ((HEADER, "x"), (HEADER, LABEL)),
    "named hop by hop": (("Connection", HEADER), (HEADER, LABEL)),
    "named hop by hop, with baggage": (("Connection", f"keep-alive, {HEADER}, baggage"), (HEADER, LABEL), BAGGAGE),
}


@pytest.fixture(scope="module")
def trusted(guarded: Guarded) -> Guarded:
    """The header counts at `internal` alone."""
    guarded.lay(Preview(header_entrypoints=("internal",)), guarded.base())
    return guarded


@pytest.mark.parametrize("lines", CHOOSING.values(), ids=CHOOSING.keys())
def test_outside_callers_choose_nothing_and_pass_nothing_on(trusted: Guarded, lines: tuple[tuple[str, str], ...]) -> None:
    answer = trusted.ask("web", HOST, *lines)
    assert answer.target == "base"
    assert answer.received(HEADER) == answer.received("baggage") == []


@pytest.mark.parametrize("lines", list(CHOOSING.values())[:5], ids=list(CHOOSING)[:5])
def test_inside_the_header_counts(trusted: Guarded, lines: tuple[tuple[str, str], ...]) -> None:
    assert trusted.ask("internal", HOST, *lines).target == "feature"


def test_naming_the_header_hop_by_hop_only_loses_it(trusted: Guarded) -> None:
    """Traefik takes off what `Connection` names before it looks at any route; a preview's context comes after that."""
    answer = trusted.ask("internal", HOST, ("Connection", HEADER), (HEADER, LABEL))
    assert answer.target == "base"
    assert answer.received(HEADER) == []
    previewed = trusted.ask("internal", PREVIEW, ("Connection", f"{HEADER}, baggage"))
    assert previewed.target == "feature"
    assert previewed.received(HEADER) == [LABEL]
    assert previewed.received("baggage") == [f"{HEADER}={LABEL}"]


def test_a_preview_host_gives_the_context_where_the_callers_own_is_dropped(trusted: Guarded) -> None:
    answer = trusted.ask("web", PREVIEW, (HEADER, "another"), ("baggage", f"{HEADER}=another"))
    assert answer.target == "feature"
    assert answer.received(HEADER) == [LABEL]
    assert answer.received("baggage") == [f"{HEADER}={LABEL}"]


def test_dropping_alone_does_not_guard(guarded: Guarded) -> None:
    """Middlewares of an entry point run after the route is chosen: so the docs say to name trusted ones as well."""
    guarded.lay(Preview(), guarded.base())
    answer = guarded.ask("web", HOST, (HEADER, LABEL))
    assert answer.target == "feature"
    assert answer.received(HEADER) == []


def test_a_list_of_addresses_stands_before_previews_and_not_before_the_header(guarded: Guarded) -> None:
    guarded.lay(Preview(middlewares=(f"{BASE}/nobody",)), guarded.base())
    refused = guarded.ask("web", PREVIEW)
    assert refused.target == "403"
    assert refused.header(ANSWER_HEADER) == ["guard"]  # so verification sees that the route is there
    assert guarded.ask("internal", HOST, (HEADER, LABEL)).target == "feature"
    assert guarded.ask("web", HOST).target == "base"


def test_a_list_of_addresses_stands_before_the_header_where_it_is_asked_for(guarded: Guarded) -> None:
    guarded.lay(Preview(header_middlewares=(f"{BASE}/nobody",), middlewares=(f"{BASE}/lan",)), guarded.base())
    assert guarded.ask("internal", HOST, (HEADER, LABEL)).target == "403"
    assert guarded.ask("internal", HOST).target == "base"
    assert guarded.ask("web", PREVIEW).target == "feature"


def test_a_login_stands_before_previews(guarded: Guarded) -> None:
    guarded.lay(Preview(middlewares=(f"{BASE}-login@kubernetescrd",)), guarded.base())
    assert guarded.ask("web", PREVIEW).target == "401"
    login = base64.b64encode(b"ada:countess").decode()
    assert guarded.ask("web", PREVIEW, ("Authorization", f"Basic {login}")).target == "feature"
    assert guarded.ask("web", HOST).target == "base"


def test_previews_have_the_wildcards_certificate_where_the_base_has_no_tls(guarded: Guarded, tmp_path: Path) -> None:
    """The Secret lies in another namespace than the stack, and no route names it: a TLSStore has Traefik load it."""
    chosen = Preview(domains=("secure.example.org",), tls=True, entrypoints=("secure",))
    guarded.lay(chosen, guarded.base(SECURE, "web"), SECURE)
    host = f"{LABEL}--shop.secure.example.org"
    answer = guarded.ask("secure", host)
    assert answer.target == "feature"
    assert answer.received(HEADER) == [LABEL]
    assert guarded.ask("web", SECURE).target == "base"
    bundle = tmp_path / "ca.pem"
    bundle.write_text(guarded.authority)
    settings = Settings(
        preview_base_url="https://secure.example.org",
        probe_address=f"127.0.0.1:{guarded.proxy.ports['secure']}",
        probe_ca=bundle,
    )
    judged = certificate.judged(*certificate.handshake(settings, host)[:1], host, "", datetime.now(UTC))
    assert judged.level is Level.WARNING, judged  # it is made for a day
    assert "ends on" in judged.said
    deep = f"{LABEL}.{SECURE}"
    shown, refused = certificate.handshake(settings, deep)
    found = certificate.judged(shown, deep, refused, datetime.now(UTC))
    assert found.level is Level.BAD
    assert "Traefik has no certificate" in found.said
