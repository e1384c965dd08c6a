"""Routing inside the cluster: a base service's well-known name leads to the proxy, which finds it by the Host header.

A base says so by marks: `LABEL_INSIDE` on the IngressRoutes that take such calls, with `LABEL_SERVICE` of the service. A
stack issues their rules again for requests that carry its context; there is no preview host for them.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

from model.marks import LABEL_INSIDE, LABEL_SERVICE
from model.routing import doubts, reissue
from model.routing.doubts import Unread
from model.routing.reissue import Backend, BaseRule, Manifest, Refusal, RefusedError, Reissued, identity
from model.routing.rules import And, Matcher, Not, Or, Rule

PLAIN = frozenset({"host", "hostheader"})


def is_inside(manifest: Manifest) -> bool:
    """Whether an object of the base serves in-cluster calls."""
    return LABEL_INSIDE in (manifest["metadata"].get("labels") or {})


def of_service(base: Iterable[Manifest], service: str, namespace: str = "") -> tuple[str, ...]:
    """The in-cluster IngressRoutes of a service as `namespace/name`, in a base's namespace (empty: the only one that has
    any). RefusedError where several namespaces have some: their short names are the same, and so are the marks."""
    mine = [
        each
        for each in base
        if is_inside(each)
        and each["metadata"]["labels"].get(LABEL_SERVICE) == service
        and namespace in ("", each["metadata"]["namespace"])
    ]
    homes = sorted({each["metadata"]["namespace"] for each in mine})
    if len(homes) > 1:
        where = " and ".join(f"`{each}`" for each in homes)
        problem = f"{where} have an in-cluster `{service}`. Say whose base it is: `base: {{namespace: …}}`."
        raise RefusedError(Refusal("ambiguous", service, problem, identity(mine[0])))
    return tuple(sorted(map(identity, mine)))


def issued(known: Sequence[BaseRule], backends: Sequence[Backend]) -> Iterator[Reissued]:
    """Every rule that can hold for in-cluster names of the stack's services, issued again, one for one.

    The rules of other services on those names keep theirs, as on any host. Those of which that cannot be told are left out
    (see `in_doubt`).
    """
    hosts, places = _called(known, backends)
    sure = {host: set(map(id, doubts.decided(known, host)[0])) for host in hosts}
    for each in known:
        if not meets(each.owner, places):
            continue
        holds = [host for host in hosts if id(each) in sure[host] and reissue.residue(each, host) is not False]
        if not holds:
            continue
        reissue.check_usable(each, holds[0])
        there = [backend for backend in backends if _may_lead(each, backend)]
        led = [reissue.led(each, entry, there) for entry in each.route["services"]]
        yield reissue.again(each, _condition(each, hosts, holds), "", led)


def in_doubt(known: Sequence[BaseRule], unread: Sequence[Unread], backends: Sequence[Backend]) -> Iterator[Refusal]:
    """The rules of which we cannot tell whether they hold for such a name."""
    hosts, places = _called(known, backends)
    for host in hosts:
        _, unsure = doubts.decided(known, host)
        yield from doubts.in_the_way(unread, unsure, host, lambda owner: meets(owner, places))


def _called(known: Iterable[BaseRule], backends: Iterable[Backend]) -> tuple[tuple[str, ...], Collection[str]]:
    """The in-cluster names of the stack's services, and the entry points that calls by them come in at."""
    wanted = {route for each in backends for route in each.inside}
    mine = [each for each in known if identity(each.owner) in wanted]
    hosts = tuple(dict.fromkeys(host for each in mine for host in named(each.rule)))
    return hosts, {place for each in mine for place in each.owner["spec"].get("entryPoints") or ()}


def meets(owner: Manifest, entrypoints: Collection[str]) -> bool:
    """Whether an IngressRoute may be tried at one of these entry points; who names none is at Traefik's default ones."""
    own = set(owner["spec"].get("entryPoints") or ())
    return not own or not entrypoints or not own.isdisjoint(entrypoints)


def named(rule: Rule) -> Iterator[str]:
    """The hosts that a rule names in `Host` matchers which are not negated."""
    match rule:
        case Matcher():
            if rule.name.lower() in PLAIN:
                yield from (each.lower().removesuffix(".") for each in rule.arguments)
        case Not():
            return
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from named(part)


def only_for(rule: Rule, hosts: Collection[str]) -> bool:
    """Whether the rule can hold for none but these hosts, seen from its form."""
    match rule:
        case Matcher():
            return rule.name.lower() in PLAIN and set(named(rule)) <= set(hosts)
        case Not():
            return False
        case And(parts=parts):
            return any(only_for(part, hosts) for part in parts)
        case Or(parts=parts):
            return all(only_for(part, hosts) for part in parts)


def _condition(each: BaseRule, hosts: Sequence[str], holds: Sequence[str]) -> str:
    """The rule's own text, bound to the in-cluster names where it is not."""
    text = reissue.operand(each)
    if only_for(each.rule, hosts):
        return text
    ours = " || ".join(f"Host(`{host}`)" for host in holds)
    return f"({ours}) && {text}" if len(holds) > 1 else f"{ours} && {text}"


def _may_lead(each: BaseRule, backend: Backend) -> bool:
    """An in-cluster route stands for a service of the stack only where it is the base's own: others may share its name."""
    return not is_inside(each.owner) or identity(each.owner) in backend.inside
