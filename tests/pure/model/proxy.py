"""Traefik's choice of a route, played: rules are evaluated by Python itself, not by the code under test."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """An HTTP request as far as rules see it."""

    host: str
    path: str = "/"
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)


def holds(rule: str, request: Request) -> bool:
    """Whether a rule holds, by turning Traefik's operators into Python's."""
    python = re.sub(r"`([^`]*)`", lambda literal: repr(literal[1]), rule)
    python = python.replace("&&", " and ").replace("||", " or ").replace("!", " not ").strip()
    matchers = {
        "Host": lambda *hosts: request.host in hosts,
        "HostRegexp": lambda pattern: re.search(pattern, request.host) is not None,
        "PathPrefix": request.path.startswith,
        "Path": lambda path: request.path == path,
        "Method": lambda method: request.method == method,
        "Header": lambda key, value: request.headers.get(key) == value,
        "Headers": lambda key, value: request.headers.get(key) == value,
    }
    return bool(eval(python, {"__builtins__": {}}, matchers))  # noqa: S307 - rules are made by the tests


def winners(routes: Iterable[Mapping[str, Any]], request: Request) -> list[Mapping[str, Any]]:
    """The matching routes of the highest priority: several where Traefik's choice would be arbitrary."""
    matching = [
        (route.get("priority") or len(route["match"]), route) for route in routes if holds(route["match"], request)
    ]
    best = max((priority for priority, _ in matching), default=0)
    return [route for priority, route in matching if priority == best]


def routes_of(manifests: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """All routes of the IngressRoutes among manifests."""
    return [route for each in manifests if each["kind"] == "IngressRoute" for route in each["spec"]["routes"]]
