"""Who a view or a program in a database works for: in a feature's database, its own user. Pure."""

import re

_DEFINER = re.compile(
    r"\s*DEFINER\s*=\s*(?:`[^`]*`|'[^']*'|\"[^\"]*\"|[\w$.%-]+)(?:\s*@\s*(?:`[^`]*`|'[^']*'|\"[^\"]*\"|[\w$.%-]+))?",
    re.IGNORECASE,
)
_VERSIONED = re.compile(r"/\*M?!\d*\s*\*/")
_CREATES = re.compile(r"(?:/\*M?!\d*\s*)?(?:CREATE|ALTER)\b", re.IGNORECASE)
# Before one of these words a statement that has a definer has nothing that could look like one.
_KIND = re.compile(
    r"\b(?:VIEW|TRIGGER|PROCEDURE|FUNCTION|EVENT|PACKAGE|TABLE|DATABASE|SCHEMA|USER|INDEX)\b", re.IGNORECASE
)


def without(statement: str) -> str:
    """The statement without its `DEFINER=…`, so that whoever runs it becomes the definer."""
    if not _CREATES.match(statement):
        return statement
    kind = _KIND.search(statement)
    if kind is None:
        return statement
    head, rest = statement[: kind.start()], statement[kind.start() :]
    return _VERSIONED.sub("", _DEFINER.sub("", head, count=1)) + rest
