"""The choice among HTTPRoutes, played twice: as the Gateway API's reference orders them, and as Traefik counts priorities."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tests.pure.model.routing.proxy import Request

Object = Mapping[str, Any]
Chosen = tuple[Object, Mapping[str, Any]]  # the HTTPRoute and its rule


def by_reference(routes: Iterable[Object], request: Request) -> Chosen | None:
    """The rule that counts; of routes that are alike the first in the list is taken for the oldest."""
    found = [
        ((*_host_rank(route, request.host), *_match_rank(match), -age, -place), (route, rule))
        for age, route in enumerate(routes)
        for place, rule, match in _matching(route, request)
    ]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def by_traefik(routes: Iterable[Object], request: Request) -> list[Chosen]:
    """The rules of the highest priority: several where the choice would be arbitrary. Its formula, from
    `pkg/provider/kubernetes/gateway/httproute.go` of version 3.7."""
    found = []
    for route in routes:
        for place, rule, match in _matching(route, request):
            path = match.get("path", {"type": "PathPrefix", "value": "/"})
            root = path["value"] == "/" and path["type"] == "PathPrefix"
            priority = 1 if root else 100_000 if path["type"] == "Exact" else 10_000 + 100 * len(path["value"])
            priority += 1000 * ("method" in match) + 100 * len(match.get("headers", ()))
            priority += 10 * len(match.get("queryParams", ())) + len(route["spec"]["rules"]) - place
            priority += max(map(len, route["spec"].get("hostnames") or [""]))
            found.append((priority, (route, rule)))
    best = max((priority for priority, _ in found), default=0)
    return [chosen for priority, chosen in found if priority == best]


def _matching(route: Object, request: Request) -> Iterable[tuple[int, Mapping[str, Any], Mapping[str, Any]]]:
    hostnames = route["spec"].get("hostnames")
    if hostnames and not any(_covers(each, request.host) for each in hostnames):
        return
    for place, rule in enumerate(route["spec"]["rules"]):
        for match in rule.get("matches") or [{}]:
            if _holds(match, request):
                yield place, rule, match


def _covers(hostname: str, host: str) -> bool:
    return host.endswith(hostname[1:]) if hostname.startswith("*") else host == hostname


def _holds(match: Mapping[str, Any], request: Request) -> bool:
    path = match.get("path", {"type": "PathPrefix", "value": "/"})
    if path["type"] == "Exact" and request.path != path["value"]:
        return False
    if path["type"] == "PathPrefix" and not f"{request.path}/".startswith(f"{path['value'].rstrip('/')}/"):
        return False
    if match.get("method", request.method) != request.method:
        return False
    return all(_has(each, request) for each in match.get("headers", ()))


def _has(asked: Mapping[str, Any], request: Request) -> bool:
    values = request.values(asked["name"])
    if asked.get("type", "Exact") == "Exact":
        return asked["value"] in values
    return any(re.search(asked["value"], value, re.ASCII) for value in values)


def _host_rank(route: Object, host: str) -> tuple[int, int]:
    covering = [each for each in route["spec"].get("hostnames") or () if _covers(each, host)]
    exact = max((len(each) for each in covering if not each.startswith("*")), default=0)
    return exact, max(map(len, covering), default=0)


def _match_rank(match: Mapping[str, Any]) -> tuple[int, ...]:
    path = match.get("path", {"type": "PathPrefix", "value": "/"})
    counts = ("method" in match, len(match.get("headers", ())), len(match.get("queryParams", ())))
    return (path["type"] == "Exact", len(path["value"]), *counts)
