"""What of a base stands in the way: each is said with the object's name."""

from typing import Any

import pytest

from model import names
from model.routing.context import condition, rank
from model.routing.preview import Preview
from model.routing.routes import Backend, RefusedRoutesError, derive
from tests.pure.model.routing.proxy import Request, routes_of, winners

HEADER = "uber-ctx-key"
HOST = "Host(`shop.example.org`)"


def ingress_route(
    name: str, service: str, match: str = HOST, *, kind: str = "IngressRoute", **spec: Any
) -> dict[str, Any]:
    route = {"match": match, "services": [{"name": service, "port": 80}]}
    return {"kind": kind, "metadata": {"name": name, "namespace": "shop"}, "spec": {"routes": [route], **spec}}


def derived(*base: dict[str, Any], label: str = "feature1", at: str = "stack", **more: Any) -> list[dict[str, Any]]:
    pay = Backend("pay", ("shop.example.org",), f"pay-{label}", at, 8080)
    chosen = {"stack": f"acme-{label}", "label": label, "header": HEADER, "namespace": at, "services": [pay]}
    return derive(base, **{**chosen, **more})


def refusal(*base: dict[str, Any], **more: Any) -> tuple[str, str, str, str]:
    with pytest.raises(RefusedRoutesError) as refused:
        derived(*base, **more)
    (found,) = refused.value.refusals
    return found.kind, found.object, found.route, found.problem


PAY = ingress_route("pay", "pay", entryPoints=["web"])


def test_two_routes_that_claim_one_host_are_both_named() -> None:
    kind, _, route, problem = refusal(PAY, ingress_route("zzz", "other", entryPoints=["web", "internal"]))
    assert (kind, route) == ("ambiguous", "shop/pay")
    assert "`shop/pay` and `shop/zzz` both claim it" in problem
    assert "Give one of them another `priority`" in problem


@pytest.mark.parametrize(
    "other",
    [
        ingress_route("b", "other", entryPoints=["internal"]),
        ingress_route("b", "other", entryPoints=["web"], tls={}),
        ingress_route("b", "other", entryPoints=["web"], ingressClassName="internal"),
        ingress_route("b", "pay", entryPoints=["web"]),
        ingress_route("b", "other", f"{HOST} && Path(`/x`)", entryPoints=["web"]),
    ],
)
def test_routes_that_do_not_meet_are_no_conflict(other: dict[str, Any]) -> None:
    assert derived(PAY, other)


@pytest.mark.parametrize("taken", ["shop.example.org", "feature1.shop.example.org"])
def test_a_tcp_route_of_the_host_is_in_the_way(taken: str) -> None:
    tcp = ingress_route("raw", "x", f"HostSNI(`{taken}`)", kind="IngressRouteTCP", entryPoints=["web"])
    kind, object_, route, problem = refusal(PAY, tcp)
    assert (kind, object_, route) == ("not-http", "IngressRouteTCP", "shop/raw")
    assert "no header can choose a stack" in problem


@pytest.mark.parametrize("match", ["HostSNI(`*`)", "HostSNI(`other.org`)", "!HostSNI(`shop.example.org`)", "broken("])
def test_other_tcp_routes_are_none_of_our_business(match: str) -> None:
    tcp = ingress_route("raw", "pay", match, kind="IngressRouteTCP", entryPoints=["web"])
    assert derived(PAY, tcp)
    elsewhere = ingress_route(
        "raw", "x", "HostSNI(`shop.example.org`)", kind="IngressRouteTCP", entryPoints=["postgres"], tls={}
    )
    assert derived(PAY, elsewhere)


@pytest.mark.parametrize("kind", ["IngressRouteTCP", "IngressRouteUDP"])
def test_a_service_that_only_such_a_route_leads_to_is_said(kind: str) -> None:
    raw = ingress_route("raw", "pay", "HostSNI(`*`)", kind=kind, entryPoints=["dns"])
    assert refusal(raw)[:3] == ("not-http", kind, "shop/raw")


