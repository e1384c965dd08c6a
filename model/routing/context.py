"""The context that a request carries: the header that names a feature, plain or as a member of W3C `baggage`.

A rule has the condition of both forms; a preview host puts both on the request. Syntax of baggage: W3C Recommendation
"Propagation format for distributed context: Baggage", section 3.3. How Traefik reads values: `pkg/muxer/http`: the name
of a header in any case, and of several lines of one header any that fits.
"""

import hashlib
import re

from model import names
from model.routing.rules import Syntax

BAGGAGE = "baggage"
RANKS = 1_000_000  # how many places there are among the labels that one request may name

HEADER_NAME = r"[A-Za-z0-9!#$%&'*+.^_|~-]{1,64}"
_HEADER = re.compile(HEADER_NAME)
_HEX_LETTER = re.compile(r"[A-F]")
_SPECIAL = re.compile(r"[$*+.^|]")  # what of a header name means something in a pattern
_SPACE = r"[ \t]*"
_MATCHERS = {"v2": ("Headers", "HeadersRegexp"), "v3": ("Header", "HeaderRegexp")}
# Headers that HTTP, tracing, proxies or every browser use: routing by one breaks requests, or takes all of the base's.
_HOP_BY_HOP = {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
_OF_REQUESTS = {
    "accept", "authorization", "cache-control", "content-length", "content-type", "cookie", "date", "dnt", "expect", "forwarded",
    "from", "host", "max-forwards", "origin", "pragma", "priority", "proxy-authorization", "range", "referer",
    "save-data", "upgrade-insecure-requests", "user-agent", "via", "x-real-ip", "x-requested-with",
}  # fmt: skip
_OF_TRACING = {BAGGAGE, "traceparent", "tracestate", "x-request-id", "x-correlation-id", "b3"}
_TAKEN = _HOP_BY_HOP | _OF_REQUESTS | _OF_TRACING
_TAKEN_FAMILIES = ("accept-", "access-control-", "if-", "sec-", "x-b3-", "x-forwarded-")


def checked_header(name: str) -> str:
    """`name` if it can be the context header and stand in a rule; else names.InvalidNameError."""
    if not _HEADER.fullmatch(name):
        raise names.InvalidNameError(f"`{name}` is not a header name")
    if is_taken(name):
        raise names.InvalidNameError(f"`{name}` cannot be the context header: it has a meaning of its own")
    return name


def is_taken(name: str) -> bool:
    """Whether a header has a meaning of its own, so that it comes without anybody choosing a feature."""
    return name.lower() in _TAKEN or name.lower().startswith(_TAKEN_FAMILIES)


def condition(header: str, label: str, syntax: Syntax = "v3") -> str:
    """What a rule says of the request's context, as one operand of `&&`. Both names must have been checked.

    The plain header decides where it has a value; baggage does where it has none. Of the two patterns for baggage only the
    second is exact. Every request is tried against the rules of every live label, and Go's patterns are fast only where
    they begin with plain characters: the first does, and it lets hardly any other request through to the second.
    """
    exactly, matches = _MATCHERS[syntax]
    return (
        f"({exactly}(`{header}`, `{label}`)"
        f" || {matches}(`{BAGGAGE}`, `{_naming(header, label)}`)"
        f" && ({matches}(`{BAGGAGE}`, `{member(header, label)}`)"
        f" && !{matches}(`{header}`, `.`)))"
    )


def member(header: str, label: str) -> str:
    """A pattern (RE2) for baggage in which a member has the header's name as its key and the label as its value."""
    return f"(?:^|,){_SPACE}{_naming(header, label)}"


def whole_value(header: str, label: str) -> str:
    """The same as a pattern of the whole value, for proxies that take patterns so."""
    return f"^(?:.*,)?{_SPACE}{_pair(header, label)}{_SPACE}(?:[,;].*)?$"


def given(header: str, label: str) -> dict[str, str]:
    """The headers by which a request is given the context: both forms."""
    return {header: label, BAGGAGE: f"{header}={label}"}


def rank(label: str) -> int:
    """The place of a label among others that one request names at once: the highest goes first; below RANKS.

    Traefik tries rules of equal priority in an order that changes with every reload, so each label has a place of its
    own. It is a hash, since a stack does not know which other labels there are.
    """
    return int.from_bytes(hashlib.sha256(label.encode()).digest()[:8]) % RANKS


def _naming(header: str, label: str) -> str:
    """Key and value of the member, and what may stand behind: the end, another member or a property."""
    return f"{_pair(header, label)}{_SPACE}(?:[,;]|$)"


def _pair(header: str, label: str) -> str:
    key = _SPECIAL.sub(r"\\\g<0>", header)
    return f"{key}{_SPACE}={_SPACE}{''.join(map(_character, label))}"


def _character(plain: str) -> str:
    """A character as it is or percent-encoded, in hex digits of either case."""
    digits = _HEX_LETTER.sub(lambda letter: f"[{letter[0]}{letter[0].lower()}]", f"{ord(plain):02X}")
    return f"(?:{plain}|%{digits})"
