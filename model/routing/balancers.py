"""Traefik's TraefikServices, which share a rule's requests out among Services: copied where a stack has one of these.

The base's object is never written. A copy is the stack's own, with the stack's Service in the place of the base's; what is
nested is copied likewise. Source: Traefik's Kubernetes CRD provider, `TraefikServiceSpec`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from model import names
from model.routing import references

Entry = Mapping[str, Any]
Redirect = Callable[[Entry, str], tuple[str, dict[str, Any]] | None]

KIND = "TraefikService"
SHARES = ("weighted", "highestRandomWeight")  # ways in which `services` are listed


@dataclass(frozen=True, slots=True)
class Led:
    """Where a rule's service entry leads when it is issued again."""

    entry: dict[str, Any]
    services: frozenset[str] = frozenset()  # those of the stack that it may lead to
    own: bool = False  # whether every answer comes from the stack
    copies: tuple[dict[str, Any], ...] = ()  # TraefikServices that must be there: `name`, `namespace`, `spec`


@dataclass(frozen=True, slots=True)
class Balancers:
    """The base's TraefikServices by `namespace/name`, and what a stack's copies of them need."""

    known: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    stack: str = ""  # whose copies
    namespace: str = ""  # where they stand
    beside: bool = False  # the copies stand beside the base's own, since Traefik leads to no other namespace

    def find(self, entry: Entry, home: str) -> Mapping[str, Any] | None:
        """The object that an entry names; None where it is no TraefikService, or of another provider, or not there."""
        if entry.get("kind", "Service") != KIND:
            return None
        return self.known.get(f"{entry.get('namespace') or home}/{entry['name']}")

    def place(self, found: Mapping[str, Any]) -> dict[str, str]:
        """Name and namespace of the copy."""
        name, home = found["metadata"]["name"], found["metadata"]["namespace"]
        hashed = names.short_hash(f"{home}/{name}")
        return {
            "name": names.joined(names.DNS_LABEL_MAX, self.stack, name, hashed),
            "namespace": home if self.beside else self.namespace,
        }


def read(base: Iterable[Mapping[str, Any]], stack: str, namespace: str, *, beside: bool = False) -> Balancers:
    """The TraefikServices among the base's objects."""
    known = {
        f"{each['metadata']['namespace']}/{each['metadata']['name']}": each for each in base if each.get("kind") == KIND
    }
    return Balancers(known, stack, namespace, beside)


def lead(entry: Entry, home: str, balancers: Balancers, redirect: Redirect, above: tuple[str, ...] = ()) -> Led:
    """Where an entry leads for a stack; `redirect` gives a service of the stack and the entry that leads to it.

    `home` is the namespace in which the entry stands, `above` are the objects that it is nested in. An entry that no
    service of the stack is behind stays as it is.
    """
    redirected = redirect(entry, home)
    if redirected is not None:
        return Led(redirected[1], frozenset({redirected[0]}), own=True)
    passed = Led(references.service(entry, home, beside=balancers.beside))
    found = balancers.find(entry, home)
    if found is None:
        return passed
    inner = found["metadata"]["namespace"]
    path = (*above, f"{inner}/{found['metadata']['name']}")
    if path[-1] in above:  # a circle, which Traefik does not take either
        return passed
    spec = dict(found["spec"])
    deciding: list[Led] = []  # whose answers people see
    silent: list[Led] = []

    def follow(each: Entry, into: list[Led]) -> dict[str, Any]:
        led = lead(each, inner, balancers, redirect, path)
        into.append(led)
        return led.entry

    for share in SHARES:
        if spec.get(share):
            listed = [follow(each, deciding) for each in spec[share].get("services") or ()]
            spec[share] = {**spec[share], "services": listed}
    if spec.get("failover"):
        ways = {
            key: follow(spec["failover"][key], deciding) for key in ("service", "fallback") if key in spec["failover"]
        }
        spec["failover"] = {**spec["failover"], **ways}
    if spec.get("mirroring"):
        mirrors = [follow(each, silent) for each in spec["mirroring"].get("mirrors") or ()]
        spec["mirroring"] = {**follow(spec["mirroring"], deciding), **({"mirrors": mirrors} if mirrors else {})}
    parts = [*deciding, *silent]
    services = frozenset(name for led in parts for name in led.services)
    if not services:
        return passed
    place = balancers.place(found)
    copies = (*(copy for led in parts for copy in led.copies), {**place, "spec": spec})
    return Led({**passed.entry, **place}, services, all(led.own for led in deciding), copies)
