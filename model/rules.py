"""Traefik's rule language as far as routes need it: read a rule, and see what is left of it for one host.

The grammar is Go's for expressions: matcher calls joined by `&&`, `||`, `!` and parentheses, with string literals in
backticks or double quotes. Source: Traefik's documentation, "Rules & Priority", and its `pkg/rules`.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

Syntax = Literal["v2", "v3"]

HOST_MATCHERS = frozenset({"host", "hostheader", "hostregexp"})  # Traefik ignores the case of a matcher's name

_TOKEN = re.compile(
    r"""\s*(?:(?P<op>&&|\|\||[!(),])|(?P<name>[A-Za-z]\w*)|(?P<raw>`[^`]*`)|(?P<quoted>"(?:[^"\\\n]|\\.)*"))"""
)
_V2_PLACEHOLDER = re.compile(r"\{[A-Za-z_][\w-]*(?::(?P<pattern>[^{}]*(?:\{[\d,]*\}[^{}]*)*))?\}")


class UnreadableRuleError(ValueError):
    """A rule that we cannot read, or whose host pattern we cannot decide; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """One call such as ``PathPrefix(`/api`)``, with its own text."""

    name: str
    arguments: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Not:
    """`!rule`."""

    rule: "Rule"


@dataclass(frozen=True, slots=True)
class And:
    """`left && right`."""

    left: "Rule"
    right: "Rule"


@dataclass(frozen=True, slots=True)
class Or:
    """`left || right`."""

    left: "Rule"
    right: "Rule"


Rule = Matcher | Not | And | Or
Residue = Rule | bool  # True: holds for every request to that host; False: for none


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


@lru_cache(maxsize=4096)
def parse(text: str) -> Rule:
    """The rule as a tree; UnreadableRuleError where it is not one."""
    reader = _Reader(text, tuple(_tokens(text)))
    rule = reader.either()
    reader.expect("end")
    return rule


def _tokens(text: str) -> Iterator[_Token]:
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise UnreadableRuleError(f"unexpected text at character {position + 1}: {text[position : position + 20]!r}")
        kind = match.lastgroup or ""
        yield _Token(match[kind] if kind == "op" else kind, match[kind], match.start(kind), match.end(kind))
        position = match.end()
    yield _Token("end", "", end, end)


class _Reader:
    """Recursive descent: `||` binds least, then `&&`, then `!`."""

    def __init__(self, text: str, tokens: tuple[_Token, ...]) -> None:
        self.text = text
        self.tokens = tokens
        self.position = 0
        self.depth = 0

    def expect(self, *kinds: str) -> _Token:
        token = self.tokens[self.position]
        if token.kind not in kinds:
            found = repr(token.text) if token.text else "the end"
            raise UnreadableRuleError(f"expected {' or '.join(kinds)} at character {token.start + 1}, found {found}")
        self.position += 1
        return token

    def sees(self, kind: str) -> bool:
        if self.tokens[self.position].kind != kind:
            return False
        self.position += 1
        return True

    def either(self) -> Rule:
        rule = self.both()
        while self.sees("||"):
            rule = Or(rule, self.both())
        return rule

    def both(self) -> Rule:
        rule = self.one()
        while self.sees("&&"):
            rule = And(rule, self.one())
        return rule

    def one(self) -> Rule:
        self.depth += 1
        if self.depth > 100:
            raise UnreadableRuleError("nested more than 100 deep")
        try:
            if self.sees("!"):
                return Not(self.one())
            if self.sees("("):
                rule = self.either()
                self.expect(")")
                return rule
            return self.matcher()
        finally:
            self.depth -= 1

    def matcher(self) -> Matcher:
        name = self.expect("name")
        self.expect("(")
        arguments = [_literal(self.expect("raw", "quoted"))]
        while self.sees(","):
            arguments.append(_literal(self.expect("raw", "quoted")))
        return Matcher(name.text, tuple(arguments), self.text[name.start : self.expect(")").end])


def _literal(token: _Token) -> str:
    if token.kind == "raw":
        return token.text[1:-1]
    try:
        return str(json.loads(token.text))  # Go's and JSON's escapes agree on those that rules use
    except ValueError as error:
        raise UnreadableRuleError(f"unknown escape in {token.text}") from error


def text_of(rule: Rule) -> str:
    """The rule as text, with no more parentheses than needed."""
    match rule:
        case Matcher(text=text):
            return text
        case Not(rule=inner):
            return f"!{text_of(inner)}" if isinstance(inner, Matcher) else f"!({text_of(inner)})"
        case And(left=left, right=right):
            return f"{operand(left)} && {operand(right)}"
        case Or(left=left, right=right):
            return f"{text_of(left)} || {text_of(right)}"


def operand(rule: Rule) -> str:
    """The rule as text that may stand beside `&&`."""
    return f"({text_of(rule)})" if isinstance(rule, Or) else text_of(rule)


def at_host(rule: Rule, host: str, syntax: Syntax = "v3") -> Residue:
    """What is left of the rule for requests to `host`: every host matcher is decided and folded away."""
    match rule:
        case Matcher():
            return _host_holds(rule, host, syntax) if rule.name.lower() in HOST_MATCHERS else rule
        case Not(rule=inner):
            rest = at_host(inner, host, syntax)
            return not rest if isinstance(rest, bool) else Not(rest)
        case And(left=left, right=right):
            return _folded(And, at_host(left, host, syntax), at_host(right, host, syntax), neutral=True)
        case Or(left=left, right=right):
            return _folded(Or, at_host(left, host, syntax), at_host(right, host, syntax), neutral=False)


def _folded(join: type[And] | type[Or], left: Residue, right: Residue, *, neutral: bool) -> Residue:
    if isinstance(left, bool):
        return right if left is neutral else left
    if isinstance(right, bool):
        return left if right is neutral else right
    return join(left, right)


def names_host(rule: Rule, host: str) -> bool:
    """Whether the rule names exactly this host in a `Host` matcher that is not negated."""
    match rule:
        case Matcher():
            return rule.name.lower() in {"host", "hostheader"} and host in map(_plain_host, rule.arguments)
        case Not():
            return False
        case And(left=left, right=right) | Or(left=left, right=right):
            return names_host(left, host) or names_host(right, host)


def bound_to(rule: Rule, host: str) -> bool:
    """Whether the rule can hold for no other host, seen from its form: a conjunction with ``Host(`host`)``."""
    match rule:
        case Matcher():
            return names_host(rule, host) and len(rule.arguments) == 1
        case And(left=left, right=right):
            return bound_to(left, host) or bound_to(right, host)
        case _:
            return False


def _plain_host(text: str) -> str:
    return text.lower().removesuffix(".")


def _host_holds(matcher: Matcher, host: str, syntax: Syntax) -> bool:
    if matcher.name.lower() == "hostregexp":
        return any(_pattern(argument, syntax).search(host) for argument in matcher.arguments)
    return any(_same_host(_plain_host(argument), host) for argument in matcher.arguments)


def _same_host(expression: str, host: str) -> bool:
    if expression == "*":
        return True
    if expression.startswith("*."):  # one label, as in a certificate
        return host.partition(".")[2] == expression[2:]
    return expression == host


def _pattern(text: str, syntax: Syntax) -> re.Pattern[str]:
    """A host pattern; the braces of version 2 (`{sub:[a-z]+}.example.com`) are told by their form."""
    source = _v2_pattern(text) if syntax == "v2" or _V2_PLACEHOLDER.search(text) else text
    try:
        return re.compile(source, re.ASCII)
    except re.error as error:
        raise UnreadableRuleError(f"host pattern `{text}` cannot be decided here: {error}") from error


def _v2_pattern(text: str) -> str:
    out, position = "", 0
    for placeholder in _V2_PLACEHOLDER.finditer(text):
        out += re.escape(text[position : placeholder.start()]) + f"(?:{placeholder['pattern'] or '[^.]+'})"
        position = placeholder.end()
    return f"^{out}{re.escape(text[position:])}$"
