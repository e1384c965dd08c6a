"""What of the base stands in the way of a host's routes: connections without headers, two rules that claim the same,
references that Traefik will not follow."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any

from model.routing import rules
from model.routing.ingress import CLASS_ANNOTATION, Context
from model.routing.reissue import (
    Backend,
    BaseRule,
    Manifest,
    Refusal,
    RefusedError,
    Reissued,
    identity,
    led,
    residue,
    stands_for,
)
from model.routing.rules import And, Matcher, Not, Or, Rule, UnreadableRuleError

SERVER_NAME = "hostsni"


def check_http(
    others: Iterable[Manifest], known: Sequence[BaseRule], host: str, preview_host: str, backends: Sequence[Backend]
) -> None:
    """Refuse a host that is taken by an IngressRouteTCP, and a service that only a TCP or UDP route leads to."""
    there = [each for each in known if residue(each, host) is not False]
    found = {
        name
        for each in there
        for entry in each.route.get("services") or ()
        for name in led(each, entry, backends).services
    }
    missing = [backend for backend in backends if host in backend.hosts and backend.service not in found]
    for owner in others:
        in_the_way = not there or any(meet(owner, each.owner) for each in there)
        for route in owner["spec"].get("routes") or ():
            if in_the_way and not {host, preview_host}.isdisjoint(_server_names(route.get("match") or "")):
                problem = "Its connections are passed on unread, so no header can choose a stack there."
                raise _refused("not-http", host, f"`{host}` is served by a TCP route. {problem}", owner)
            for backend in missing:
                if any(_leads(owner, entry, backend) for entry in route.get("services") or ()):
                    problem = (
                        f"Only a route without HTTP leads to `{backend.service}`: no header can choose a stack there."
                    )
                    raise _refused("not-http", host, problem, owner)


def check_order(known: Iterable[BaseRule], host: str, backends: Sequence[Backend]) -> None:
    """Refuse two rules of equal priority that hold for the same requests, one of which leads to the stack: which of them
    counts, Traefik decides anew with each reload."""
    seen: dict[tuple[int, str], list[BaseRule]] = {}
    for each in known:
        rest = residue(each, host)
        if rest is False:
            continue
        text = "" if isinstance(rest, bool) else rules.text_of(rest)
        others = seen.setdefault((each.priority, text), [])
        mine = [led(each, entry, backends) for entry in each.route.get("services") or ()]
        for other in others:
            theirs = [led(other, entry, backends) for entry in other.route.get("services") or ()]
            same = [way.entry for way in mine] == [way.entry for way in theirs]
            if not same and any(way.services for way in (*mine, *theirs)) and meet(each.owner, other.owner):
                problem = (
                    f"`{identity(other.owner)}` and `{identity(each.owner)}` both claim it with the rule "
                    f"`{each.route['match']}` and the priority {each.priority}. Give one of them another `priority`."
                )
                raise _refused("ambiguous", host, problem, other.owner)
        others.append(each)


def check_within(issued: Iterable[Reissued], host: str, context: Context) -> None:
    """Refuse what leads out of its namespace where Traefik does not follow (`allowCrossNamespace` is off)."""
    if not context.beside:
        return
    guards = (*context.preview.middlewares, *context.preview.header_middlewares)
    for each in issued:
        home = context.place(each.owner)
        abroad = [f"{entry['namespace']}/{entry['name']}" for entry in _named_in(each) if entry["namespace"] != home]
        abroad += [guard for guard in guards if "@" not in guard and guard.partition("/")[0] != home]
        if abroad:
            problem = (
                f"A route in `{home}` would have to lead to `{abroad[0]}`, but Traefik follows no reference into another "
                "namespace (`allowCrossNamespace`). Allow it there, or deploy the stack into the base's namespace."
            )
            raise RefusedError(Refusal("cross-namespace", host, problem, identity(each.owner) if each.owner else ""))


def _named_in(each: Reissued) -> Iterator[dict[str, Any]]:
    """Every reference of a rule, and of the TraefikServices that are copied for it."""
    for part in ([*each.services], [*each.middlewares], [copy["spec"] for copy in each.copies]):
        yield from _references(part)


def meet(one: Manifest, other: Manifest) -> bool:
    """Whether two routes may be tried for the same request: by class, by TLS, by entry points."""
    places = [set(each["spec"].get("entryPoints") or ()) for each in (one, other)]
    apart = all(places) and places[0].isdisjoint(places[1])  # who names none is at Traefik's default ones
    return not apart and _class(one) == _class(other) and _is_tls(one) == _is_tls(other)


def meeting(issued: Sequence[Reissued], context: Context, *, preview: bool = False) -> Callable[[Manifest], bool]:
    """Whether a route may be tried for the same request as one of those that come of these rules: beside the base's by
    header, where the operator has them for preview hosts."""
    owners = {identity(owner): owner for each in issued if (owner := each.owner) is not None}
    places = [*owners.values(), *([_plain(context)] if any(each.owner is None for each in issued) else [])]
    if preview:
        places = [{**each, "spec": {**each["spec"], **context.preview.places(each["spec"])}} for each in places]
    return lambda route: any(meet(route, place) for place in places)


def _plain(context: Context) -> Manifest:
    """An IngressRoute for what the base does not route yet."""
    annotations = {key: value for key, value in context.classed.items() if key == CLASS_ANNOTATION}
    classed = {key: value for key, value in context.classed.items() if key != CLASS_ANNOTATION}
    return {"metadata": {"annotations": annotations}, "spec": {"entryPoints": list(context.entrypoints), **classed}}


def _class(route: Manifest) -> str:
    annotations = route["metadata"].get("annotations") or {}
    return str(route["spec"].get("ingressClassName") or annotations.get(CLASS_ANNOTATION) or "")


def _is_tls(route: Manifest) -> bool:
    return route["spec"].get("tls") is not None


def _server_names(match: str) -> Collection[str]:
    try:
        return set(_named(rules.parse(match)))
    except UnreadableRuleError:
        return ()


def _named(rule: Rule) -> Iterator[str]:
    match rule:
        case Matcher():
            if rule.name.lower() == SERVER_NAME:
                yield from (each.lower() for each in rule.arguments)
        case Not():
            return
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from _named(part)


def _leads(owner: Manifest, entry: Any, backend: Backend) -> bool:
    return stands_for(backend, entry, owner["metadata"]["namespace"], None)


def _references(part: Any) -> Iterator[dict[str, Any]]:
    """Everything that has a name and a namespace, at any depth."""
    if isinstance(part, list):
        for each in part:
            yield from _references(each)
    elif isinstance(part, dict):
        if "name" in part and "namespace" in part:
            yield part
        for each in part.values():
            yield from _references(each)


def _refused(kind: Any, host: str, problem: str, owner: Manifest) -> RefusedError:
    return RefusedError(Refusal(kind, host, problem, identity(owner), owner.get("kind") or "IngressRoute"))
