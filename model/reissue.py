"""The rules of one host, issued again for a feature: which of them count, in which order, and where each leads.

Traefik takes the matching rule of the highest priority. Every rule of the host keeps its place among the others, all
of them above the base; those that lead to a service of the stack lead to its copy, the others to where they led before.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from model import references, rules
from model.marks import LABEL_SERVICE
from model.rules import Rule, Syntax, UnreadableRuleError

Manifest = Mapping[str, Any]

OFFSET = 1_000_000_000  # above what people write by hand
PRIORITY_MIN = -OFFSET // 4  # so that even what stands lowest comes above OFFSET / 2
PRIORITY_MAX = 2**52  # JSON readers may keep numbers as float64: twice this and the offset are still exact


@dataclass(frozen=True, slots=True)
class Place:
    """A Kubernetes Service; an empty namespace stands for any."""

    name: str
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Backend:
    """A service of the stack and the Kubernetes Service that its routes lead to.

    `base` lists the Services that may be its base; where it is empty, they are told by their names.
    """

    service: str
    hosts: tuple[str, ...]
    name: str
    namespace: str
    port: int | str
    base: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a host cannot get routes. `problem` is one or more sentences for people."""

    kind: Literal["unreadable", "taken", "served-by-other", "layered", "priority"]
    host: str
    problem: str
    route: str = ""  # namespace/name of the IngressRoute that stands in the way


class RefusedError(Exception):
    """One host cannot get routes."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.problem)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class BaseRule:
    """One rule of a base IngressRoute."""

    owner: Manifest
    route: Mapping[str, Any]
    rule: Rule
    syntax: Syntax

    @property
    def home(self) -> str:
        """The namespace that its references are relative to."""
        return str(self.owner["metadata"]["namespace"])

    @property
    def priority(self) -> int:
        """As Traefik sees it."""
        return effective_priority(self.route)


@dataclass(frozen=True, slots=True)
class Reissued:
    """A rule as issued again, still without the condition that makes it the feature's."""

    owner: Manifest | None
    on_base: str  # the condition for the base host
    residue: str  # what else must hold on the preview host; empty: nothing
    syntax: Syntax
    priority: int
    services: tuple[dict[str, Any], ...]
    own: bool  # whether every answer comes from the stack
    middlewares: tuple[dict[str, Any], ...] = ()
    rest: Mapping[str, Any] = field(default_factory=dict)


def effective_priority(route: Mapping[str, Any]) -> int:
    """A rule's priority as Traefik sees it: the one given, or else the length of the rule in bytes."""
    return int(route.get("priority") or 0) or len(route["match"].encode())


def priority_above(base: int, *, own: bool) -> int:
    """The priority of a rule that is issued again: above the base, in the base's order.

    Of two stacks that share a label and a host, the one that has the service (`own`) goes before the one that only
    passes requests on to the base.
    """
    return OFFSET + 2 * base + own


def identity(manifest: Manifest) -> str:
    """`namespace/name`."""
    return f"{manifest['metadata']['namespace']}/{manifest['metadata']['name']}"


def check_preview(known: Iterable[BaseRule], host: str, preview_host: str) -> None:
    """Refuse a preview host that belongs to others: named by a rule of theirs, or caught by one that is above ours."""
    for each in known:
        owner = identity(each.owner)
        if rules.names_host(each.rule, preview_host):
            problem = f"`{preview_host}` is the host of a route that is not this feature's."
            raise RefusedError(Refusal("taken", preview_host, problem, owner))
        if each.priority >= OFFSET // 2 and not _holds(each, host) and _holds(each, preview_host):
            problem = f"`{preview_host}` is caught by a route of the priority {each.priority}."
            raise RefusedError(Refusal("priority", preview_host, problem, owner))


def _holds(each: BaseRule, host: str) -> bool:
    return _residue(each, host) is not False


def _residue(each: BaseRule, host: str) -> rules.Residue:
    try:
        return rules.at_host(each.rule, host, each.syntax)
    except UnreadableRuleError as error:
        raise RefusedError(Refusal("unreadable", host, f"{error}.", identity(each.owner))) from error


