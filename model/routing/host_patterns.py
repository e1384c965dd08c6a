"""Patterns of hosts, as Traefik's `HostRegexp` takes them: Go's, which are RE2's, read by RE2 itself.

Python's own patterns are another language: what both take may mean different things (`[[:alnum:]]`, `{,3}`, `a*+`). RE2 also
takes no longer for an evil pattern than for a good one.
"""

import re
from functools import lru_cache
from typing import Any

from model.routing.rule_tree import InvalidRuleError, Syntax, UnreadableRuleError

# What RE2 says of a pattern that is none in any version of Go. Of the rest Go may take some: it knows more names of classes,
# and larger patterns.
BROKEN = ("missing ]", "missing )", "unexpected )", "no argument for repetition operator", "bad repetition operator")
SHOWN = 80  # characters of a pattern in what is said of it
ANY_LABEL = "[^.]+"  # what a placeholder of version 2 stands for where it does not say it

_TEMPLATE = re.compile(r"[A-Za-z0-9.-]*\{[A-Za-z_][\w-]*[:}]")  # `\p{Greek}` is none


def holds(pattern: str, host: str, syntax: Syntax) -> bool:
    """Whether a pattern holds for a host; UnreadableRuleError where that is not sure, InvalidRuleError where it
    is no pattern.

    The braces of version 2 (`{sub:[a-z]+}.example.com`) are told by their form in version 3 too.
    """
    is_template = syntax == "v2" or _TEMPLATE.match(pattern) is not None
    source = _from_template(pattern) if is_template else pattern
    return _compiled(source, pattern).search(host) is not None


@lru_cache(maxsize=4096)
def _from_template(pattern: str) -> str:
    """As version 2 reads it: what stands outside of braces is plain text, and case does not count."""
    import re2  # type: ignore[import-untyped]

    source, depth, done, start = "(?i)^", 0, 0, 0
    for at, character in enumerate(pattern):
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == "{" and depth == 1:
            source += re2.escape(pattern[done:at])
            start = at + 1
        elif character == "}" and depth == 0:
            name, colon, own = pattern[start:at].partition(":")
            if not name or (colon and not own):
                raise _undecided(pattern, "a placeholder without name or pattern")
            source += f"(?:{_alone(own, pattern) if colon else ANY_LABEL})"
            done = at + 1
        elif depth < 0:
            break
    if depth:
        raise _undecided(pattern, "its braces do not close")
    return f"{source}{re2.escape(pattern[done:])}$"


def _alone(own: str, pattern: str) -> str:
    """A placeholder's pattern, which must be one by itself too."""
    _compiled(f"^{own}$", pattern)
    return own


@lru_cache(maxsize=4096)
def _compiled(source: str, pattern: str) -> Any:
    import re2  # 3 MB, which no idle process needs

    if r"\C" in source:  # a byte of its own, which Go does not know
        raise _undecided(pattern, r"`\C`")
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(source, options)
    except re2.error as error:
        said = error.args[0] if error.args else ""
        why = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        raise _undecided(pattern, why, InvalidRuleError if why.startswith(BROKEN) else UnreadableRuleError) from error


def _undecided(pattern: str, why: str, kind: type[UnreadableRuleError] = UnreadableRuleError) -> UnreadableRuleError:
    return kind(f"host pattern `{_cut(pattern)}` cannot be decided here: {_cut(why)}")


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
