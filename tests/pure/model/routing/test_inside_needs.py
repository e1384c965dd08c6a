"""What Traefik lacks for in-cluster routing, from its arguments and the cluster's objects."""

import copy
from typing import Any

from model.marks import LABEL_INSIDE, LABEL_SERVICE
from model.routing.inside_needs import Need, missing
from tests.pure.model.routing.test_inside import ORDERS, inside_route, plain_route

ARGUMENTS = (
    "--entryPoints.web.address=:80",
    "--entrypoints.inside.address=:8100/tcp",
    "--providers.kubernetescrd.allowCrossNamespace",
)
SELECTOR = {"app": "traefik"}


def service(name: str, namespace: str, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": namespace, "labels": {}}, "spec": spec}


def known(name: str = "orders", *ports: int) -> dict[str, Any]:
    made = service(
        name,
        "shop",
        type="ExternalName",
        externalName="gate.infra.svc.cluster.local",
        ports=[{"port": port} for port in ports or (80,)],
    )
    made["metadata"]["labels"] = {LABEL_INSIDE: "true", LABEL_SERVICE: name}
    return made


GATE = service("gate", "infra", selector=SELECTOR, ports=[{"port": 80, "targetPort": 8100}])
PUBLIC = service("traefik", "infra", type="LoadBalancer", selector=SELECTOR, ports=[{"port": 80, "targetPort": 80}])
SERVICES = [known(), GATE, PUBLIC]


def found(
    services: list[dict[str, Any]] = SERVICES, *routes: dict[str, Any], arguments: tuple[str, ...] = ARGUMENTS
) -> list[Need]:
    return missing(arguments, services, routes or (ORDERS,))


def the_one(needs: list[Need]) -> str:
    (need,) = needs
    return f"{need.object}: {need.problem} {need.remedy}"


def test_nothing_is_missing_where_all_is_there() -> None:
    assert found() == []
    assert missing(ARGUMENTS, [], []) == []


def test_flags() -> None:
    assert "allowCrossNamespace=true" in the_one(found(arguments=ARGUMENTS[:2]))
    assert "no entry point `inside`" in the_one(found(arguments=(ARGUMENTS[0], ARGUMENTS[2])))
    redirects = (*ARGUMENTS, "--entrypoints.inside.http.redirections.entryPoint.to=websecure")
    assert "redirects" in the_one(found(arguments=redirects))
    assert "by a file or its environment" in the_one(found(arguments=("--configFile=/x",)))


def test_the_gateway_must_be_there_with_every_port() -> None:
    assert "There is no Service `infra/gate`" in the_one(found([known(), PUBLIC]))
    rpc = inside_route("orders", port=9000, entrypoint="rpc")
    arguments = (*ARGUMENTS, "--entrypoints.rpc.address=:8101")
    said = the_one(found([known("orders", 80, 9000), GATE], ORDERS, rpc, arguments=arguments))
    assert said.startswith("Service `infra/gate`")
    assert "needs its port 9000" in said
    assert "`rpc`" in said
    wrong = copy.deepcopy(GATE)
    wrong["spec"]["ports"][0]["targetPort"] = 80
    assert "leads to 80, and not to 8100" in the_one(found([known(), wrong]))


def test_what_the_outside_could_reach_is_told() -> None:
    wide = copy.deepcopy(PUBLIC)
    wide["spec"]["ports"].append({"port": 8100, "targetPort": 8100})
    assert "offers the entry point `inside` to the outside" in the_one(found([known(), GATE, wide]))
    anywhere = copy.deepcopy(ORDERS)
    del anywhere["spec"]["entryPoints"]
    assert "all of Traefik's entry points" in the_one(found([known(), GATE], anywhere))


def test_a_route_to_the_well_known_name_would_go_round_in_circles() -> None:
    circle = plain_route("web", "Host(`example.com`)", "orders", "web")
    assert "leads back to Traefik. Lead it to `shop/orders-base`." in the_one(found(SERVICES, ORDERS, circle))


def test_two_of_one_name_at_one_entry_point() -> None:
    said = the_one(found(SERVICES, ORDERS, inside_route("orders", "market")))
    assert "IngressRoute `shop/orders-inside-80`: It takes the name `orders`" in said
    apart = inside_route("orders", "market", entrypoint="market")
    assert found(SERVICES, ORDERS, apart, arguments=(*ARGUMENTS, "--entrypoints.market.address=:8102")) == []
