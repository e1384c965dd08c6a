"""The same table on the Gateway API: the routes that the model derives from HTTPRoutes, at Traefik's Gateway provider."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from model.routing import gateway
from model.routing.routes import Backend
from playground.cluster.value import Playground
from playground.places import places
from playground.progress import silent
from playground.toolset import router
from tests.cluster.routing import features, gateway_shop, objects
from tests.cluster.routing.features import HEADER, Feature
from tests.cluster.routing.passing import GONE, SERVED
from tests.cluster.routing.row import Row
from tests.cluster.routing.shop import NEW
from tests.cluster.routing.table import TABLE
from tests.cluster.routing.tried import Ground, Tried, Version, gatewayed

pytestmark = pytest.mark.cluster

SAID = [pytest.param(row, id=name) for name, row in TABLE if not row.beyond]
NAMESPACES = (
    gateway_shop.BASE,
    gateway_shop.TEAM,
    *(gateway_shop.home(each.namespace) for each in (*features.ALL, features.PASSING)),
)


@pytest.fixture(scope="module")
def definitions(ground: Playground) -> Iterator[None]:
    """The Gateway API's definitions, which the playground has not by itself; gone again at the end."""
    documents = yaml.safe_load_all(router.gateway_definitions(places().cache, silent()).read_text())
    wanted = [each for each in documents if each and each["kind"] == "CustomResourceDefinition"]
    with objects.defined(ground, wanted):
        yield


@pytest.fixture(scope="module")
def tried(laid: Ground, definitions: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    """Traefik 3 at the Gateway API with the base and the features."""
    secret, authority = objects.certificate(gateway_shop.BASE)
    base = gateway_shop.routes(laid.ports)
    derived = [manifest for each in features.ALL for manifest in routes_of(each, laid)]
    with gatewayed(laid, NAMESPACES, tmp_path_factory.mktemp("gateway")) as proxy:
        objects.afresh(laid.playground, NAMESPACES)
        try:
            objects.lay(laid.playground, [secret, *gateway_shop.services(laid.ports)])
            everything = [*gateway_shop.gateway(proxy.ports), *derived, *base]
            objects.lay(laid.playground, everything)
            proxy.until(lambda found: len(found) == routers(everything))
            yield Tried(
                Version(3, gateway_shop.GROUP, "v3"),
                proxy,
                Ground(laid.playground, laid.ports, authority),
                base,
                everything,
            )
        finally:
            objects.take(laid.playground, [*objects.namespaces(NAMESPACES), *list(gateway_shop.gateway(proxy.ports))[:1]])


def routes_of(feature: Feature, laid: Ground) -> list[dict[str, Any]]:
    """A feature's routes, as the model derives them; without hosts that only the feature has."""
    known = {name: tuple(host for host in hosts if host != NEW) for name, hosts in feature.services.items()}
    home = gateway_shop.home(feature.namespace)
    backends = [
        Backend(name, hosts, name, home, laid.ports[f"{name}@{feature.label}"]) for name, hosts in known.items() if hosts
    ]
    return gateway.derive(
        gateway_shop.routes(laid.ports),
        stack=f"suite-{feature.label}",
        label=feature.label,
        header=HEADER,
        namespace=home,
        services=backends,
    )


def routers(manifests: list[dict[str, Any]]) -> int:
    """How many routers Traefik makes of the HTTPRoutes: one for each match at each listener."""
    found = [each["spec"] for each in manifests if each["kind"] == "HTTPRoute"]
    return sum(len(rule["matches"]) * len(spec["parentRefs"]) for spec in found for rule in spec["rules"])


@pytest.mark.parametrize("row", SAID)
def test_a_request_reaches_its_target(tried: Tried, row: Row) -> None:
    tried.holds(row)


def test_most_of_the_table_can_be_said() -> None:
    assert len(SAID) >= 150


def test_a_stack_comes_and_goes(tried: Tried) -> None:
    services = list(gateway_shop.services_of(features.PASSING, tried.ground.ports))
    passing = routes_of(features.PASSING, tried.ground)
    assert tried.targets(GONE) == [row.to for row in GONE]
    objects.lay(tried.ground.playground, [*services, *passing])
    try:
        tried.proxy.until(lambda found: len(found) == routers([*tried.laid, *passing]))
        assert tried.targets(SERVED) == [row.to for row in SERVED]
    finally:
        objects.take(tried.ground.playground, passing)
    tried.proxy.until(lambda found: len(found) == routers(tried.laid))
    assert tried.targets(GONE) == [row.to for row in GONE]
