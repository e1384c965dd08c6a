"""Routing by a service's well-known name: issued again by mark, and never taken from another base."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from model.marks import LABEL_INSIDE, LABEL_SERVICE
from model.routing import inside
from model.routing.preview import Preview
from model.routing.reissue import Backend, RefusedError
from model.routing.routes import RefusedRoutesError, derive
from tests.pure.model.routing.proxy import Request, routes_of, winners

HEADER = "uber-ctx-key"
WITH = {HEADER: "feature1"}


def hosts(name: str, namespace: str) -> list[str]:
    full = f"{name}.{namespace}"
    return [name, full, f"{full}.svc", f"{full}.svc.cluster.local"]


def inside_route(
    name: str, namespace: str = "shop", port: int = 80, entrypoint: str = "inside", **entry: Any
) -> dict[str, Any]:
    """As the chart makes it."""
    match = " || ".join(f"Host(`{host}`)" for host in hosts(name, namespace))
    return {
        "kind": "IngressRoute",
        "metadata": {
            "name": f"{name}-inside-{port}",
            "namespace": namespace,
            "labels": {LABEL_INSIDE: "true", LABEL_SERVICE: name},
        },
        "spec": {
            "entryPoints": [entrypoint],
            "routes": [{"match": match, "services": [{"name": f"{name}-base", "port": port, **entry}]}],
        },
    }


def plain_route(name: str, match: str, service: str, *entrypoints: str) -> dict[str, Any]:
    spec: dict[str, Any] = {"routes": [{"match": match, "services": [{"name": service, "port": 80}]}]}
    if entrypoints:
        spec["entryPoints"] = list(entrypoints)
    return {"kind": "IngressRoute", "metadata": {"name": name, "namespace": "shop"}, "spec": spec}


def backend(base: Sequence[Mapping[str, Any]], service: str = "orders", **more: Any) -> Backend:
    made = Backend(service, (), f"{service}-feature1", "stack", 80, inside=inside.of_service(base, service, "shop"))
    return replace(made, **more)


def derived(base: Sequence[Mapping[str, Any]], *backends: Backend, **more: Any) -> list[dict[str, Any]]:
    return derive(base, stack="s", label="feature1", header=HEADER, namespace="stack", services=backends, **more)


def at(manifests: Sequence[Mapping[str, Any]], entrypoint: str) -> list[Mapping[str, Any]]:
    """The routes that Traefik tries at an entry point."""
    there = [each for each in manifests if each["kind"] == "IngressRoute"]
    return routes_of([each for each in there if entrypoint in (each["spec"].get("entryPoints") or [entrypoint])])


def asked(manifests: Sequence[Mapping[str, Any]], request: Request, entrypoint: str = "inside") -> str:
    (route,) = winners(at(manifests, entrypoint), request)
    (service,) = route["services"]
    return f"{service.get('namespace', '')}/{service['name']}:{service['port']}"


ORDERS = inside_route("orders")


@pytest.mark.parametrize("host", hosts("orders", "shop"))
def test_each_name_is_routed_by_the_header(host: str) -> None:
    cluster = [ORDERS, *derived([ORDERS], backend([ORDERS]))]
    assert asked(cluster, Request(host, headers=WITH)) == "stack/orders-feature1:80"
    assert asked(cluster, Request(host)) == "/orders-base:80"
    assert asked(cluster, Request(host, headers={HEADER: "feature10"})) == "/orders-base:80"


def test_there_is_one_rule_for_a_rule_and_no_preview_host() -> None:
    issued = routes_of(derived([ORDERS], backend([ORDERS])))
    assert len(issued) == 1
    assert "feature1.orders" not in issued[0]["match"]


def test_each_port_keeps_its_entry_point_its_port_and_its_protocol() -> None:
    base = [ORDERS, inside_route("orders", port=9000, entrypoint="inside-rpc", scheme="h2c")]
    made = derived(base, backend(base, ports=(80, "http", 9000, "rpc")))
    assert asked(made, Request("orders", headers=WITH), "inside") == "stack/orders-feature1:80"
    assert asked(made, Request("orders", headers=WITH), "inside-rpc") == "stack/orders-feature1:9000"
    (rpc,) = at(made, "inside-rpc")
    assert rpc["services"][0]["scheme"] == "h2c"


def test_the_same_short_name_of_another_base_is_none_of_ours() -> None:
    other = inside_route("orders", "market", entrypoint="inside-market")
    base = [ORDERS, other]
    cluster = [*base, *derived(base, backend(base))]
    assert asked(cluster, Request("orders", headers=WITH), "inside") == "stack/orders-feature1:80"
    assert asked(cluster, Request("orders", headers=WITH), "inside-market") == "/orders-base:80"
    assert all(each["spec"].get("entryPoints") != ["inside-market"] for each in derived(base, backend(base))[2:])


def test_two_bases_at_one_entry_point_keep_their_full_names_apart() -> None:
    other = inside_route("orders", "market")
    base = [ORDERS, other]
    cluster = [*base, *derived(base, backend(base))]
    assert asked(cluster, Request("orders.market", headers=WITH)).endswith("/orders-base:80")
    assert asked(cluster, Request("orders.shop", headers=WITH)) == "stack/orders-feature1:80"


def test_whose_base_it_is_must_be_known_where_there_are_two() -> None:
    base = [ORDERS, inside_route("orders", "market")]
    with pytest.raises(RefusedError, match="`market` and `shop`"):
        inside.of_service(base, "orders")
    assert inside.of_service([ORDERS], "orders") == ("shop/orders-inside-80",)
    assert inside.of_service(base, "storefront") == ()


def test_a_rule_of_another_service_on_the_name_keeps_its_place() -> None:
    admin = plain_route("admin", "Host(`orders.shop`) && PathPrefix(`/admin`)", "admin", "inside")
    everywhere = plain_route("health", "PathPrefix(`/health`) && Method(`GET`) && Host(`orders`)", "health")
    elsewhere = plain_route("web", "PathPrefix(`/admin`)", "web", "web")
    base = [ORDERS, {**admin, "spec": {**admin["spec"]}}, everywhere, elsewhere]
    admin["spec"]["routes"][0]["priority"] = 1000
    everywhere["spec"]["routes"][0]["priority"] = 1000
    cluster = [*base, *derived(base, backend(base))]
    assert asked(cluster, Request("orders.shop", "/admin/x", headers=WITH)) == "shop/admin:80"
    assert asked(cluster, Request("orders.shop", "/health", headers=WITH)) == "stack/orders-feature1:80"
    assert asked(cluster, Request("orders", "/health", headers=WITH)) == "shop/health:80"
    assert asked(cluster, Request("orders", "/admin", headers=WITH)) == "stack/orders-feature1:80"
    assert not any("web" in (each["spec"].get("entryPoints") or []) for each in derived(base, backend(base))[2:])


def test_a_rule_for_any_host_is_bound_to_the_names() -> None:
    any_host = plain_route("fallback", "PathPrefix(`/`)", "fallback", "inside")
    base = [ORDERS, any_host]
    cluster = [*base, *derived(base, backend(base))]
    assert asked(cluster, Request("payments", headers=WITH)) == "/fallback:80"
    assert asked(cluster, Request("orders", headers=WITH)) == "stack/orders-feature1:80"


def test_what_cannot_be_read_is_in_the_way_where_it_may_concern_the_name() -> None:
    broken = plain_route("broken", "Host(`orders`) && Path(", "x", "inside")
    with pytest.raises(RefusedRoutesError, match="cannot be read"):
        derived([ORDERS, broken], backend([ORDERS]))
    elsewhere = plain_route("broken", "Host(`orders.example.com`) && Path(", "x", "web")
    assert derived([ORDERS, elsewhere], backend([ORDERS]))


def test_guards_of_the_outside_do_not_concern_calls_from_within() -> None:
    guarded = Preview(header_entrypoints=("websecure",), header_middlewares=("infra/login",))
    (route,) = routes_of(derived([ORDERS], backend([ORDERS]), preview=guarded))
    assert [each["name"] for each in route["middlewares"]] == ["s-answer"]


def test_the_outside_rule_of_such_a_service_leads_to_the_stack_without_a_mark() -> None:
    web = plain_route("web", "Host(`example.com`)", "orders-base", "web")
    cluster = [web, *derived([web], Backend("orders", ("example.com",), "orders-feature1", "stack", 80))]
    assert asked(cluster, Request("example.com", headers=WITH), "web") == "stack/orders-feature1:80"