def of_host(known: Iterable[BaseRule], host: str, backends: Sequence[Backend], syntax: Syntax) -> Iterator[Reissued]:
    """Every rule that can hold on the host, issued again; plain ones for services that no base rule leads to yet."""
    found: set[str] = set()
    relevant: list[BaseRule] = []
    for each in known:
        residue = _residue(each, host)
        if residue is False:
            continue
        _check_usable(each, host)
        relevant.append(each)
        led = [_led(each, entry, backends) for entry in each.route["services"]]
        found |= {backend.service for backend, _ in led if backend}
        yield _again(each, host, residue, led)
    for backend in backends:
        if host in backend.hosts and backend.service not in found:
            yield _plain(backend, host, relevant, syntax)


def _check_usable(each: BaseRule, host: str) -> None:
    owner = identity(each.owner)
    if not each.route.get("services"):
        problem = f"The rule `{each.route['match']}` leads to other routes (`parentRefs`), which cannot be issued again."
        raise RefusedError(Refusal("layered", host, problem, owner))
    if not PRIORITY_MIN <= each.priority <= PRIORITY_MAX:
        raise RefusedError(Refusal("priority", host, f"The priority {each.priority} leaves no room above it.", owner))


def _again(
    each: BaseRule, host: str, residue: rules.Residue, led: Sequence[tuple[Backend | None, dict[str, Any]]]
) -> Reissued:
    text = each.route["match"].strip()
    text = f"({text})" if isinstance(each.rule, rules.Or) else text
    return Reissued(
        owner=each.owner,
        on_base=text if rules.bound_to(each.rule, host) else f"Host(`{host}`) && {text}",
        residue="" if isinstance(residue, bool) else rules.operand(residue),
        syntax=each.syntax,
        priority=priority_above(each.priority, own=any(backend for backend, _ in led)),
        services=tuple(entry for _, entry in led),
        own=all(backend for backend, _ in led),
        middlewares=tuple(references.middlewares(each.route, each.home)),
        rest={key: each.route[key] for key in references.ROUTE_FIELDS if key in each.route},
    )


def _led(each: BaseRule, entry: Mapping[str, Any], backends: Sequence[Backend]) -> tuple[Backend | None, dict[str, Any]]:
    """The stack's service that stands in for a base rule's service, and the entry to issue."""
    backend = next((backend for backend in backends if _stands_for(backend, each, entry)), None)
    if backend is None:
        return None, references.service(entry, each.home)
    return backend, references.redirected(entry, each.home, backend.name, backend.namespace, backend.port)


def _stands_for(backend: Backend, each: BaseRule, entry: Mapping[str, Any]) -> bool:
    if entry.get("kind", "Service") != "Service":
        return False
    marked = (each.owner["metadata"].get("labels") or {}).get(LABEL_SERVICE) == backend.service
    namespace = entry.get("namespace") or each.home
    return any(place.namespace in ("", namespace) and (marked or place.name == entry["name"]) for place in backend.base)


def _plain(backend: Backend, host: str, relevant: Iterable[BaseRule], syntax: Syntax) -> Reissued:
    """The rule of a service that the base does not route on this host: where ``Host(`host`)`` would stand."""
    match = f"Host(`{host}`)"
    priority = len(match)
    for each in relevant:
        if rules.names_host(each.rule, host) and each.priority <= priority:
            others = ", ".join(f"`{entry['name']}`" for entry in each.route["services"])
            problem = (
                f"`{host}` is served by {others}, which is not known to be the base of `{backend.service}`. If it is, "
                f"mark its IngressRoute with the label `{LABEL_SERVICE}: {backend.service}`."
            )
            raise RefusedError(Refusal("served-by-other", host, problem, identity(each.owner)))
    entry = {"name": backend.name, "namespace": backend.namespace, "port": backend.port}
    return Reissued(None, match, "", syntax, priority_above(priority, own=True), (entry,), own=True)