def test_without_other_namespaces_all_stands_beside_the_base() -> None:
    base = ingress_route("pay", "pay", entryPoints=["web"])
    base["spec"]["routes"][0] |= {"middlewares": [{"name": "auth"}]}
    base["spec"]["routes"][0]["services"][0] |= {"serversTransport": "own", "sticky": {"cookie": {"name": "lb"}}}
    made = derived(base, at="shop", cross_namespace=False)
    assert {each["metadata"]["namespace"] for each in made} == {"shop"}
    assert "kubernetescrd" not in str(made)
    route, _ = routes_of(made)
    assert route["services"][0]["serversTransport"] == "own"
    assert [each["namespace"] for each in route["middlewares"]] == ["shop", "shop"]


def test_without_other_namespaces_a_stack_of_its_own_is_refused() -> None:
    kind, _, route, problem = refusal(PAY, cross_namespace=False)
    assert (kind, route) == ("cross-namespace", "shop/pay")
    assert "`stack/pay-feature1`" in problem
    assert "`allowCrossNamespace`" in problem


def test_without_other_namespaces_a_middleware_elsewhere_is_named() -> None:
    api = ingress_route("api", "api", f"{HOST} && PathPrefix(`/api`)", entryPoints=["web"])
    api["spec"]["routes"][0]["middlewares"] = [{"name": "auth", "namespace": "ops"}]
    kind, _, route, problem = refusal(PAY, api, at="shop", cross_namespace=False)
    assert (kind, route) == ("cross-namespace", "shop/api")
    assert "`ops/auth`" in problem
    guarded = refusal(PAY, at="shop", cross_namespace=False, preview=Preview(middlewares=("infra/login",)))
    assert "`infra/login`" in guarded[3]


def test_a_copied_traefik_service_stands_beside_too() -> None:
    shared = {
        "kind": "TraefikService",
        "metadata": {"name": "split", "namespace": "shop"},
        "spec": {"weighted": {"services": [{"name": "pay", "port": 80}, {"name": "x", "namespace": "ops", "port": 80}]}},
    }
    base = ingress_route("pay", "split")
    base["spec"]["routes"][0]["services"][0]["kind"] = "TraefikService"
    assert "`ops/x`" in refusal(base, shared, at="shop", cross_namespace=False)[3]
    shared["spec"]["weighted"]["services"].pop()  # type: ignore[index]
    made = derived(base, shared, at="shop", cross_namespace=False)
    assert {each["metadata"]["namespace"] for each in made} == {"shop"}


def test_the_syntax_is_the_clusters_where_a_rule_does_not_say_its_own() -> None:
    old = ingress_route("pay", "pay")
    old["spec"]["routes"][0]["syntax"] = "v2"
    for base, told, spoken in ((PAY, "v2", "v2"), (PAY, "v3", "v3"), (PAY, None, "v3"), (old, "v3", "v2")):
        route, _ = routes_of(derived(base, syntax=told))
        assert route["match"] == f"{condition(HEADER, 'feature1', spoken)} && {HOST}"  # type: ignore[arg-type]
        assert route.get("syntax") == ("v2" if base is old else None)


def test_of_two_labels_the_feature_that_has_the_service_counts_then_the_rank() -> None:
    api = ingress_route("api", "api", f"{HOST} && PathPrefix(`/api`)")
    base = [PAY, api]
    one, two = derived(*base, label="feature1"), derived(*base, label="feature2")
    backend = Backend("api", ("shop.example.org",), "api-feature3", "stack", 8080)
    three = derived(*base, label="feature3", services=[backend])
    higher = max("feature1", "feature2", key=rank)
    for cluster in ([*base, *one, *two, *three], [*base, *three, *two, *one]):
        for labels in (["feature1", "feature2", "feature3"], ["feature3", "feature2", "feature1"]):
            listed = ",".join(f"{HEADER}={label}" for label in labels)
            for headers in ({HEADER: labels}, {"baggage": listed}):
                found = [
                    [service["name"] for route in winners(routes_of(cluster), request) for service in route["services"]]
                    for request in (
                        Request("shop.example.org", "/", headers=headers),
                        Request("shop.example.org", "/api", headers=headers),
                    )
                ]
                assert found == [[f"pay-{higher}"], ["api-feature3"]]


def test_the_context_header_cannot_be_one_that_means_something_else() -> None:
    with pytest.raises(names.InvalidNameError):
        derived(PAY, header="baggage")
