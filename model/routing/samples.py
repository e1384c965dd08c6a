"""A request that a rule should hold for, made from the rule's own words: to ask a proxy whether it still has the rule.

No more than a good guess: a pattern may ask for what nobody can tell from its text. Whoever uses it asks first, and goes
by what is answered.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from model.routing.rules import And, Matcher, Not, Or, Rule, UnreadableRuleError, parse

SAFE = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Sample:
    """A GET request."""

    host: str = ""
    path: str = "/"
    headers: Mapping[str, str] = field(default_factory=dict)
    query: str = ""

    @property
    def target(self) -> str:
        """Path and query, as they stand in a request's first line."""
        return f"{self.path}?{self.query}" if self.query else self.path


def sample(match: str) -> Sample | None:
    """A request for a rule; None where the rule cannot be read, names no host, or takes no GET."""
    try:
        found = _with(Sample(), parse(match))
    except UnreadableRuleError:
        return None
    return found if found is not None and found.host else None


def _with(found: Sample, rule: Rule) -> Sample | None:
    match rule:
        case And(parts=parts):
            so_far: Sample | None = found
            for part in parts:
                so_far = None if so_far is None else _with(so_far, part)
            return so_far
        case Or(parts=parts):
            return next((each for part in parts if (each := _with(found, part)) is not None), None)
        case Not():
            return found  # nothing is added that could break it
        case Matcher():
            return _matched(found, rule)


def _matched(found: Sample, matcher: Matcher) -> Sample | None:
    first = matcher.arguments[0]
    match matcher.name.lower():
        case "host" | "hostheader":
            return replace(found, host=first.lower())
        case "path" | "pathprefix":
            longer = first if len(first) > len(found.path) else found.path
            return replace(found, path=longer if longer.startswith("/") else f"/{longer}")
        case "header" | "headers" if len(matcher.arguments) > 1:
            return replace(found, headers={**found.headers, first: matcher.arguments[1]})
        case "query":
            pair = first if "=" in first or len(matcher.arguments) == 1 else f"{first}={matcher.arguments[1]}"
            return replace(found, query=f"{found.query}&{pair}" if found.query else pair)
        case "method":
            return found if any(each.upper() in SAFE for each in matcher.arguments) else None
        case _:
            return found
