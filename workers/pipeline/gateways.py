"""The way into Traefik for calls by well-known names, as a worker has it: the base's own objects tell it, no DNS is asked.

A name is an `ExternalName` that leads to a Service in front of Traefik. That Service's address in the cluster is reached from
within, and from a host that the cluster runs on; elsewhere it is not, and then nothing can be said of such calls.
"""

import socket
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model.marks import LABEL_INSIDE, LABEL_SERVICE
from model.routing import inside
from model.routing.reissue import identity
from model.routing.samples import Sample, sample
from workers.cluster.belonging import labels_of
from workers.pipeline.routing import port_of, ports_of
from workers.world import World

Manifest = Mapping[str, Any]
Address = tuple[str, int]

REACH_SECONDS = 1.0
PLAIN_PORT = 80  # where an `ExternalName` lists no port, callers of plain HTTP go there
NO_CLUSTER_IP = ("", "None")


@dataclass(frozen=True, slots=True)
class Gateway:
    """A Service in front of Traefik: `name` as callers have it, `address` where it is in the cluster."""

    name: str
    address: Address


@dataclass(frozen=True, slots=True)
class Name:
    """A well-known name that a base's in-cluster route takes, with a path that it takes too. `at` is where to ask for it;
    where nobody can, `why` says it for people."""

    host: str
    path: str
    at: Address | None = None
    why: str = ""


class Gateways:
    """Those of some in-cluster routes of the base. Whether one is reached is tried once."""

    def __init__(self, routes: Iterable[Manifest], services: Iterable[Manifest]) -> None:
        """`services`: those of the routes' namespaces, and of the namespaces that their names lead to."""
        self.routes = tuple(routes)
        self._services = tuple(services)
        self._reached: dict[Address, bool] = {}

    def of(self, route: Manifest) -> Gateway | None:
        """The gateway by which an in-cluster route's calls come in; None where no Service leads there."""
        for named in names_of(route, self._services):
            port = called(named, route)
            host = str(named["spec"]["externalName"])
            return Gateway(f"{host}:{port}", (address(host, self._services), port))
        return None

    def reaches(self, found: Gateway) -> bool:
        """Whether somebody takes connections there."""
        if found.address not in self._reached:
            try:
                socket.create_connection(found.address, REACH_SECONDS).close()
                self._reached[found.address] = True
            except OSError:
                self._reached[found.address] = False
        return self._reached[found.address]

    def by_entrypoint(self) -> dict[str, Address | None]:
        """Where each entry point of these routes is reached; None where it is not."""
        places: dict[str, Address | None] = {}
        for route in self.routes:
            found = self.of(route)
            at = found.address if found is not None and self.reaches(found) else None
            for entrypoint in route["spec"].get("entryPoints") or ():
                places[entrypoint] = places.get(entrypoint) or at
        return places

    def name(self, route: Manifest, port: int, health: str) -> Name | None:
        """By what name and path an in-cluster route is asked: of the port where a service listens for plain requests. None
        for a route of another port."""
        led = [each for each in route["spec"].get("routes") or () if self._leads(route, each, port)]
        if not led:
            return None
        askable = [asked for each in led if (asked := plain(sample(str(each.get("match") or ""))))]
        if not askable:
            return Name(identity(route), "/", why="no plain request is sure to meet its rule")
        first = askable[0]
        path = first.path if first.path != "/" else health or "/"
        found = self.of(route)
        if any(each.get("scheme") == "h2c" for entry in led for each in entry["services"]):
            return Name(first.host, path, why="it speaks HTTP/2 without TLS, which verification does not")
        if found is None:
            return Name(first.host, path, why="no Service of that name leads to Traefik")
        if not self.reaches(found):
            return Name(first.host, path, why=f"`{found.name}` is out of the bot's reach")
        return Name(first.host, path, found.address)

    def _leads(self, route: Manifest, rule: Mapping[str, Any], port: int) -> bool:
        """Whether a rule leads to the port of its Service behind which the program listens at `port`."""
        place = {(each["metadata"]["namespace"], each["metadata"]["name"]): each for each in self._services}
        for entry in rule.get("services") or ():
            home = entry.get("namespace") or route["metadata"]["namespace"]
            service = place.get((home, entry.get("name", "")))
            if service is None or entry.get("port") is None or not ports_of(service):
                return True
            main = port_of(service, port)
            known = {each["port"]: each.get("name") for each in service["spec"]["ports"]}
            if entry["port"] in (main, known.get(main)):
                return True
        return False


def look(
    world: World, base: Iterable[Manifest], wanted: Collection[str] = (), entrypoints: Collection[str] = ()
) -> Gateways:
    """The gateways of those in-cluster routes of the base that are `wanted` (`namespace/name`), or are at one of these entry
    points. The cluster is asked only where there is such a route."""
    routes = [
        each
        for each in base
        if inside.is_inside(each)
        and (identity(each) in wanted or not set(entrypoints).isdisjoint(each["spec"].get("entryPoints") or ()))
    ]
    homes = {each["metadata"]["namespace"] for each in routes}
    if not homes:
        return Gateways((), ())
    services = world.aliases.services(homes)
    led = {str(named["spec"]["externalName"]) for each in routes for named in names_of(each, services)}
    fronts = {namespace for _, namespace in filter(None, map(in_cluster, led))} - homes
    return Gateways(routes, [*services, *(world.aliases.services(fronts) if fronts else ())])


def names_of(route: Manifest, services: Iterable[Manifest]) -> Iterator[Manifest]:
    """The Services that are a well-known name of the service whose in-cluster route this is."""
    home, marked = route["metadata"]["namespace"], labels_of(route).get(LABEL_SERVICE)
    for each in services:
        if (
            LABEL_INSIDE in labels_of(each)
            and labels_of(each).get(LABEL_SERVICE) == marked
            and each["metadata"]["namespace"] == home
            and each["spec"].get("externalName")
        ):
            yield each


def called(named: Manifest, route: Manifest) -> int:
    """The port by which callers of a name come to a route: that of the Service behind it, for an `ExternalName` changes none."""
    ports = named["spec"].get("ports") or []
    led = [entry.get("port") for each in route["spec"].get("routes") or () for entry in each.get("services") or ()]
    for each in ports:
        if each["port"] in led or each.get("name", "") in led:
            return int(each["port"])
    return int(ports[0]["port"]) if len(ports) == 1 else PLAIN_PORT


def address(host: str, services: Sequence[Manifest]) -> str:
    """A Service's address in the cluster; the name itself of what is no Service with an address."""
    place = in_cluster(host)
    for each in services:
        if place is not None and place == (each["metadata"]["name"], each["metadata"]["namespace"]):
            found = str(each["spec"].get("clusterIP") or "")
            return host if found in NO_CLUSTER_IP else found
    return host


def in_cluster(host: str) -> tuple[str, str] | None:
    """Name and namespace of the Service that a full name in the cluster's DNS means."""
    parts = host.removesuffix(".").split(".")
    return (parts[0], parts[1]) if len(parts) > 2 and parts[2] == "svc" else None


def plain(found: Sample | None) -> Sample | None:
    """A request that asks for nothing but host and path; None for any other."""
    return found if found is not None and not found.headers and not found.query else None
