"""The same base application on the Gateway API, as far as it can be said there: HTTPRoutes at a Gateway of Traefik's."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from playground.routing import targets
from tests.cluster.routing import features, shop
from tests.cluster.routing.shop import PAIR_A, PAIR_B, SECURE, SHOP

BASE, TEAM = "routing-gateway", "routing-gateway-team"  # the Services are of another kind than the other suite's
GROUP = "gateway.networking.k8s.io"
VERSION = f"{GROUP}/v1"
CLASS = "routing-suite"
LABEL = {"suite": "routing"}  # of the GatewayClass, so that no other Traefik takes it
EVERYWHERE = {"namespaces": {"from": "All"}}

Rule = dict[str, Any]


def home(namespace: str) -> str:
    """Where the other suite's namespace has its counterpart."""
    return {shop.BASE: BASE, shop.TEAM: TEAM}.get(namespace, f"{namespace}-gateway")


def prefix(path: str, **more: Any) -> dict[str, Any]:
    """A match by path."""
    return {"path": {"type": "PathPrefix", "value": path}, **more}


CUT = ({"type": "URLRewrite", "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}}},)
SLOW = [{"name": "mode", "value": "slow"}]


def gateway(ports: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """A Gateway at the ports of Traefik's entry points."""
    tls = {"mode": "Terminate", "certificateRefs": [{"name": "secure-tls"}]}
    listeners = [
        {
            "name": name,
            "port": port,
            "protocol": "HTTPS" if name == "secure" else "HTTP",
            "allowedRoutes": EVERYWHERE,
            **({"tls": tls} if name == "secure" else {}),
        }
        for name, port in ports.items()
    ]
    described = {"controllerName": "traefik.io/gateway-controller"}
    yield {"apiVersion": VERSION, "kind": "GatewayClass", "metadata": {"name": CLASS, "labels": LABEL}, "spec": described}
    yield _object("Gateway", "entry", BASE, {"gatewayClassName": CLASS, "listeners": listeners})


def routes(ports: Mapping[str, int]) -> list[dict[str, Any]]:
    """The base's HTTPRoutes; `ports` are those of the Services `<name>@base`."""

    def rule(matches: Sequence[dict[str, Any]], *to: tuple[str, int], filters: Sequence[Any] = ()) -> Rule:
        refs = [{"name": name, "port": ports[f"{name}@base"], "weight": weight} for name, weight in to]
        return {"matches": list(matches), "backendRefs": refs, **({"filters": list(filters)} if filters else {})}

    def all_to(name: str) -> list[Rule]:
        return [rule([prefix("/")], (name, 1))]

    rules = [
        rule([prefix("/")], ("site", 1)),
        rule([prefix("/orders")], ("orders", 1)),
        rule([prefix("/orders", method="DELETE")], ("audit", 1)),
        rule([{"path": {"type": "Exact", "value": "/orders/hot"}}], ("hot", 1)),
        {"name": "cart", **rule([prefix("/cart")], ("cart", 1), filters=CUT)},
        rule([prefix("/basket")], ("cart", 1), filters=CUT),
        rule([prefix("/site", headers=[{"name": "X-Beta", "value": "1"}])], ("beta", 1)),
        rule([prefix("/search")], ("search", 1)),
        rule([prefix("/search", queryParams=SLOW)], ("site", 1)),
        rule([prefix("/docs")], ("docs", 1), ("docs-old", 0)),
        rule([prefix("/pay")], ("pay", 1), ("pay-next", 0)),
    ]
    return [
        _route("shop", [SHOP], rules, "web", "internal"),
        _route("admin", [SHOP], [rule([prefix("/admin")], ("admin", 1))], "internal"),
        _route("reports", [SHOP], [rule([prefix("/reports")], ("reports", 1), filters=CUT)], "web", namespace=TEAM),
        _route("tenants", ["*.tenants.example.org"], all_to("tenants"), "web"),
        _route("solo", [PAIR_A], all_to("solo"), "web"),
        _route("duo", [PAIR_B], all_to("duo"), "web"),
        _route("secure", [SECURE], all_to("vault"), "secure"),
        _route("rest", [], all_to("rest"), "web"),
    ]


def services(ports: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """The Services of the base and of the features."""
    for name, namespace in shop.backends():
        yield from targets.sliced(name, home(namespace), ports[f"{name}@base"])
    for each in features.ALL:
        yield from services_of(each, ports)


def services_of(feature: features.Feature, ports: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """The Services of one feature."""
    for name in feature.services:
        yield from targets.sliced(name, home(feature.namespace), ports[f"{name}@{feature.label}"])


def _route(name: str, hosts: Sequence[str], rules: Sequence[Rule], *at: str, namespace: str = BASE) -> dict[str, Any]:
    parents = [{"name": "entry", "namespace": BASE, "sectionName": section} for section in at]
    spec = {"parentRefs": parents, **({"hostnames": list(hosts)} if hosts else {}), "rules": list(rules)}
    return _object("HTTPRoute", name, namespace, spec)


def _object(kind: str, name: str, namespace: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": VERSION, "kind": kind, "metadata": metadata, "spec": dict(spec)}
