"""A stack's routes: the founding document's table, and what must never be taken from another service."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from model import names
from model.routing import routes
from model.routing.context import condition, rank
from model.routing.routes import Backend, Place, RefusedRoutesError, derive
from tests.pure.model.routing.proxy import Request, routes_of, winners

HEADER = "uber-ctx-key"
NAMED = condition(HEADER, "feature1")


def ingress_route(name: str, *rules: tuple[str, str], namespace: str = "shop", **spec: Any) -> dict[str, Any]:
    made = [{"match": match, "kind": "Rule", "services": [{"name": service, "port": 80}]} for match, service in rules]
    return {
        "apiVersion": "traefik.io/v1alpha1",
        "kind": "IngressRoute",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"entryPoints": ["web"], "routes": made, **spec},
    }


def backend(service: str, *hosts: str, label: str = "feature1", base: tuple[Place, ...] = ()) -> Backend:
    return Backend(service, hosts or ("example.com",), f"{service}-{label}", f"stack-{label}", 8080, base)


def derived(
    base: Sequence[Mapping[str, Any]], *backends: Backend, label: str = "feature1", **more: Any
) -> list[dict[str, Any]]:
    chosen = {"stack": f"acme-{label}", "header": HEADER, "namespace": f"stack-{label}", **more}
    return derive(base, label=label, services=backends, **chosen)


def asked(manifests: Sequence[Mapping[str, Any]], request: Request) -> str:
    (route,) = winners(routes_of(manifests), request)
    (service,) = route["services"]
    return f"{service['namespace']}/{service['name']}" if "namespace" in service else service["name"]


SHOP = ingress_route("storefront", ("Host(`example.com`)", "storefront"))
WILD = {"match": r"HostRegexp(`^.+\.example\.com$`)", "services": [{"name": "wild", "port": 80}]}
API = ingress_route("api", ("Host(`example.com`) && PathPrefix(`/api`)", "api"))


def test_the_table_of_the_founding_document() -> None:
    cluster = [SHOP, *derived([SHOP], backend("storefront"))]
    cluster += derived([SHOP], backend("storefront", label="feature2"), label="feature2")
    one, two = "stack-feature1/storefront-feature1", "stack-feature2/storefront-feature2"
    assert asked(cluster, Request("feature1.example.com")) == one
    assert asked(cluster, Request("example.com", headers={HEADER: "feature1"})) == one
    assert asked(cluster, Request("example.com", headers={HEADER: "feature2"})) == two
    assert asked(cluster, Request("example.com")) == "storefront"
    assert asked(cluster, Request("example.com", headers={HEADER: "feature3"})) == "storefront"


def test_the_manifests_in_full() -> None:
    context, answer, made = derived([SHOP], backend("storefront"))
    marks = {
        "devstack.dev/stack": "acme-feature1",
        "devstack.dev/label": "feature1",
        "app.kubernetes.io/managed-by": "devstack",
    }
    service = {"name": "storefront-feature1", "namespace": "stack-feature1", "port": 8080}
    assert context == {
        "apiVersion": "traefik.io/v1alpha1",
        "kind": "Middleware",
        "metadata": {
            "name": "acme-feature1-context",
            "namespace": "stack-feature1",
            "labels": {**marks, "devstack.dev/side": "preview"},
        },
        "spec": {"headers": {"customRequestHeaders": {HEADER: "feature1", "baggage": f"{HEADER}=feature1"}}},
    }
    assert answer["metadata"]["labels"] == {**marks, "devstack.dev/side": "both"}
    assert answer["spec"] == {"headers": {"customResponseHeaders": {"x-devstack-stack": "acme-feature1"}}}
    assert made["metadata"]["labels"] == {**marks, "devstack.dev/side": "both"}
    assert made["spec"] == {
        "entryPoints": ["web"],
        "routes": [
            {
                "match": f"{NAMED} && Host(`example.com`)",
                "kind": "Rule",
                "priority": 1_000_000_039_000_000 + rank("feature1"),
                "services": [service],
                "middlewares": [{"name": "acme-feature1-answer", "namespace": "stack-feature1"}],
            },
            {
                "match": "Host(`feature1.example.com`)",
                "kind": "Rule",
                "priority": -7_999_999_961_000_000 + rank("feature1"),
                "services": [service],
                "middlewares": [
                    {"name": "acme-feature1-context", "namespace": "stack-feature1"},
                    {"name": "acme-feature1-answer", "namespace": "stack-feature1"},
                ],
            },
        ],
    }


def test_a_preview_stands_above_the_base_only_where_the_base_might_take_its_requests() -> None:
    wild = ingress_route("wild", routes=[WILD])
    broken = ingress_route("broken", ("Host(`elsewhere.org`) & nonsense", "x"))
    for base, above in (([SHOP], False), ([SHOP, wild], True), ([SHOP, broken], False)):
        *_, made = derived(base, backend("storefront"))
        _, preview = routes_of([made])
        assert (preview["priority"] > 0) == above
        assert abs(preview["priority"]) < 2**53


@pytest.mark.parametrize("path", ["/api", "/api/v1/things"])
def test_a_longer_rule_of_another_service_is_never_taken_over(path: str) -> None:
    cluster = [SHOP, API, *derived([SHOP, API], backend("storefront"))]
    assert asked(cluster, Request("example.com", path, headers={HEADER: "feature1"})) == "shop/api"
    assert asked(cluster, Request("feature1.example.com", path)) == "shop/api"
    assert asked(cluster, Request("feature1.example.com", "/")) == "stack-feature1/storefront-feature1"


def test_the_service_behind_the_longer_rule_can_be_a_feature_alone() -> None:
    cluster = [SHOP, API, *derived([SHOP, API], backend("api"))]
    assert asked(cluster, Request("example.com", "/api", headers={HEADER: "feature1"})) == "stack-feature1/api-feature1"
    assert asked(cluster, Request("example.com", "/", headers={HEADER: "feature1"})) == "shop/storefront"
    assert asked(cluster, Request("feature1.example.com", "/")) == "shop/storefront"


def test_two_stacks_of_one_label_share_a_host() -> None:
    one = derived([SHOP, API], backend("storefront"), stack="acme-storefront-7")
    other = derived([SHOP, API], backend("api"), stack="acme-api-3")
    for cluster in ([SHOP, API, *one, *other], [*other, *one, API, SHOP]):
        for host, headers in (("example.com", {HEADER: "feature1"}), ("feature1.example.com", {})):
            assert asked(cluster, Request(host, "/", headers=headers)) == "stack-feature1/storefront-feature1"
            assert asked(cluster, Request(host, "/api", headers=headers)) == "stack-feature1/api-feature1"
    assert not {each["metadata"]["name"] for each in one} & {each["metadata"]["name"] for each in other}


def test_what_passes_on_to_the_base_keeps_its_middlewares_and_gets_the_context_last() -> None:
    api = ingress_route("api", ("Host(`example.com`) && PathPrefix(`/api`)", "api"))
    api["spec"]["routes"][0]["middlewares"] = [
        {"name": "strip"},
        {"name": "auth", "namespace": "ops"},
        {"name": "x@file"},
    ]
    _, _, *objects = derived([SHOP, api], backend("storefront"))
    (passed,) = [
        route for route in routes_of(objects) if route["match"].startswith("Host(`feature1.example.com`) && Path")
    ]
    assert passed["middlewares"] == [
        {"name": "strip", "namespace": "shop"},
        {"name": "auth", "namespace": "ops"},
        {"name": "x@file"},
        {"name": "acme-feature1-context", "namespace": "stack-feature1"},
    ]


def test_how_a_service_is_talked_to_stays() -> None:
    shop = ingress_route("storefront", ("Host(`example.com`)", "storefront"))
    shop["spec"]["routes"][0]["services"] = [
        {
            "name": "storefront",
            "port": "https",
            "scheme": "https",
            "serversTransport": "own.ca",
            "healthCheck": {"path": "/"},
        }
    ]
    *_, header = derived([shop], backend("storefront"))
    assert header["spec"]["routes"][0]["services"] == [
        {
            "name": "storefront-feature1",
            "namespace": "stack-feature1",
            "port": 8080,
            "scheme": "https",
            "serversTransport": "shop-own-ca@kubernetescrd",
        }
    ]


def test_of_a_split_only_the_services_own_part_moves() -> None:
    shop = ingress_route("storefront", ("Host(`example.com`)", "storefront"))
    shop["spec"]["routes"][0]["services"] = [
        {"name": "storefront", "port": 80, "weight": 9},
        {"name": "canary", "port": 80, "weight": 1},
        {"name": "mirror", "kind": "TraefikService"},
    ]
    *_, header = derived([shop], backend("storefront"))
    assert "middlewares" not in header["spec"]["routes"][0]  # the canary's answers are not the stack's
    assert [(each["namespace"], each["name"]) for each in header["spec"]["routes"][0]["services"]] == [
        ("stack-feature1", "storefront-feature1"),
        ("shop", "canary"),
        ("shop", "mirror"),
    ]


def test_entry_points_class_and_tls_are_the_bases_own() -> None:
    tls = {"secretName": "wildcard", "options": {"name": "modern"}, "certResolver": "le", "store": {"name": "default"}}
    shop = ingress_route("web", ("Host(`example.com`)", "storefront"), entryPoints=["websecure"], tls=tls)
    shop["metadata"]["annotations"] = {"kubernetes.io/ingress.class": "public", "other": "x"}
    _, _, *objects = derived([shop], backend("storefront"))
    for each in objects:
        assert each["spec"]["entryPoints"] == ["websecure"]
        assert each["spec"]["tls"] == {"options": {"name": "modern", "namespace": "shop"}, "certResolver": "le"}
        assert each["metadata"]["annotations"] == {"kubernetes.io/ingress.class": "public"}


def test_a_rule_of_alternatives_keeps_its_parentheses() -> None:
    shop = ingress_route("storefront", ("Host(`example.com`) || Host(`www.example.com`)", "storefront"))
    *_, made = derived([shop], backend("storefront"))
    assert [each["match"] for each in made["spec"]["routes"]] == [
        f"{NAMED} && Host(`example.com`) && (Host(`example.com`) || Host(`www.example.com`))",
        "Host(`feature1.example.com`)",
    ]


def test_version_2_has_its_own_word_for_headers() -> None:
    middleware, _, header = derived([SHOP], backend("storefront"), api_group="traefik.containo.us")
    assert middleware["apiVersion"] == header["apiVersion"] == "traefik.containo.us/v1alpha1"
    assert f"Headers(`{HEADER}`, `feature1`)" in header["spec"]["routes"][0]["match"]


def test_a_host_that_the_base_does_not_route_gets_plain_rules() -> None:
    *_, made = derived([], backend("storefront"), entrypoints=("web", "websecure"))
    assert made["spec"]["entryPoints"] == ["web", "websecure"]
    assert [each["match"] for each in made["spec"]["routes"]] == [
        f"{NAMED} && Host(`example.com`)",
        "Host(`feature1.example.com`)",
    ]


def test_a_service_without_hosts_gets_no_routes() -> None:
    assert (
        derive([SHOP], stack="s", label="l", header=HEADER, namespace="n", services=[Backend("worker", (), "w", "n", 80)])
        == []
    )


@pytest.mark.parametrize(
    ("base", "kind"),
    [
        ([ingress_route("a", ("Host(`example.com`) & broken", "storefront"))], "unreadable"),
        ([ingress_route("a", (r"HostRegexp(`\p{Letter}`)", "storefront"))], "unreadable"),
        ([SHOP, ingress_route("a", ("Host(`feature1.example.com`)", "other"))], "taken"),
        ([SHOP, ingress_route("a", routes=[{**WILD, "priority": 10**15}])], "priority"),
        ([ingress_route("a", ("Host(`example.com`)", "other"))], "served-by-other"),
        ([SHOP, ingress_route("a", ("Host(`example.com`)", "x"), routes=[{"match": "Host(`example.com`)"}])], "layered"),
        (
            [
                ingress_route(
                    "a", routes=[{"match": "Host(`example.com`)", "priority": 2**60, "services": [{"name": "a"}]}]
                )
            ],
            "priority",
        ),
    ],
)
def test_what_cannot_be_done_safely_is_refused(base: list[dict[str, Any]], kind: str) -> None:
    with pytest.raises(RefusedRoutesError) as refused:
        derived(base, backend("storefront"))
    assert [each.kind for each in refused.value.refusals] == [kind]
    assert refused.value.refusals[0].route == "shop/a"
    assert "example.com" in refused.value.refusals[0].host


def test_an_unreadable_rule_of_another_host_is_none_of_our_business() -> None:
    broken = ingress_route("broken", ("Host(`elsewhere.org`) & nonsense", "x"))
    assert len(derived([SHOP, broken], backend("storefront"))) == 3


def test_a_base_of_another_name_is_known_by_its_mark_or_by_being_told() -> None:
    shop = ingress_route("web", ("Host(`example.com`)", "frontend-prod"))
    told = backend("storefront", base=(Place("frontend-prod", "shop"),))
    assert len(derived([shop], told)) == 3
    with pytest.raises(RefusedRoutesError, match="frontend-prod"):
        derived([shop], backend("storefront", base=(Place("frontend-prod", "elsewhere"),)))
    shop["metadata"]["labels"] = {"devstack.dev/service": "storefront"}
    assert len(derived([shop], backend("storefront"))) == 3


def test_a_preview_host_goes_before_a_wildcard_of_the_base() -> None:
    wild = ingress_route("wild", routes=[WILD])
    cluster = [SHOP, wild, *derived([SHOP, wild], backend("storefront"))]
    assert asked(cluster, Request("feature1.example.com")) == "stack-feature1/storefront-feature1"
    assert asked(cluster, Request("feature2.example.com")) == "wild"


def test_features_are_not_base() -> None:
    own = derived([SHOP], backend("storefront"))
    assert routes.is_base(SHOP)
    assert not any(routes.is_base(each) for each in own)
    assert not routes.is_base(SHOP, feature_namespaces={"shop"})
    unmarked = {**SHOP, "metadata": {**SHOP["metadata"], "labels": {"devstack.dev/stack": "acme-base"}}}
    assert routes.is_base(unmarked)


def test_the_order_of_the_list_does_not_matter() -> None:
    assert derived([SHOP, API], backend("storefront")) == derived([API, SHOP], backend("storefront"))


@pytest.mark.parametrize("bad", ["a`b", 'a"b', "a b", "A", "", "a" * 41, "-a", "a.b", "a`) || Host(`x"])
def test_a_label_that_cannot_stand_in_a_rule_is_refused(bad: str) -> None:
    with pytest.raises(names.InvalidNameError):
        derived([SHOP], backend("storefront"), label=bad)


@pytest.mark.parametrize("bad", ["a`b", "", "a b", "a:b", "a\nb", "é"])
def test_a_header_that_cannot_stand_in_a_rule_is_refused(bad: str) -> None:
    with pytest.raises(names.InvalidNameError):
        derived([SHOP], backend("storefront"), header=bad)


@pytest.mark.parametrize("bad", ["example", "exa`mple.com", "example.com`)", "EXAMPLE.com", "a..b"])
def test_a_host_that_cannot_stand_in_a_rule_is_refused(bad: str) -> None:
    with pytest.raises(names.InvalidNameError):
        derived([SHOP], backend("storefront", bad))


def test_what_comes_ahead_is_what_the_routes_need_and_no_more() -> None:
    of = {"stack": "acme-feature1", "label": "feature1", "header": HEADER, "namespace": "stack-feature1", "revision": "1"}
    ahead = routes.ahead(**of)
    found = derived([SHOP], backend("storefront"), revision="1")
    assert ahead == [each for each in found if each["kind"] == "Middleware"]
    with pytest.raises(names.InvalidNameError):
        routes.ahead(**{**of, "header": "a header"})
