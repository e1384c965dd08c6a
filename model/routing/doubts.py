"""Rules of the base of which we cannot tell whether they hold for a host, and which of them stand in its way.

A text that is no rule in Traefik's language either takes no request: Traefik leaves that route out. It is in nobody's way,
but where it names a host, whoever wrote it meant that host, so it is said before anything is routed there.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from model.routing import rules
from model.routing.reissue import BaseRule, Manifest, Refusal, identity
from model.routing.rules import InvalidRuleError, UnreadableRuleError

SHOWN = 200  # characters of a rule
SAID = 3  # rules of one host: a comment has an end

_WILD = re.compile(r"[`\"]\*")


@dataclass(frozen=True, slots=True)
class Unread:
    """A rule that could not be read. `left_out`: Traefik cannot read it either."""

    owner: Manifest
    match: str
    why: str
    left_out: bool


def decided(known: Iterable[BaseRule], host: str) -> tuple[list[BaseRule], list[Unread]]:
    """The rules of which we can tell whether they hold for a host, and the others."""
    sure: list[BaseRule] = []
    unsure: list[Unread] = []
    for each in known:
        try:
            rules.at_host(each.rule, host, each.syntax)
        except UnreadableRuleError as error:
            unsure.append(Unread(each.owner, str(each.route["match"]), str(error), isinstance(error, InvalidRuleError)))
        else:
            sure.append(each)
    return sure, unsure


def in_the_way(
    unread: Iterable[Unread], unsure: Iterable[Unread], host: str, meets: Callable[[Manifest], bool]
) -> Iterator[Refusal]:
    """Those that may take a host's requests, and those that Traefik leaves out though they name the host.

    `unsure` are those of `decided`; `meets` tells whether an IngressRoute may be tried for the same requests as ours.
    """
    may_hold = [*(each for each in unread if each.left_out or may_concern(each.match, host)), *unsure]
    for each in may_hold:
        if names(each.match, host) if each.left_out else meets(each.owner):
            yield refusal(each, host)


def few(found: Iterable[Refusal]) -> list[Refusal]:
    """The first of them, each rule once, whatever number of hosts it may hold for."""
    once: dict[tuple[str, str], Refusal] = {}
    for each in found:
        once.setdefault((each.route, each.problem), each)
    return list(once.values())[:SAID]


def refusal(each: Unread, host: str) -> Refusal:
    """What is said of it."""
    shown = each.match if len(each.match) <= SHOWN else f"{each.match[:SHOWN]}…"
    also = " Traefik leaves such a rule out: mend it, or take it away." if each.left_out else ""
    return Refusal("unreadable", host, f"The rule `{shown}` cannot be read: {each.why}.{also}", identity(each.owner))


def names(match: str, host: str) -> bool:
    """Whether a text has a host as a word of its own; a name without dots, which many words are, behind a quote only."""
    before = r"(?<![\w.-])" if "." in host else r"(?<=[`\"])"
    return re.search(rf"{before}{re.escape(host)}\.?(?![\w-]|\.\w)", match, re.ASCII | re.IGNORECASE) is not None


def may_concern(match: str, host: str) -> bool:
    """Whether a rule that Traefik may take can hold for a host: all but those that surely speak of others."""
    said = match.lower()
    spoken = host in said if "." in host else names(match, host)
    any_host = "host" not in said or "hostregexp" in said or "\\" in said or _WILD.search(said) is not None
    return spoken or any_host
