"""What of a base's HTTPRoutes decides about a host, and what of it stands in the way of a stack's.

Source of the order: the Gateway API's reference, `HTTPRouteSpec.hostnames` and `HTTPRouteRule.matches`.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from model.routing import httproute
from model.routing.reissue import Manifest, Refusal, RefusedError, identity

EXACT = 1000  # nearer than any wildcard

Rule = dict[str, Any]


def deciding(known: Sequence[Manifest], host: str) -> list[Manifest]:
    """The HTTPRoutes that decide about a host; RefusedError where their order among each other cannot be kept.

    A route counts only where none of a nearer host, at the same Gateway, has a rule for the request. That cannot be said
    in rules for one host, so what is further away must be what takes all the rest.
    """
    there = [(near, each) for each in known if (near := nearness(each, host)) >= 0]
    found = []
    for near, each in sorted(there, key=lambda pair: -pair[0]):
        if each.get("kind", "HTTPRoute") != "HTTPRoute":
            raise refused(
                "not-http", host, f"`{host}` is served by a {each['kind']}, which cannot be issued again.", each
            )
        nearer = [other for its, other in there if its > near and meet(each, other)]
        if nearer and not all(map(httproute.is_catch_all, matches_of(each))):
            problem = f"It takes `{host}` only where a route of a nearer host has no rule, which cannot be issued again."
            raise refused("layered", host, problem, each)
        if not any(httproute.is_catch_all(match) for other in nearer for match in matches_of(other)):
            found.append(each)
    return found


def check_preview(known: Iterable[Manifest], host: str, preview_host: str) -> None:
    """Refuse a preview host that belongs to others, or one of whose paths a wildcard might take (in Traefik a path counts
    more than a host)."""
    for each in known:
        if preview_host in (each["spec"].get("hostnames") or ()):
            problem = f"`{preview_host}` is the host of a route that is not this feature's."
            raise refused("taken", preview_host, problem, each)
        caught = nearness(each, preview_host) >= 0 > nearness(each, host)
        if caught and not all(map(httproute.is_catch_all, matches_of(each))):
            raise refused("priority", preview_host, f"Some paths of `{preview_host}` are caught by a wildcard.", each)


def check_order(found: Sequence[Manifest], host: str) -> None:
    """Of equal rules in two HTTPRoutes the older one counts; what is issued again has another age."""
    listed = [(each, rule, match) for each in found for rule in rules(each) for match in httproute.matches(rule)]
    for index, (owner, rule, match) in enumerate(listed):
        for other, second, also in listed[index + 1 :]:
            equal = httproute.precedence(match) == httproute.precedence(also) and httproute.may_both_hold(match, also)
            if equal and owner is not other and meet(owner, other) and _effect(rule, owner) != _effect(second, other):
                problem = f"`{identity(owner)}` and `{identity(other)}` both claim `{host}` with an equal rule."
                raise refused("ambiguous", host, problem, owner)


def nearness(route: Manifest, host: str) -> int:
    """How near the route's hosts come to this one: the greater the nearer, negative where none of them is it."""
    hostnames = route["spec"].get("hostnames") or ()
    if host in hostnames:
        return EXACT
    if not hostnames:
        return 0
    return max((len(each) for each in hostnames if each.startswith("*.") and host.endswith(each[1:])), default=-1)


def meet(one: Manifest, other: Manifest) -> bool:
    """Whether two routes may be tried for the same request: at a listener of the same Gateway."""
    return any(
        gateway == also and (not listener or not second or listener == second)
        for gateway, listener in _parents(one)
        for also, second in _parents(other)
    )


def _parents(route: Manifest) -> Iterator[tuple[tuple[str, str], str]]:
    for each in route["spec"].get("parentRefs") or ():
        gateway = (str(each.get("namespace") or route["metadata"]["namespace"]), str(each["name"]))
        yield gateway, str(each.get("sectionName") or "")


def rules(route: Manifest) -> Sequence[Rule]:
    """The route's rules; one without any has one for every request."""
    return route["spec"].get("rules") or ({},)


def matches_of(route: Manifest) -> list[dict[str, Any]]:
    """The matches of all of its rules."""
    return [match for rule in rules(route) for match in httproute.matches(rule)]


def refused(kind: Any, host: str, problem: str, owner: Manifest) -> RefusedError:
    """A refusal that names the route in the way."""
    return RefusedError(Refusal(kind, host, problem, identity(owner), owner.get("kind") or "HTTPRoute"))


def _effect(rule: Rule, owner: Manifest) -> tuple[str, Rule]:
    return owner["metadata"]["namespace"], {key: value for key, value in rule.items() if key not in ("matches", "name")}
