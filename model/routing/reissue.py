"""The rules of one host, issued again for a feature: which of them count, in which order, and where each leads.

Traefik takes the matching rule of the highest priority. Every rule of the host keeps its place among the others, all
of them above the base; those that lead to a service of the stack lead to its copy, the others to where they led before.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from model.marks import LABEL_SERVICE
from model.routing import balancers, references, rules
from model.routing.balancers import Balancers, Led
from model.routing.context import RANKS
from model.routing.rules import InvalidRuleError, Rule, Syntax, UnreadableRuleError

Manifest = Mapping[str, Any]

OFFSET = 10**15  # above what people write by hand
OFFSET_BELOW = -8 * OFFSET  # below it
STEP = 2 * RANKS  # between neighbours of the base, so that what comes between two of them keeps its order
PRIORITY_MIN = -OFFSET // 4 // STEP  # so that even what stands lowest comes above OFFSET / 2
PRIORITY_MAX = 3_500_000_000  # JSON readers may keep numbers as float64: what comes of this is still exact


@dataclass(frozen=True, slots=True)
class Place:
    """A Kubernetes Service; an empty namespace stands for any."""

    name: str
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Backend:
    """A service of the stack and the Kubernetes Service that its routes lead to.

    `base` lists the Services that may be its base; where it is empty, they are told by their names. `inside` lists the
    IngressRoutes (`namespace/name`) of the base by which its well-known name is served inside the cluster.
    """

    service: str
    hosts: tuple[str, ...]
    name: str
    namespace: str
    port: int | str
    base: tuple[Place, ...] = ()
    inside: tuple[str, ...] = ()
    ports: tuple[int | str, ...] = ()  # numbers and names of its Service's ports, where there are several


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a host cannot get routes. `problem` is one or more sentences for people."""

    kind: Literal[
        "unreadable",
        "taken",
        "served-by-other",
        "layered",
        "priority",
        "ambiguous",
        "cross-namespace",
        "not-http",
        "inexpressible",
        "no-base",
    ]
    host: str
    problem: str
    route: str = ""  # namespace/name of the object that stands in the way …
    object: str = "IngressRoute"  # … and its kind


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
    balancers: Balancers = field(default_factory=Balancers)

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
    copies: tuple[Mapping[str, Any], ...] = ()  # TraefikServices that must be there: `name`, `namespace`, `spec`


def effective_priority(route: Mapping[str, Any]) -> int:
    """A rule's priority as Traefik sees it: the one given, or else the length of the rule in bytes."""
    return int(route.get("priority") or 0) or len(route["match"].encode())


def priority_above(base: int, *, own: bool) -> int:
    """The priority of a rule that is issued again, before the label's rank: above the base, in the base's order.

    Of two stacks that share a label and a host, the one that has the service (`own`) goes before the one that only
    passes requests on to the base.
    """
    return OFFSET + STEP * base + RANKS * own


def identity(manifest: Manifest) -> str:
    """`namespace/name`."""
    return f"{manifest['metadata']['namespace']}/{manifest['metadata']['name']}"


def check_preview(known: Iterable[BaseRule], host: str, preview_host: str) -> None:
    """Refuse a preview host that belongs to others: named by a rule of theirs, or caught by one that is above ours."""
    for each in known:
        owner = identity(each.owner)
        if rules.names_host(each.rule, preview_host) and _may_hold(each, preview_host):
            problem = f"`{preview_host}` is the host of a route that is not this feature's."
            raise RefusedError(Refusal("taken", preview_host, problem, owner))
        above = each.priority >= OFFSET // 2
        if above and not _may_hold(each, host) and _may_hold(each, preview_host, unsure=False):
            problem = f"`{preview_host}` is caught by a route of the priority {each.priority}."
            raise RefusedError(Refusal("priority", preview_host, problem, owner))


def is_shared(known: Iterable[BaseRule], preview_host: str) -> bool:
    """Whether a rule of the base may hold for a preview host."""
    return any(_may_hold(each, preview_host) for each in known)


