"""Traefik's rule language as far as routes need it: read a rule, and see what is left of it for one host."""

from collections.abc import Mapping
from typing import Any

from model.routing import host_patterns
from model.routing.rule_reader import parse
from model.routing.rule_tree import And, InvalidRuleError, Matcher, Not, Or, Residue, Rule, Syntax, UnreadableRuleError

__all__ = [
    "And",
    "InvalidRuleError",
    "Matcher",
    "Not",
    "Or",
    "Residue",
    "Rule",
    "Syntax",
    "UnreadableRuleError",
    "at_host",
    "bound_to",
    "names_host",
    "operand",
    "parse",
    "route_names_host",
    "text_of",
]

HOST_MATCHERS = frozenset({"host", "hostheader", "hostregexp"})  # Traefik ignores the case of a matcher's name


def text_of(rule: Rule) -> str:
    """The rule as text, with no more parentheses than needed."""
    match rule:
        case Matcher(text=text):
            return text
        case Not(rule=inner):
            return f"!{text_of(inner)}" if isinstance(inner, Matcher) else f"!({text_of(inner)})"
        case And(parts=parts):
            return " && ".join([operand(part) for part in parts])
        case Or(parts=parts):
            return " || ".join([text_of(part) for part in parts])


def operand(rule: Rule) -> str:
    """The rule as text that may stand beside `&&`."""
    return f"({text_of(rule)})" if isinstance(rule, Or) else text_of(rule)


def at_host(rule: Rule, host: str, syntax: Syntax = "v3") -> Residue:
    """What is left of the rule for requests to `host`: every host matcher is decided and folded away.

    UnreadableRuleError where a pattern cannot be decided, and it depends on that pattern.
    """
    match rule:
        case Matcher():
            return _host_holds(rule, host, syntax) if rule.name.lower() in HOST_MATCHERS else rule
        case Not(rule=inner):
            rest = at_host(inner, host, syntax)
            return not rest if isinstance(rest, bool) else Not(rest)
        case And(parts=parts):
            return _folded(And, parts, host, syntax, neutral=True)
        case Or(parts=parts):
            return _folded(Or, parts, host, syntax, neutral=False)


def _folded(join: type[And] | type[Or], parts: tuple[Rule, ...], host: str, syntax: Syntax, *, neutral: bool) -> Residue:
    left: list[Rule] = []
    undecided: UnreadableRuleError | None = None
    for part in parts:
        try:
            rest = at_host(part, host, syntax)
        except UnreadableRuleError as error:
            undecided = undecided if isinstance(undecided, InvalidRuleError) else error
            continue
        if not isinstance(rest, bool):
            left.append(rest)
        elif rest is not neutral:
            return rest  # whatever the others are
    if undecided is not None:
        raise undecided
    return neutral if not left else left[0] if len(left) == 1 else join(tuple(left))


def names_host(rule: Rule, host: str) -> bool:
    """Whether the rule names exactly this host in a `Host` matcher that is not negated."""
    match rule:
        case Matcher():
            return rule.name.lower() in {"host", "hostheader"} and host in map(_plain_host, rule.arguments)
        case Not():
            return False
        case And(parts=parts) | Or(parts=parts):
            return any(names_host(part, host) for part in parts)


def route_names_host(route: Mapping[str, Any], host: str) -> bool:
    """Whether a rule of an IngressRoute names this host; one that cannot be read names none."""
    for each in route["spec"].get("routes") or ():
        try:
            if names_host(parse(each.get("match") or ""), host):
                return True
        except UnreadableRuleError:
            continue
    return False


def bound_to(rule: Rule, host: str) -> bool:
    """Whether the rule can hold for no other host, seen from its form: a conjunction with ``Host(`host`)``."""
    match rule:
        case Matcher():
            return names_host(rule, host) and len(rule.arguments) == 1
        case And(parts=parts):
            return any(bound_to(part, host) for part in parts)
        case _:
            return False


def _plain_host(text: str) -> str:
    return text.lower().removesuffix(".")


def _host_holds(matcher: Matcher, host: str, syntax: Syntax) -> bool:
    if matcher.name.lower() == "hostregexp":
        return _any_holds(matcher.arguments, host, syntax)
    return any(_same_host(_plain_host(argument), host) for argument in matcher.arguments)


def _same_host(expression: str, host: str) -> bool:
    if expression == "*":
        return True
    if expression.startswith("*."):  # one label, as in a certificate
        return host.partition(".")[2] == expression[2:]
    return expression == host


def _any_holds(patterns: tuple[str, ...], host: str, syntax: Syntax) -> bool:
    undecided: UnreadableRuleError | None = None
    for pattern in patterns:
        try:
            if host_patterns.holds(pattern, host, syntax):
                return True
        except UnreadableRuleError as error:
            undecided = undecided if isinstance(undecided, InvalidRuleError) else error
    if undecided is not None:
        raise undecided
    return False
