"""Rules of the base that cannot be read or decided: whose way they are in, and whose not."""

from collections.abc import Sequence
from typing import Any

import pytest

from model.marks import LABEL_INSIDE, LABEL_SERVICE
from model.routing.preview import Preview
from model.routing.reissue import Refusal
from model.routing.routes import Backend, RefusedRoutesError, derive

HOST, PREVIEW = "shop.example.org", "feature1.shop.example.org"
LEFT_OUT = "PathPrefix(`/x`"  # no rule: Traefik leaves it out
UNDECIDED = r"HostRegexp(`^\p{Letter}+\.example\.org$`)"  # Go 1.25 has such names of classes, RE2 has not


def ingress_route(name: str, match: str, service: str = "x", namespace: str = "shop", **spec: Any) -> dict[str, Any]:
    rule = {"match": match, "kind": "Rule", "services": [{"name": service, "port": 80}]}
    return {
        "kind": "IngressRoute",
        "metadata": {"name": name, "namespace": namespace, "labels": {}},
        "spec": {"entryPoints": ["web"], "routes": [rule], **spec},
    }


PAY = ingress_route("pay", f"Host(`{HOST}`)", "pay")


def stranger(match: str, **spec: Any) -> dict[str, Any]:
    return ingress_route("typo", match, namespace="other-team", **spec)


def derived(*base: dict[str, Any], inside: Sequence[str] = (), **more: Any) -> list[dict[str, Any]]:
    hosts = () if inside else (HOST,)
    pay = Backend("pay", hosts, "pay-feature1", "stack", 8080, inside=tuple(inside))
    return derive(base, stack="s", label="feature1", header="uber-ctx-key", namespace="stack", services=[pay], **more)


def refusals(*base: dict[str, Any], **more: Any) -> tuple[Refusal, ...]:
    with pytest.raises(RefusedRoutesError) as refused:
        derived(*base, **more)
    return refused.value.refusals


