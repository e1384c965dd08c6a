"""The table of routes: what stands in the cluster, as host × condition → target."""

from typing import Any

import pytest

from model.routing import routes
from model.routing.context import condition
from model.routing.reissue import Backend
from model.routing.routing_table import Row, rows, taken_apart


def ingress(name: str, namespace: str, *given: dict[str, Any], **labels: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"entryPoints": ["web"], "routes": list(given)},
    }


def rule(match: str, service: str, **more: Any) -> dict[str, Any]:
    return {"match": match, "kind": "Rule", "services": [{"name": service, "port": 80}], **more}


BASE = [
    ingress("storefront", "shop", rule("Host(`example.com`)", "storefront")),
    ingress("api", "shop", rule("Host(`example.com`) && PathPrefix(`/api`)", "orders")),
]


def test_a_features_rows_stand_above_the_bases_and_say_who_answers() -> None:
    backend = Backend("storefront", ("example.com",), "storefront-f1", "devstack-s", 80)
    derived = routes.derive(
        BASE, stack="s", label="f1", header="uber-ctx-key", namespace="devstack-s", services=[backend]
    )
    found = rows([*BASE, *(each for each in derived if each["kind"] == "IngressRoute")])
    shown = [(row.host, row.when, row.rest, row.targets, row.side, row.label) for row in found]
    assert shown == [
        ("example.com", "header", "PathPrefix(`/api`)", ("shop/orders:80",), "base", "f1"),
        ("example.com", "header", "", ("devstack-s/storefront-f1:80",), "feature", "f1"),
        ("example.com", "plain", "PathPrefix(`/api`)", ("shop/orders:80",), "base", ""),
        ("example.com", "plain", "", ("shop/storefront:80",), "base", ""),
        ("f1.example.com", "preview", "PathPrefix(`/api`)", ("shop/orders:80",), "base", "f1"),
        ("f1.example.com", "preview", "", ("devstack-s/storefront-f1:80",), "feature", "f1"),
    ]


@pytest.mark.parametrize(
    ("match", "hosts", "rest"),
    [
        ("Host(`a.com`)", ("a.com",), ""),
        ("Host(`A.com`, `b.com.`)", ("a.com", "b.com"), ""),
        ("Host(`a.com`) || Host(`b.com`)", ("a.com", "b.com"), ""),
        ("(Host(`a.com`) || Host(`b.com`)) && Path(`/x`)", ("a.com", "b.com"), "Path(`/x`)"),
        ("Host(`a.com`) && Path(`/x`) || Host(`b.com`)", ("a.com", "b.com"), "(Host(`a.com`) && Path(`/x`) || Host(`b.com`))"),
        ("PathPrefix(`/x`)", (), "PathPrefix(`/x`)"),
        ("!Host(`a.com`) && Path(`/x`)", (), "!Host(`a.com`) && Path(`/x`)"),
        ("HostRegexp(`.+`)", (), "HostRegexp(`.+`)"),
        ("Host(`a.com`) && Header(`x`, `1`)", ("a.com",), "Header(`x`, `1`)"),
        ("Host(`a.com", (), "Host(`a.com"),
        ("", (), ""),
    ],
)  # fmt: skip
def test_a_rule_is_taken_apart(match: str, hosts: tuple[str, ...], rest: str) -> None:
    assert taken_apart(match, "plain") == (hosts, rest)


def test_the_context_is_shown_as_such_and_other_headers_of_a_rule_stay() -> None:
    rule = "Host(`a.com`) && Header(`X-Beta`, `1`)"
    for asked in ("Header(`uber-ctx-key`, `f1`)", condition("uber-ctx-key", "f1")):
        assert taken_apart(f"{asked} && {rule}", "header") == (("a.com",), "Header(`X-Beta`, `1`)")
    assert taken_apart(f"{condition('uber-ctx-key', 'f1', 'v2')} && Host(`a.com`)", "header") == (("a.com",), "")


def test_what_a_features_chart_brings_is_not_the_bases() -> None:
    own = ingress("extra", "devstack-s", rule("Host(`x.example.com`)", "extra"))
    assert rows([own], {"devstack-s"}) == []
    assert [row.host for row in rows([own])] == ["x.example.com"]


def test_an_object_of_odd_shape_is_shown_as_it_is() -> None:
    odd = {"metadata": {"name": "odd", "namespace": "n"}, "spec": {"routes": [{"kind": "Rule", "priority": 7}]}}
    assert rows([odd]) == [Row("", "plain", "", (), 7, "n/odd")]
    assert rows([{"metadata": {"name": "odd", "namespace": "n"}, "spec": {}}]) == []
