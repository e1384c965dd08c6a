"""How Traefik takes objects: what would make a route vanish in silence."""

from typing import Any

import pytest

from model.routing.ingress import CLASS_ANNOTATION, common_class, foremost
from model.routing.routes import Backend, derive

PAIR = (("Host(`a.example.com`)", 60, "solo"), ("Host(`a.example.com`) || Host(`b.example.com`)", 50, "duo"))


def route(*rules: tuple[str, int, str], name: str = "shop", **more: Any) -> dict[str, Any]:
    metadata = {
        "name": name,
        "namespace": "shop",
        **({"annotations": more.pop("annotations")} if "annotations" in more else {}),
    }
    routes = [
        {"match": match, "kind": "Rule", "priority": priority, "services": [{"name": service, "port": 80}]}
        for match, priority, service in rules
    ]
    return {"kind": "IngressRoute", "metadata": metadata, "spec": {"routes": routes, **more}}


def derived(*base: dict[str, Any], service: str = "solo", host: str = "a.example.com") -> list[dict[str, Any]]:
    backend = Backend(service, (host,), f"{service}-f1", "stack", 80)
    return derive(base, stack="s", label="f1", header="uber-ctx-key", namespace="stack", services=[backend])


@pytest.mark.parametrize("rules", [PAIR, PAIR[::-1]])
def test_rules_that_become_equal_on_the_preview_host_leave_the_one_that_counts(
    rules: tuple[tuple[str, int, str], ...],
) -> None:
    (made,) = [each for each in derived(route(*rules)) if each["kind"] == "IngressRoute"]
    previews = [each for each in made["spec"]["routes"] if "f1.a.example.com" in each["match"]]
    assert [(each["match"], each["services"][0]["name"]) for each in previews] == [
        ("Host(`f1.a.example.com`)", "solo-f1")
    ]


def test_no_rule_is_lost_that_is_another() -> None:
    one, two = {"match": "A", "priority": 1}, {"match": "B", "priority": 1}
    assert list(foremost([one, two, {"match": "A", "priority": 0}])) == [one, two]


@pytest.mark.parametrize(
    ("classes", "common"),
    [
        ([{"ingressClassName": "x"}, {"ingressClassName": "x"}], {"ingressClassName": "x"}),
        ([{"annotations": {CLASS_ANNOTATION: "x"}}] * 2, {CLASS_ANNOTATION: "x"}),
        ([{"ingressClassName": "x"}, {"ingressClassName": "y"}], {}),
        ([{"ingressClassName": "x"}, {}], {}),
        ([{}], {}),
        ([], {}),
    ],
)
def test_the_class_that_all_base_routes_name(classes: list[dict[str, Any]], common: dict[str, str]) -> None:
    assert common_class([route(*PAIR, **each) for each in classes]) == common


def test_the_class_is_that_of_the_namespaces_with_the_stacks_hosts() -> None:
    ours = route(("Host(`example.com`)", 0, "storefront"))
    theirs = route(("Host(`tools.example.org`)", 0, "tools"), ingressClassName="tools")
    theirs["metadata"]["namespace"] = "tools"
    assert common_class([ours, theirs], ["example.com", "new.example.com"]) == {}
    assert common_class([ours, theirs], ["tools.example.org"]) == {"ingressClassName": "tools"}
    assert common_class([theirs], ["new.example.com"]) == {
        "ingressClassName": "tools"
    }  # there is no other Traefik to see


def test_a_host_that_the_base_does_not_route_gets_the_bases_class() -> None:
    made = derived(route(*PAIR, ingressClassName="x"), service="fresh", host="new.example.com")
    routes = [each for each in made if each["kind"] == "IngressRoute"]
    assert [each["spec"].get("ingressClassName") for each in routes] == ["x"]
