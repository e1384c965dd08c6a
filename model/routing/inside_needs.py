"""What Traefik lacks for stacks and for in-cluster routing: its flags, its entry points, the Services in front of it.

Pure: from the arguments of Traefik's container and from the cluster's Services and IngressRoutes, as plain manifests.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model.marks import LABEL_SERVICE
from model.routing import inside, rules
from model.routing.reissue import identity
from model.routing.rules import UnreadableRuleError

Manifest = Mapping[str, Any]

CROSS_NAMESPACE = "providers.kubernetescrd.allowcrossnamespace"
OUTSIDE = ("LoadBalancer", "NodePort")


@dataclass(frozen=True, slots=True)
class Need:
    """Something that is missing or wrong: the object, what is the matter, what to do. Texts for people."""

    object: str
    problem: str
    remedy: str


def missing(arguments: Sequence[str], services: Iterable[Manifest], routes: Iterable[Manifest]) -> list[Need]:
    """All that is missing; nothing where all is well.

    `services` and `routes` are those of the whole cluster. What Traefik reads from a file or its environment is not seen:
    where its arguments name no entry point, this is the only thing that is said of them.
    """
    flags = dict(_flags(arguments))
    listed, issued = list(services), list(routes)
    entrypoints = dict(_entrypoints(flags))
    if not entrypoints:
        problem = "Its arguments name no entry points, so that it is set up by a file or its environment."
        return [Need("Traefik", problem, "Compare it with docs/routing.md, “Inside the cluster”.")]
    return [
        *_cross_namespace(flags),
        *(need for each in issued if inside.is_inside(each) for need in _route(each, flags, entrypoints)),
        *(need for each in listed if _well_known(each) for need in _gateway(each, listed, issued, entrypoints)),
        *_loops(listed, issued),
        *_twice([each for each in issued if inside.is_inside(each)]),
    ]


def _flags(arguments: Iterable[str]) -> Iterator[tuple[str, str]]:
    for each in arguments:
        name, given, value = each.removeprefix("--").partition("=")
        yield name.lower(), value if given else "true"


def _entrypoints(flags: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """Each entry point with its port."""
    for name, value in flags.items():
        parts = name.split(".")
        if len(parts) == 3 and (parts[0], parts[2]) == ("entrypoints", "address"):
            port = value.partition("/")[0].rpartition(":")[2]
            yield parts[1], int(port) if port.isdecimal() else 0


def _cross_namespace(flags: Mapping[str, str]) -> Iterator[Need]:
    if flags.get(CROSS_NAMESPACE, "false").lower() not in ("true", "1"):
        yield Need(
            "Traefik",
            "It takes no references from one namespace to another, so a stack in a namespace of its own gets no routes.",
            "Add `--providers.kubernetescrd.allowCrossNamespace=true`, or have stacks live in the base's namespace.",
        )


def _route(route: Manifest, flags: Mapping[str, str], entrypoints: Mapping[str, int]) -> Iterator[Need]:
    named = route["spec"].get("entryPoints") or ()
    about = f"IngressRoute `{identity(route)}`"
    if not named:
        yield Need(about, "It is at all of Traefik's entry points.", "Name one that is for in-cluster calls alone.")
    for each in named:
        if each.lower() not in entrypoints:
            yield Need(about, f"Traefik has no entry point `{each}`.", f"Add `--entrypoints.{each}.address=:<port>`.")
        if f"entrypoints.{each.lower()}.http.redirections.entrypoint.to" in flags:
            yield Need(about, f"The entry point `{each}` redirects all requests.", "Use one that does not.")


def _well_known(service: Manifest) -> bool:
    return inside.is_inside(service) and service["spec"].get("type") == "ExternalName"


def _gateway(
    service: Manifest, services: Sequence[Manifest], routes: Sequence[Manifest], entrypoints: Mapping[str, int]
) -> Iterator[Need]:
    """What the Service lacks that a well-known name leads to: callers keep their port, so it needs each of them."""
    about = f"Service `{identity(service)}`"
    name, _, rest = str(service["spec"]["externalName"]).partition(".")
    namespace = rest.partition(".")[0]
    gateway = next((each for each in services if identity(each) == f"{namespace}/{name}"), None)
    if gateway is None:
        yield Need(about, f"There is no Service `{namespace}/{name}`, which it leads to.", "Make it, or name another.")
        return
    ports = {each["port"]: each.get("targetPort", each["port"]) for each in gateway["spec"].get("ports") or ()}
    for port in service["spec"].get("ports") or ():
        entrypoint = _entrypoint(service, port["port"], routes)
        wanted = entrypoints.get(entrypoint.lower(), 0)
        target = ports.get(port["port"])
        if target is None:
            remedy = f"Give it that port, with the port of the entry point `{entrypoint}` as its target."
            yield Need(f"Service `{identity(gateway)}`", f"{about} needs its port {port['port']}.", remedy)
        elif wanted and isinstance(target, int) and target != wanted:
            problem = f"Its port {port['port']} leads to {target}, and not to {wanted}, the entry point `{entrypoint}`."
            yield Need(f"Service `{identity(gateway)}`", problem, "Correct its `targetPort`.")
        elif wanted:
            yield from _exposed(entrypoint, wanted, gateway, services, about)


def _entrypoint(service: Manifest, port: int, routes: Iterable[Manifest]) -> str:
    """The entry point where calls of this port are taken."""
    home, mark = service["metadata"]["namespace"], service["metadata"]["labels"].get(LABEL_SERVICE)
    for each in routes:
        metadata = each["metadata"]
        if not inside.is_inside(each) or (metadata["namespace"], metadata["labels"].get(LABEL_SERVICE)) != (home, mark):
            continue
        led = {entry.get("port") for rule in each["spec"]["routes"] for entry in rule.get("services") or ()}
        if port in led and each["spec"].get("entryPoints"):
            return str(each["spec"]["entryPoints"][0])
    return ""


def _exposed(entrypoint: str, port: int, gateway: Manifest, services: Iterable[Manifest], about: str) -> Iterator[Need]:
    home, selector = gateway["metadata"]["namespace"], gateway["spec"].get("selector")
    for each in services:
        if each["metadata"]["namespace"] != home or each["spec"].get("selector") != selector:
            continue
        if each["spec"].get("type") in OUTSIDE and any(
            target.get("targetPort", target["port"]) in (port, entrypoint) for target in each["spec"].get("ports") or ()
        ):
            problem = f"`{identity(each)}` offers the entry point `{entrypoint}` to the outside, and so {about}."
            yield Need(f"Service `{identity(each)}`", problem, "Take that port away from it.")


def _loops(services: Iterable[Manifest], routes: Iterable[Manifest]) -> Iterator[Need]:
    known = {identity(each) for each in services if _well_known(each)}
    for route in routes:
        home = route["metadata"]["namespace"]
        for rule in route["spec"].get("routes") or ():
            for entry in rule.get("services") or ():
                place = f"{entry.get('namespace') or home}/{entry['name']}"
                if place in known:
                    problem = f"The rule `{rule['match']}` leads to `{place}`, which leads back to Traefik."
                    yield Need(f"IngressRoute `{identity(route)}`", problem, f"Lead it to `{place}-base`.")


def _twice(routes: Sequence[Manifest]) -> Iterator[Need]:
    """Two in-cluster services of one name at one entry point: the Host header alone cannot tell them apart."""
    first: dict[tuple[str, str], Manifest] = {}
    for route in sorted(routes, key=identity):
        for host in sorted({host for rule in route["spec"].get("routes") or () for host in _hosts(rule)}):
            for entrypoint in route["spec"].get("entryPoints") or ("",):
                other = first.setdefault((host, entrypoint), route)
                if other is not route:
                    problem = (
                        f"It takes the name `{host}` at the entry point `{entrypoint}`, as `{identity(other)}` does."
                    )
                    remedy = "Give one of them a gateway with an entry point of its own, or `gateway.shortName: false`."
                    yield Need(f"IngressRoute `{identity(route)}`", problem, remedy)


def _hosts(rule: Mapping[str, Any]) -> list[str]:
    try:
        return list(inside.named(rules.parse(rule.get("match") or "")))
    except UnreadableRuleError:
        return []
