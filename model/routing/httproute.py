"""One rule of an HTTPRoute (Gateway API), issued again: its matches, its filters and where it leads.

Source of the rules: the Gateway API's reference, `HTTPRouteRule`, and the validations in its resource definitions.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from model.routing.context import BAGGAGE, whole_value

Match = Mapping[str, Any]
Filter = Mapping[str, Any]

ROOT = {"type": "PathPrefix", "value": "/"}
MATCHES_MAX = 64  # of one rule
RULES_MAX = 16  # of one HTTPRoute


def matches(rule: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rule's matches, any of which is enough; there is always a path."""
    told: Sequence[Match] = rule.get("matches") or ({},)
    return [{**each, "path": path(each)} for each in told]


def path(match: Match) -> dict[str, Any]:
    """The path that a match asks for, with the defaults said."""
    return {**ROOT, **(match.get("path") or {})}


def is_catch_all(match: Match) -> bool:
    """Whether every request has it."""
    return path(match) == ROOT and not any(match.get(key) for key in ("method", "headers", "queryParams"))


def precedence(match: Match) -> tuple[bool, int, bool, int, int]:
    """By what the match goes before others of the same host: the greater one first."""
    asked = path(match)
    return (
        asked["type"] == "Exact",
        len(asked["value"]),
        bool(match.get("method")),
        len(match.get("headers") or ()),
        len(match.get("queryParams") or ()),
    )


def may_both_hold(one: Match, other: Match) -> bool:
    """Whether one request may have two matches of equal precedence, as far as their form tells."""
    if path(one) != path(other) or one.get("method") != other.get("method"):
        return False
    first, second = _exact(one), _exact(other)
    return all(second.get(name, value) == value for name, value in first.items())


def _exact(match: Match) -> dict[tuple[str, str], str]:
    """What the match asks for by value: headers, whose names have no case, and parameters of the query."""
    asked = [("header", each["name"].lower(), each) for each in match.get("headers") or ()]
    asked += [("query", each["name"], each) for each in match.get("queryParams") or ()]
    return {(kind, name): each["value"] for kind, name, each in asked if each.get("type", "Exact") == "Exact"}


def with_context(rule: Mapping[str, Any], header: str, label: str) -> list[dict[str, Any]]:
    """The rule's matches for requests that carry the context in either form: one more header each.

    ValueError where the rule asks for one of the two headers itself, or would have more matches than it may.
    """
    found = []
    for match in matches(rule):
        asked = match.get("headers") or []
        if any(each["name"].lower() in (header.lower(), BAGGAGE) for each in asked):
            raise ValueError(f"a rule asks for the header `{header}` or `{BAGGAGE}` itself")
        plain = {"type": "Exact", "name": header, "value": label}
        member = {"type": "RegularExpression", "name": BAGGAGE, "value": whole_value(header, label)}
        found += [{**match, "headers": [*asked, each]} for each in (plain, member)]
    if len(found) > MATCHES_MAX:
        raise ValueError(f"a rule has more than {MATCHES_MAX // 2} matches, each of which is needed twice")
    return found


def apart(rule: Mapping[str, Any], matches: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The matches as they may stand together: one in each rule where a filter replaces the prefix that was matched."""
    parts = [each.get(field) or {} for each in rule.get("filters") or () for field in ("urlRewrite", "requestRedirect")]
    replaces = any((part.get("path") or {}).get("type") == "ReplacePrefixMatch" for part in parts)
    return [[each] for each in matches] if replaces else [list(matches)]


def setting(filters: Sequence[Filter], kind: str, headers: Mapping[str, str]) -> list[dict[str, Any]]:
    """The filters with these headers set last; `kind` is RequestHeaderModifier or ResponseHeaderModifier.

    A rule may have only one filter of either kind, so one that is there is added to.
    """
    field = kind[0].lower() + kind[1:]
    lowered = {name.lower() for name in headers}
    before: Mapping[str, Any] = next((each[field] for each in filters if each["type"] == kind), {})
    kept = {key: [each for each in before.get(key) or () if _name(each) not in lowered] for key in ("add", "remove")}
    known = [each for each in before.get("set") or () if _name(each) not in lowered]
    modifier = {
        "set": [*known, *({"name": name, "value": value} for name, value in headers.items())],
        **{key: value for key, value in kept.items() if value},
    }
    others = [dict(each) for each in filters if each["type"] != kind]
    return [*others, {"type": kind, field: modifier}]


def _name(entry: str | Mapping[str, Any]) -> str:
    return (entry if isinstance(entry, str) else str(entry["name"])).lower()
