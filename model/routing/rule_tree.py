"""A rule of Traefik's as a tree, and why a text may be none."""

from dataclasses import dataclass
from typing import Literal

Syntax = Literal["v2", "v3"]


class UnreadableRuleError(ValueError):
    """A rule that we cannot read, or whose host pattern we cannot decide; the message says where and why.

    Traefik may well take it.
    """


class InvalidRuleError(UnreadableRuleError):
    """A text that is no rule in Traefik's language either: Traefik leaves such a route out, so it takes no request."""


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
    """`first && second && …`: a chain is one node, so a long one is not deep."""

    parts: tuple["Rule", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """`first || second || …`."""

    parts: tuple["Rule", ...]


Rule = Matcher | Not | And | Or
Residue = Rule | bool  # True: holds for every request to that host; False: for none