def _may_hold(each: BaseRule, host: str, *, unsure: bool = True) -> bool:
    """`unsure` is the answer where that cannot be told."""
    try:
        return rules.at_host(each.rule, host, each.syntax) is not False
    except InvalidRuleError:
        return False
    except UnreadableRuleError:
        return unsure


def residue(each: BaseRule, host: str) -> rules.Residue:
    """What is left of a rule for a host; RefusedError where that cannot be told."""
    try:
        return rules.at_host(each.rule, host, each.syntax)
    except UnreadableRuleError as error:
        raise RefusedError(Refusal("unreadable", host, f"{error}.", identity(each.owner))) from error


def of_host(known: Iterable[BaseRule], host: str, backends: Sequence[Backend], syntax: Syntax) -> Iterator[Reissued]:
    """Every rule that can hold on the host, issued again; plain ones for services that no base rule leads to yet."""
    found: set[str] = set()
    relevant: list[BaseRule] = []
    for each in known:
        rest = residue(each, host)
        if rest is False:
            continue
        check_usable(each, host)
        relevant.append(each)
        ways = [led(each, entry, backends) for entry in each.route["services"]]
        found |= {service for way in ways for service in way.services}
        text = operand(each)
        on_base = text if rules.bound_to(each.rule, host) else f"Host(`{host}`) && {text}"
        yield again(each, on_base, "" if isinstance(rest, bool) else rules.operand(rest), ways)
    for backend in backends:
        if host in backend.hosts and backend.service not in found:
            yield _plain(backend, host, relevant, syntax)


def check_usable(each: BaseRule, host: str) -> None:
    """Refuse a rule of this host that has no services of its own, or a priority that leaves no room."""
    owner = identity(each.owner)
    if not each.route.get("services"):
        problem = f"The rule `{each.route['match']}` leads to other routes (`parentRefs`), which cannot be issued again."
        raise RefusedError(Refusal("layered", host, problem, owner))
    if not PRIORITY_MIN <= each.priority <= PRIORITY_MAX:
        raise RefusedError(Refusal("priority", host, f"The priority {each.priority} leaves no room above it.", owner))


def operand(each: BaseRule) -> str:
    """The rule's own text, as it may stand beside `&&`."""
    text = str(each.route["match"]).strip()
    return f"({text})" if isinstance(each.rule, rules.Or) else text


def again(each: BaseRule, on_base: str, rest: str, ways: Sequence[Led]) -> Reissued:
    """The rule with another condition (`rest`: on the preview host) and other ways to go; all else stays."""
    return Reissued(
        owner=each.owner,
        on_base=on_base,
        residue=rest,
        syntax=each.syntax,
        priority=priority_above(each.priority, own=any(way.services for way in ways)),
        services=tuple(way.entry for way in ways),
        own=all(way.own for way in ways),
        middlewares=tuple(references.middlewares(each.route, each.home)),
        rest={key: each.route[key] for key in references.ROUTE_FIELDS if key in each.route},
        copies=tuple(copy for way in ways for copy in way.copies),
    )


def led(each: BaseRule, entry: Mapping[str, Any], backends: Sequence[Backend]) -> Led:
    """Where a service entry of the rule leads for the stack."""
    mark = (each.owner["metadata"].get("labels") or {}).get(LABEL_SERVICE)

    def redirect(one: Mapping[str, Any], home: str) -> tuple[str, dict[str, Any]] | None:
        for backend in backends:
            if stands_for(backend, one, home, mark):
                port = one["port"] if one.get("port") in backend.ports else backend.port
                there = (backend.name, backend.namespace, port)
                return backend.service, references.redirected(one, home, *there, beside=each.balancers.beside)
        return None

    return balancers.lead(entry, each.home, each.balancers, redirect)


def stands_for(backend: Backend, entry: Mapping[str, Any], home: str, mark: str | None) -> bool:
    """Whether an entry in the namespace `home` leads to the base of a stack's service; `mark` is the object's own word."""
    if entry.get("kind", "Service") != "Service":
        return False
    namespace = entry.get("namespace") or home
    marked = mark == backend.service
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
