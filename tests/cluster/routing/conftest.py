"""Backends on this host and Services that lead to them, for the whole suite; a Traefik of each version in turn."""

from collections.abc import Iterator

import pytest

from playground.cluster.value import Playground
from playground.routing import targets
from tests.cluster.routing import features, objects, shop
from tests.cluster.routing.tried import ACROSS, NAMESPACES, VERSIONS, Ground, Tried, Version, started


@pytest.fixture(scope="module")
def laid(ground: Playground) -> Iterator[Ground]:
    """Namespaces, Services and the certificate; the namespaces go at the end."""
    names = [f"{name}@base" for name, _ in shop.backends()]
    names += [target for each in (*features.ALL, features.PASSING) for target in each.targets]
    with targets.serving(names) as ports:
        secret, authority = objects.certificate()
        services = [targets.service(name, home, ports[f"{name}@base"]) for name, home in shop.backends()]
        for each in (*features.ALL, features.PASSING):
            services += [targets.service(name, each.namespace, ports[f"{name}@{each.label}"]) for name in each.services]
        objects.afresh(ground, NAMESPACES)
        try:
            objects.lay(ground, [*services, secret])
            yield Ground(ground, ports, authority)
        finally:
            objects.take(ground, objects.namespaces(NAMESPACES))


@pytest.fixture(scope="module", params=VERSIONS, ids=str)
def tried(request: pytest.FixtureRequest, laid: Ground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    """A Traefik with the base and the features' routes, as that version writes them."""
    version: Version = request.param
    if version.major == 2:
        request.getfixturevalue("old_group")  # it waits for the definitions of both
    beside = list(shop.beside(version.group, laid.ports))
    base = [
        *shop.ingress_routes(version.group, version.syntax, laid.ports),
        *(each for each in beside if each["kind"] == "TraefikService"),
    ]
    derived = [
        manifest for each in features.ALL for manifest in each.routes(base, version.group, version.syntax, laid.ports)
    ]
    everything = [*beside, *derived, *base]
    with started(version.major, laid, tmp_path_factory.mktemp("traefik"), ACROSS, *version.arguments) as proxy:
        objects.lay(laid.playground, everything)
        try:
            proxy.took(objects.rules(everything))
            yield Tried(version, proxy, laid, base, everything)
        finally:
            objects.take(laid.playground, everything)
