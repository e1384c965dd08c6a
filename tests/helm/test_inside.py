"""In-cluster routing in the charts: only for the base, one entry point a port, the pods behind `<name>-base`."""

from typing import Any

import pytest

from model import names
from model.routing import rules
from model.routing.inside import is_inside, named, of_service
from tests.helm.conftest import Rendered, Tools
from tests.helm.schemas import errors
from tests.helm.test_service import BASE, FEATURE

pytestmark = pytest.mark.helm

INSIDE: dict[str, Any] = {
    **BASE,
    "inCluster": True,
    "gateway": {"host": "traefik-inside.infra.svc.cluster.local", "entryPoints": {"9000": "inside-rpc"}},
    "ports": [{"name": "rpc", "port": 9000, "scheme": "h2c"}],
}


def services(rendered: Rendered) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in rendered if each["kind"] == "Service"}


def routes(rendered: Rendered) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in rendered if each["kind"] == "IngressRoute"}


def test_the_name_leads_to_the_proxy_and_the_pods_are_behind_another(tools: Tools) -> None:
    rendered = tools.template("service", INSIDE, more=["--namespace=shop"])
    assert errors(rendered) == []
    made = services(rendered)
    assert made.keys() == {"storefront", names.behind("storefront")}
    assert made["storefront"]["spec"]["type"] == "ExternalName"
    assert made["storefront"]["spec"]["externalName"] == "traefik-inside.infra.svc.cluster.local"
    assert "selector" not in made["storefront"]["spec"]
    assert is_inside(made["storefront"])
    assert made["storefront"]["metadata"]["annotations"] == {"devstack.dev/behind": "storefront-base"}
    behind = made["storefront-base"]["spec"]
    assert behind["selector"] == {"app.kubernetes.io/name": "storefront", "app.kubernetes.io/instance": "shop"}
    assert [(each["port"], each["targetPort"]) for each in behind["ports"]] == [(80, 8080), (9000, 9000)]


def test_each_port_has_a_route_of_its_own_for_all_names(tools: Tools) -> None:
    made = routes(tools.template("service", INSIDE, more=["--namespace=shop"]))
    assert made.keys() == {"storefront", "storefront-inside-80", "storefront-inside-9000"}
    http, rpc = made["storefront-inside-80"], made["storefront-inside-9000"]
    assert (http["spec"]["entryPoints"], rpc["spec"]["entryPoints"]) == (["inside"], ["inside-rpc"])
    for each in (http, rpc):
        (rule,) = each["spec"]["routes"]
        full = names.cluster_address("storefront", "shop", "cluster.local")
        assert list(named(rules.parse(rule["match"]))) == ["storefront", "storefront.shop", "storefront.shop.svc", full]
    assert http["spec"]["routes"][0]["services"] == [{"name": "storefront-base", "port": 80}]
    assert rpc["spec"]["routes"][0]["services"] == [{"name": "storefront-base", "port": 9000, "scheme": "h2c"}]
    placed = [{**each, "metadata": {**each["metadata"], "namespace": "shop"}} for each in made.values()]
    assert of_service(placed, "storefront") == ("shop/storefront-inside-80", "shop/storefront-inside-9000")


def test_requests_from_outside_go_straight_to_the_pods(tools: Tools) -> None:
    outside = routes(tools.template("service", INSIDE))["storefront"]
    assert not is_inside(outside)
    assert outside["spec"]["routes"][0]["services"] == [{"name": "storefront-base", "port": 80}]


def test_a_feature_has_no_well_known_name(tools: Tools) -> None:
    rendered = tools.template("service", {**INSIDE, "devstack_label": "feature1", "fullnameOverride": "s-feature1"})
    assert services(rendered).keys() == {"s-feature1"}
    assert not any(map(is_inside, rendered))


def test_without_it_nothing_is_different(tools: Tools) -> None:
    off = {**INSIDE, "inCluster": False, "ports": []}
    assert tools.template("service", off) == tools.template("service", BASE)
    assert tools.template("service", {**FEATURE, "inCluster": True}) == tools.template("service", FEATURE)


def test_another_cluster_domain_and_no_short_name(tools: Tools) -> None:
    gateway = {**INSIDE["gateway"], "clusterDomain": "example.internal", "shortName": False}
    made = routes(tools.template("service", {**INSIDE, "gateway": gateway}, more=["--namespace=shop"]))
    match = made["storefront-inside-80"]["spec"]["routes"][0]["match"]
    assert list(named(rules.parse(match))) == [
        "storefront.shop",
        "storefront.shop.svc",
        "storefront.shop.svc.example.internal",
    ]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"gateway": {}}, "inCluster needs gateway.host"),
        ({"gateway": {"host": "gate"}}, "gateway.entryPoints has none for the port 9000"),
        ({"gateway": {"host": "gate", "entryPoints": {"9000": "inside"}}}, "80 and 9000 cannot share the entry point"),
        ({"inCluster": "yes"}, "inCluster"),
    ],
)
def test_what_cannot_work_is_refused(tools: Tools, changed: dict[str, Any], said: str) -> None:
    assert said in tools.refusal("service", {**INSIDE, **changed})
