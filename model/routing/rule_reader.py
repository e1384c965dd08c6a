"""From a rule's text to its tree.

The grammar is Go's for expressions: matcher calls joined by `&&`, `||`, `!` and parentheses, with string literals in
backticks or double quotes. Traefik has Go's own parser read them, so what is no expression there is no rule in any version.
Sources: Traefik's `pkg/rules`, `vulcand/predicate`, and the Go specification.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from model.routing.rule_tree import And, InvalidRuleError, Matcher, Not, Or, Rule, UnreadableRuleError

DEPTH_MAX = 50  # each level costs a few frames of the stack, here and wherever the tree is walked

_SPACE = re.compile(r"[ \t\r\n]*")
_TOKEN = re.compile(
    r"""(?P<op>&&|\|\||\.\.\.|[!(),])|(?P<name>[A-Za-z]\w*)|(?P<raw>`[^`]*`)|(?P<quoted>"(?:[^"\\\n]|\\.)*")"""
)
_ODD = re.compile(r"//|/\*|\ufeff")  # what Go skips: comments, and a mark of byte order at the start
_ENDS_A_LINE = frozenset({")", "name", "raw", "quoted"})  # behind these, Go takes a new line for a semicolon
_ESCAPE = re.compile(
    r"""\\(?:(?P<plain>[abfnrtv\\"])|x(?P<x>[0-9A-Fa-f]{2})|(?P<octal>[0-7]{3})|u(?P<u>[0-9A-Fa-f]{4})|U(?P<U>[0-9A-Fa-f]{8})|)"""
)
_PLAIN = dict(zip('abfnrtv\\"', '\a\b\f\n\r\t\v\\"', strict=True))


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


@lru_cache(maxsize=4096)
def parse(text: str) -> Rule:
    """The rule as a tree; InvalidRuleError where Traefik has none either, UnreadableRuleError where it may have one."""
    if "\0" in text:
        raise InvalidRuleError("it has a NUL character")
    reader = _Reader(text, tuple(_tokens(text)))
    rule = reader.either()
    reader.expect("end")
    return rule


def _tokens(text: str) -> Iterator[_Token]:
    position, end, kind = 0, len(text.rstrip(" \t\r\n")), ""
    while True:
        space = _SPACE.match(text, position)
        start = space.end() if space else position
        if start >= end:
            break
        if _ODD.match(text, start):
            raise UnreadableRuleError(f"a comment or a mark of byte order at character {start + 1}")
        if "\n" in text[position:start] and kind in _ENDS_A_LINE:
            raise InvalidRuleError(f"the line ends before character {start + 1}, where the rule goes on")
        match = _TOKEN.match(text, start)
        if match is None:
            raise InvalidRuleError(f"unexpected text at character {start + 1}: {text[start : start + 20]!r}")
        group = match.lastgroup or ""
        kind = match[group] if group == "op" else group
        yield _Token(kind, match[group], start, match.end())
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
            raise InvalidRuleError(f"expected {' or '.join(kinds)} at character {token.start + 1}, found {found}")
        self.position += 1
        return token

    def sees(self, kind: str) -> bool:
        if self.tokens[self.position].kind != kind:
            return False
        self.position += 1
        return True

    def either(self) -> Rule:
        return self.chain("||", self.both, Or)

    def both(self) -> Rule:
        return self.chain("&&", self.one, And)

    def chain(self, operator: str, one: Callable[[], Rule], join: type[And] | type[Or]) -> Rule:
        parts = [one()]
        while self.sees(operator):
            parts.append(one())
        return join(tuple(parts)) if len(parts) > 1 else parts[0]

    def one(self) -> Rule:
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise UnreadableRuleError(f"nested more than {DEPTH_MAX} deep")
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
        arguments = [self.argument()]
        while self.sees(",") and self.tokens[self.position].kind != ")":
            arguments.append(self.argument())
        return Matcher(name.text, tuple(arguments), self.text[name.start : self.expect(")").end])

    def argument(self) -> str:
        token = self.expect("raw", "quoted")
        if self.tokens[self.position].kind == "...":
            raise UnreadableRuleError(f"`...` at character {token.end + 1}")
        text = token.text[1:-1]
        return text.replace("\r", "") if token.kind == "raw" else _ESCAPE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    if match["plain"]:
        return _PLAIN[match["plain"]]
    byte = match["x"] or match["octal"]
    code = int(match["x"], 16) if match["x"] else int(match["octal"], 8) if byte else -1
    if byte and 0x7F < code <= 0xFF:
        raise UnreadableRuleError(f"the byte {match[0]}, which may be part of a character")
    if not byte:
        code = int(match["u"] or match["U"] or "-1", 16)
    if not 0 <= code <= (0xFF if byte else 0x10FFFF) or 0xD800 <= code <= 0xDFFF:
        raise InvalidRuleError(f"unknown escape at {match.string[match.start() : match.start() + 10]!r}")
    return chr(code)