def rules(made: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [rule for each in made for rule in each["spec"].get("routes", ())]


def matches(made: Sequence[dict[str, Any]]) -> list[str]:
    return [rule["match"] for rule in rules(made)]


@pytest.mark.parametrize(
    "match",
    [
        LEFT_OUT,
        "",
        "HostRegexp(`.*`) &&",
        "HostRegexp(`^[a-z.+$`)",
        "Host(`other.shop.example.org`) && (",
        f"Host(`{PREVIEW}`) && (",
        f"Host(`{PREVIEW}`) && HostRegexp(`[a-z`)",
        f"Host(`my{HOST}`) &",
        f"Host(`{HOST}.uk`) &",
    ],
)
@pytest.mark.parametrize("place", [{}, {"entryPoints": ["internal"], "ingressClassName": "other"}])
def test_a_strangers_text_that_is_no_rule_is_in_nobodys_way(match: str, place: dict[str, Any]) -> None:
    assert derived(PAY, stranger(match, **place)) == derived(PAY, stranger("Path(`/y`) && Host(`other.org`)", **place))


@pytest.mark.parametrize(
    "match",
    [f"Host(`{HOST}`) & x", f"Host(`{HOST}`) && HostRegexp(`(a`)", f"Host({HOST.upper()})", f'Host("{HOST}.") &&'],
)
def test_a_text_that_is_no_rule_but_names_the_host_is_said_with_its_object(match: str) -> None:
    (found,) = refusals(PAY, stranger(match))
    assert (found.kind, found.host, found.route) == ("unreadable", HOST, "other-team/typo")
    assert match in found.problem
    assert "Traefik leaves such a rule out: mend it, or take it away." in found.problem


@pytest.mark.parametrize("match", [UNDECIDED, "!" * 60 + "Path(`/x`)", "PathPrefix(`/x`) // all of it"])
def test_a_rule_that_may_hold_is_in_the_way_only_where_it_may_be_tried(match: str) -> None:
    (found,) = refusals(PAY, stranger(match))
    assert (found.kind, found.host, found.route) == ("unreadable", HOST, "other-team/typo")
    assert "Traefik leaves" not in found.problem
    places: list[dict[str, Any]] = [{"entryPoints": ["internal"]}, {"ingressClassName": "other"}, {"tls": {}}]
    for place in places:
        assert matches(derived(PAY, stranger(match, **place))) == matches(derived(PAY))


@pytest.mark.parametrize("match", [f"Host(`old.org`) && {UNDECIDED}", f"!(Host(`{HOST}`, `{PREVIEW}`) || {UNDECIDED})"])
def test_what_does_not_hold_however_the_pattern_is_read_is_no_doubt(match: str) -> None:
    assert len(derived(PAY, stranger(match))) == len(derived(PAY))


def test_preview_hosts_have_doubts_where_the_operator_has_them() -> None:
    internal = stranger(UNDECIDED, entryPoints=["previews"])
    assert [each.host for each in refusals(PAY, internal, preview=Preview(entrypoints=("previews",)))] == [PREVIEW]
    assert derived(PAY, internal)


def test_a_host_that_the_base_does_not_have_is_looked_at_where_its_routes_will_stand() -> None:
    assert derived(stranger(UNDECIDED), entrypoints=("websecure",))
    assert refusals(stranger(UNDECIDED), entrypoints=("web",))


def test_doubts_that_are_borne_take_nothing_away() -> None:
    own = ingress_route("wild", f"{UNDECIDED} && PathPrefix(`/api`)", "api")
    assert {each.host for each in refusals(PAY, own)} == {HOST}
    made = derived(PAY, own, borne=(HOST, PREVIEW))
    plain = derived(PAY)
    assert [each["metadata"] for each in made] == [each["metadata"] for each in plain]
    assert matches(made) == matches(plain)


def test_what_is_in_doubt_may_hold_on_the_preview_host_so_its_routes_stand_above() -> None:
    def lowest(*base: dict[str, Any]) -> int:
        return min(int(rule["priority"]) for rule in rules(derived(*base, borne=(HOST,))))

    for match in (UNDECIDED, "PathPrefix(`/x`) // all of it"):
        assert lowest(PAY) < 0 < lowest(PAY, stranger(match))
    assert lowest(PAY, stranger(LEFT_OUT)) < 0


def test_of_many_doubts_a_few_are_said_and_a_long_rule_is_cut() -> None:
    many = [ingress_route(f"r{n}", rf"HostRegexp(`{'x' * 5000}{n}\p{{Letter}}`)") for n in range(50)]
    found = refusals(PAY, *many)
    assert 1 <= len(found) <= 5
    assert all(len(each.problem) < 1000 for each in found)


INSIDE = ingress_route("pay-inside", "Host(`pay`) || Host(`pay.shop`)", "pay-base", entryPoints=["inside"])
INSIDE["metadata"]["labels"] = {LABEL_INSIDE: "true", LABEL_SERVICE: "pay"}


def test_in_cluster_names_have_the_same_doubts() -> None:
    def called(*base: dict[str, Any]) -> list[dict[str, Any]]:
        return derived(INSIDE, *base, inside=["shop/pay-inside"])

    plain = called()
    for other in (
        stranger(LEFT_OUT, entryPoints=["inside"]),
        stranger("PathPrefix(`/pay`", entryPoints=["inside"]),
        stranger(UNDECIDED, entryPoints=["web"]),
    ):
        assert called(other) == plain
    for other in (stranger(UNDECIDED, entryPoints=["inside"]), stranger("Host(`pay`) && (")):
        with pytest.raises(RefusedRoutesError, match="cannot be") as refused:
            called(other)
        borne = [each.host for each in refused.value.refusals]
        assert derived(INSIDE, other, inside=["shop/pay-inside"], borne=borne) == plain


def test_a_rule_of_thousands_of_alternatives_is_a_rule_like_any_other() -> None:
    paths = " || ".join(f"Path(`/p{number}`)" for number in range(3000))
    made = derived(PAY, ingress_route("legacy", f"Host(`{HOST}`) && ({paths})", "legacy"))
    assert sum("/p2999" in str(each) for each in made) == 1
    assert derived(PAY, stranger(f"Host(`old.org`) && ({paths})")) == derived(PAY, stranger("Host(`old.org`)"))
