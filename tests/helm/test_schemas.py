"""The check itself finds what an API server would refuse, and a stack's routes pass it."""

import copy
from typing import Any

import pytest

from model.routing import gateway
from model.routing.routes import Backend, derive
from tests.helm.schemas import errors

pytestmark = pytest.mark.helm

SERVICE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "a"},
    "spec": {"ports": [{"port": 80, "targetPort": "http"}]},
}
ROUTE: dict[str, Any] = {
    "apiVersion": "traefik.io/v1alpha1",
    "kind": "IngressRoute",
    "metadata": {"name": "shop", "namespace": "shop"},
    "spec": {
        "entryPoints": ["web"],
        "routes": [
            {
                "match": "Host(`example.com`)",
                "kind": "Rule",
                "services": [{"name": "storefront", "port": 80, "scheme": "h2c"}],
            },
            {
                "match": "Host(`example.com`) && PathPrefix(`/api`)",
                "kind": "Rule",
                "services": [{"name": "api", "port": "http", "sticky": {"cookie": {"name": "s"}}}],
                "middlewares": [{"name": "strip"}],
                "observability": {"metrics": False},
            },
        ],
        "tls": {"secretName": "x", "options": {"name": "modern"}, "domains": [{"main": "example.com"}]},
    },
}


SPLIT: dict[str, Any] = {
    "kind": "TraefikService",
    "metadata": {"name": "split", "namespace": "shop"},
    "spec": {
        "weighted": {
            "services": [{"name": "storefront", "port": 80, "weight": 9}, {"name": "canary", "port": 80, "weight": 1}],
            "sticky": {"cookie": {"name": "lb"}},
        }
    },
}
SHARED: dict[str, Any] = {
    "kind": "IngressRoute",
    "metadata": {"name": "shop", "namespace": "shop"},
    "spec": {"routes": [{"match": "Host(`example.com`)", "services": [{"name": "split", "kind": "TraefikService"}]}]},
}
HTTP_ROUTE: dict[str, Any] = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "HTTPRoute",
    "metadata": {"name": "shop", "namespace": "shop"},
    "spec": {
        "parentRefs": [{"name": "public", "namespace": "infra", "sectionName": "web"}],
        "hostnames": ["example.com", "www.example.com"],
        "rules": [
            {
                "matches": [
                    {"path": {"type": "Exact", "value": "/a"}, "method": "GET"},
                    {"headers": [{"name": "x-beta", "value": "1"}], "queryParams": [{"name": "q", "value": "1"}]},
                ],
                "filters": [
                    {"type": "RequestHeaderModifier", "requestHeaderModifier": {"add": [{"name": "a", "value": "b"}]}},
                    {
                        "type": "URLRewrite",
                        "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}},
                    },
                ],
                "backendRefs": [{"name": "storefront", "port": 80, "weight": 9}, {"name": "canary", "port": 80}],
                "timeouts": {"request": "5s"},
            },
            {"backendRefs": [{"name": "storefront", "port": 80}]},
        ],
    },
}


def test_what_is_right_passes() -> None:
    assert errors([SERVICE, ROUTE]) == []


@pytest.mark.parametrize(
    ("manifest", "path", "value", "said"),
    [
        (SERVICE, ("spec", "selektor"), {}, "selektor"),
        (SERVICE, ("spec", "ports", 0, "port"), "80", "port"),
        (SERVICE, ("spec", "ports", 0, "targetPort"), 1.5, "targetPort"),
        (SERVICE, ("metadata", "labels"), {"a": 1}, "labels"),
        (ROUTE, ("spec", "routes", 0, "kind"), "Regel", "kind"),
        (ROUTE, ("spec", "routes", 0, "prioritaet"), 1, "prioritaet"),
        (ROUTE, ("spec", "tls", "domains", 0, "main"), 1, "main"),
        (HTTP_ROUTE, ("spec", "rules", 0, "matches", 0, "path", "type"), "Regexp", "type"),
        (HTTP_ROUTE, ("spec", "rules", 0, "priority"), 1, "priority"),
    ],
)
def test_what_is_wrong_is_found(manifest: dict[str, Any], path: tuple[Any, ...], value: Any, said: str) -> None:
    broken = inner = copy.deepcopy(manifest)
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    assert any(said in error for error in errors([broken]))


def test_an_unknown_kind_is_an_error_and_no_pass() -> None:
    with pytest.raises(LookupError, match="Servize"):
        errors([{**SERVICE, "kind": "Servize"}])


@pytest.mark.parametrize("label", ["feature1", "0123456789-abcdefghijklmnopqrstuvwxyz012"])
@pytest.mark.parametrize("base", [[], [HTTP_ROUTE]], ids=["no base", "base"])
def test_a_stacks_http_routes_are_what_the_gateway_api_takes(base: list[dict[str, Any]], label: str) -> None:
    made = gateway.derive(
        base,
        stack="acme-storefront-7",
        label=label,
        header="uber-ctx-key",
        namespace="devstack-acme-storefront-7",
        services=[Backend("storefront", ("example.com",), "storefront-feature1", "devstack-acme-storefront-7", 80)],
        parents=[{"name": "public", "namespace": "infra"}],
    )
    assert [each["kind"] for each in made] == [*(["ReferenceGrant"] if base else []), "HTTPRoute", "HTTPRoute"]
    assert errors([*base, *made]) == []


@pytest.mark.parametrize("api_group", ["traefik.io", "traefik.containo.us"])
def test_a_copied_traefik_service_is_what_traefiks_definitions_take(api_group: str) -> None:
    made = derive(
        [SPLIT, SHARED],
        stack="acme-storefront-7",
        label="feature1",
        header="uber-ctx-key",
        namespace="devstack-acme-storefront-7",
        services=[Backend("storefront", ("example.com",), "storefront-feature1", "devstack-acme-storefront-7", 80)],
        api_group=api_group,
    )
    assert made[0]["kind"] == "TraefikService"
    assert errors(made) == []


@pytest.mark.parametrize("api_group", ["traefik.io", "traefik.containo.us"])
@pytest.mark.parametrize("base", [[], [ROUTE]], ids=["no base", "base"])
def test_a_stacks_routes_are_what_traefiks_definitions_take(api_group: str, base: list[dict[str, Any]]) -> None:
    base = copy.deepcopy(base)
    for route in (route for each in base for route in each["spec"]["routes"] if api_group == "traefik.containo.us"):
        route.pop("observability", None)  # version 2 has no such thing
    made = derive(
        base,
        stack="acme-storefront-7",
        label="feature1",
        header="uber-ctx-key",
        namespace="devstack-acme-storefront-7",
        services=[Backend("storefront", ("example.com",), "storefront-feature1", "devstack-acme-storefront-7", 80)],
        api_group=api_group,
    )
    assert [each["kind"] for each in made] == ["Middleware", "Middleware", "IngressRoute"]
    assert errors(made) == []
