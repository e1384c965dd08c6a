"""Preview hosts below a wildcard, labels that nobody guesses, and what an operator puts before a stack's routes."""

import fnmatch
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from model import names
from model.routing.preview import Preview
from tests.pure.model.routing.proxy import Request, routes_of, winners
from tests.pure.model.routing.test_routes import HEADER, SHOP, backend, derived, ingress_route

part = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,6}[a-z0-9])?", fullmatch=True)
label = st.one_of(st.sampled_from(["xn", "a", "feature1", "feature1-a", "a--b", "ab--c"]),
                  st.from_regex(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?", fullmatch=True))  # fmt: skip
host = st.one_of(
    st.sampled_from(["example.com", "a.example.com", "b.a.example.com", "b-a.example.com", "b--a.example.com"]),
    st.lists(part, min_size=2, max_size=4).map(".".join),
)
domains = st.lists(st.sampled_from(["example.com", "a.example.com", "preview.example.org"]), unique=True, min_size=1)


@pytest.mark.parametrize(
    ("label", "host", "domains", "expected"),
    [
        ("feature1", "a.example.com", [], "feature1.a.example.com"),
        ("feature1", "example.com", ["example.com"], "feature1.example.com"),
        ("feature1", "a.example.com", ["example.com"], "feature1--a.example.com"),
        ("feature1", "my-api.example.com", ["example.com"], "feature1--my-api.example.com"),
        ("feature1", "a.example.com", ["example.com", "a.example.com"], "feature1.a.example.com"),
        ("feature1", "b.a.example.com", ["example.com"], "feature1--b-a--e50416275e.example.com"),
        ("feature1", "example2.com", ["preview.example.com"], "feature1--example2-com--11a8a48515.preview.example.com"),
        ("xn", "a.example.com", ["example.com"], "x-xn--a--1a241311ce.example.com"),
    ],
)
def test_a_preview_host_is_one_label_below_the_domain(label: str, host: str, domains: list[str], expected: str) -> None:
    assert names.preview_host(label, host, domains) == expected


@given(label, host, domains)
def test_the_wildcard_covers_every_preview_host(label: str, host: str, domains: list[str]) -> None:
    found = names.preview_host(label, host, domains)
    first, _, domain = found.partition(".")
    assert domain in domains
    assert len(first) <= 63
    assert names.checked_host(found)
    assert not first.startswith("xn--") or label.startswith("xn--")


@given(label, host, label, host, domains)
def test_no_two_pairs_of_label_and_host_share_a_preview_host(
    label: str, host: str, other_label: str, other_host: str, domains: list[str]
) -> None:
    assume((label, host) != (other_label, other_host))
    assert names.preview_host(label, host, domains) != names.preview_host(other_label, other_host, domains)


@given(st.from_regex(r"[A-Za-z0-9]+/[A-Za-z0-9._-]{1,60}", fullmatch=True), st.integers(1, 10**9), st.text(min_size=1))
def test_a_keyed_label_is_a_label_and_always_the_same(repository: str, number: int, secret: str) -> None:
    found = names.label(repository, number, secret=secret)
    assert names.checked_label(found) == found
    assert found == names.label(repository, number, ambiguous=True, secret=secret)
    assert found != names.label(repository, number, secret=f"{secret}!")


def test_a_keyed_label_does_not_come_from_what_everybody_knows() -> None:
    assert names.label("acme/shop", 7) == "shop-7"
    one, other = (names.label("acme/shop", 7, secret=secret) for secret in ("one", "another"))
    assert one.startswith("shop-7-")
    assert one != other
    assert names.label("acme/shop", 8, secret="one").removeprefix("shop-8-") != one.removeprefix("shop-7-")


def of_side(manifests: list[dict[str, Any]], side: str) -> list[dict[str, Any]]:
    """The IngressRoutes with the routes of one side alone."""
    found = []
    for each in (each for each in manifests if each["kind"] == "IngressRoute"):
        routes = [one for one in each["spec"]["routes"] if one["match"].startswith("(Header(") == (side == "header")]
        found += [{**each, "spec": {**each["spec"], "routes": routes}}] if routes else []
    return found


def test_requests_for_the_one_label_reach_the_feature() -> None:
    base = ingress_route("api", ("Host(`api.example.com`)", "api"))
    made = derived([base], backend("api", "api.example.com"), preview=Preview(domains=("example.com",)))
    (route,) = winners(routes_of([base, *made]), Request("feature1--api.example.com"))
    assert route["services"][0]["name"] == "api-feature1"
    assert winners(routes_of([base, *made]), Request("feature1.api.example.com")) == []
    assert all(fnmatch.fnmatch(rule["match"], "Host(`*.example.com`)*") for rule in routes_of(of_side(made, "preview")))


def test_guards_stand_before_all_else_and_only_the_mark_before_them() -> None:
    base = ingress_route("storefront", ("Host(`example.com`)", "storefront"))
    base["spec"]["routes"][0]["middlewares"] = [{"name": "own"}]
    guards = Preview(middlewares=("devstack/login", "lan@file"), header_middlewares=("devstack/office",))
    made = derived([base], backend("storefront"), preview=guards)
    own = {"name": "own", "namespace": "shop"}
    answer = {"name": "acme-feature1-answer", "namespace": "stack-feature1"}
    context = {"name": "acme-feature1-context", "namespace": "stack-feature1"}
    (preview,), (header,) = of_side(made, "preview"), of_side(made, "header")
    assert preview["spec"]["routes"][0]["middlewares"] == [
        answer, {"name": "login", "namespace": "devstack"}, {"name": "lan@file"}, own, context,
    ]  # fmt: skip
    assert header["spec"]["routes"][0]["middlewares"] == [answer, {"name": "office", "namespace": "devstack"}, own]


def test_without_settings_routes_are_as_they_were() -> None:
    assert derived([SHOP], backend("storefront"), preview=Preview()) == derived([SHOP], backend("storefront"))


def test_previews_have_tls_where_the_base_has_none() -> None:
    secret = Preview(tls=True, entrypoints=("websecure",))
    made = derived([SHOP], backend("storefront"), preview=secret)
    (preview,), (header,) = of_side(made, "preview"), of_side(made, "header")
    assert (preview["spec"]["tls"], preview["spec"]["entryPoints"]) == ({}, ["websecure"])
    assert "tls" not in header["spec"]
    assert header["spec"]["entryPoints"] == ["web"]


def test_a_resolver_is_asked_for_the_wildcard_and_not_for_every_host() -> None:
    base = ingress_route("storefront", ("Host(`example.com`)", "storefront"),
                         tls={"secretName": "own", "certResolver": "other", "options": {"name": "strict"}})  # fmt: skip
    chosen = Preview(tls=True, cert_resolver="le", domains=("example.com",))
    (preview,) = of_side(derived([base], backend("storefront"), preview=chosen), "preview")
    assert preview["spec"]["tls"] == {
        "certResolver": "le",
        "domains": [{"main": "*.example.com"}],
        "options": {"name": "strict", "namespace": "shop"},
    }


def test_no_secret_is_named_by_a_stacks_route() -> None:
    base = ingress_route("storefront", ("Host(`example.com`)", "storefront"), tls={"secretName": "own"})
    for chosen in (Preview(), Preview(tls=True), Preview(tls=True, cert_resolver="le")):
        for made in derived([base], backend("storefront"), preview=chosen):
            assert "secretName" not in made["spec"].get("tls", {})


def test_the_header_counts_at_trusted_entry_points_only() -> None:
    both = ingress_route("storefront", ("Host(`example.com`)", "storefront"), entryPoints=["websecure", "internal"])
    outside = ingress_route("outside", ("Host(`example.com`) && Path(`/out`)", "storefront"), entryPoints=["websecure"])
    anywhere = ingress_route("any", ("Host(`example.com`) && Path(`/any`)", "storefront"), entryPoints=[])
    made = derived([both, outside, anywhere], backend("storefront"), preview=Preview(header_entrypoints=("internal",)))
    headers = of_side(made, "header")
    assert [each["spec"]["entryPoints"] for each in headers] == [["internal"], ["internal"]]
    assert all(HEADER in route["match"] and "/out" not in route["match"] for route in routes_of(headers))
    assert len(of_side(made, "preview")) == 3


@pytest.mark.parametrize("text", ["guard", "a/b/c", "@file", "Name/space", "devstack/login@", "a b@file", "/login"])
def test_what_names_no_middleware_is_refused(text: str) -> None:
    with pytest.raises(names.InvalidNameError, match="namespace/name"):
        derived([SHOP], backend("storefront"), preview=Preview(middlewares=(text,)))
