"""Traefik's choice of a route, played: rules are evaluated by Python itself, not by the code under test."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Request:
    """An HTTP request as far as rules see it; a header with several lines has a sequence of values."""

    host: str
    path: str = "/"
    method: str = "GET"
    headers: Mapping[str, str | Sequence[str]] = field(default_factory=dict)

    def values(self, name: str) -> list[str]:
        """All lines of one header, the case of whose name does not count, without the space around them."""
        found: list[str] = []
        for key, given in self.headers.items():
            if key.lower() == name.lower():
                found += [given] if isinstance(given, str) else given
        return [value.strip(" \t") for value in found]


def holds(rule: str, request: Request) -> bool:
    """Whether a rule holds, by turning Traefik's operators into Python's outside of its literals."""
    literals = re.split(r"(`[^`]*`)", rule)
    python = "".join(repr(part[1:-1]) if part.startswith("`") else _operators(part) for part in literals)

    def header(key: str, value: str) -> bool:
        return value in request.values(key)

    def header_regexp(key: str, pattern: str) -> bool:
        return any(_go(pattern).search(value) for value in request.values(key))

    matchers = {
        "Host": lambda *hosts: request.host in hosts,
        "HostRegexp": lambda pattern: re.search(pattern, request.host) is not None,
        "PathPrefix": request.path.startswith,
        "Path": lambda path: request.path == path,
        "Method": lambda method: request.method == method,
        "Header": header,
        "Headers": header,
        "HeaderRegexp": header_regexp,
        "HeadersRegexp": header_regexp,
    }
    return bool(eval(python.strip(), {"__builtins__": {}}, matchers))  # noqa: S307 - rules are made by the tests


def _operators(text: str) -> str:
    return text.replace("&&", " and ").replace("||", " or ").replace("!", " not ")


def _go(pattern: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"(?<!\\)\$", r"\\Z", pattern), re.ASCII)  # Go's $ does not stand before a line's end


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
