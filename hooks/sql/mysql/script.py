"""Takes a script for the client `mysql` apart, as mysqldump and mariadb-dump write it and as people write it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from hooks.sql.script import Lines, ScriptError, Statement

_DELIMITER = re.compile(r"\s*delimiter\s+(\S+)", re.IGNORECASE)
_DELIMITER_ALONE = re.compile(r"\s*delimiter\s*$", re.IGNORECASE)
_SANDBOX = re.compile(r"\s*/\*M?!999999\\- ")  # the first line of mariadb-dump: a command for its client alone
# `/*! …` and `/*M! …` are statements to the server that knows their version, not comments.
_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<remark>(?:\#|--(?=[\s\x00-\x1f]|\Z))[^\n]*)"
    r"|(?P<versioned>/\*M?!)"
    r"|(?P<comment>/\*)"
    r"|(?P<quote>['\"`])"
    r"|(?P<word>[A-Za-z0-9_$\u0080-\U0010ffff]+)"
    r"|(?P<command>\\.?)"
    r"|(?P<other>.)",
    re.DOTALL,
)
_INSIDE = {
    "'": re.compile(r"(?:[^'\\]++|\\.|'')*+('|\\?\Z)", re.DOTALL),
    '"': re.compile(r'(?:[^"\\]++|\\.|"")*+("|\\?\Z)', re.DOTALL),
    "`": re.compile(r"[^`]*(`|\Z)"),
    "/*": re.compile(r"(?:(?!\*/).)*(\*/|\Z)", re.DOTALL),
}


@dataclass
class _State:
    text: list[str] = field(default_factory=list)
    line: int = 0  # of the statement's first token; 0: nothing but space and comments so far
    inside: str = ""  # `'`, `"`, a backtick, `/*`
    since: int = 0  # the line in which `inside` was opened
    delimiter: str = ";"

    def clear(self) -> None:
        """Before the next statement."""
        self.text, self.line = [], 0


def pieces(lines: Iterable[str]) -> Iterator[Statement]:
    """The script's statements in order, without what separates them. ScriptError where one cannot be told from the
    next."""
    source = Lines(lines)
    state = _State()
    for line in source:
        if not state.inside and not state.line:
            if _SANDBOX.match(line):
                continue
            if found := _DELIMITER.match(line):
                state.delimiter = found[1]
                continue
            if _DELIMITER_ALONE.match(line):
                raise ScriptError(source.number, "DELIMITER must be followed by the delimiter")
        yield from _statements(line, source.number, state)
    if state.inside:
        raise ScriptError(state.since, f"what begins with {state.inside} here has no end")
    if state.line:
        yield Statement(state.line, "".join(state.text).strip())


def _statements(line: str, number: int, state: _State) -> Iterator[Statement]:
    at = 0
    while at < len(line):
        if state.inside:
            at = _to_the_end_of_quote(line, at, state)
            continue
        if line.startswith(state.delimiter, at):
            at += len(state.delimiter)
            if state.line:
                yield Statement(state.line, "".join(state.text).strip())
            state.clear()
            continue
        at = _take(line, at, number, state)


def _take(line: str, at: int, number: int, state: _State) -> int:
    token = _TOKEN.match(line, at)
    if token is None:  # cannot be: `other` takes any character
        raise ScriptError(number, "cannot be read")
    kind, text = token.lastgroup or "", token[0]
    if kind == "word" and (cut := text.find(state.delimiter)) > 0:
        text = text[:cut]  # a delimiter such as `$$` may follow a word directly
    if kind == "command":
        remedy = "Only statements of SQL are run here, as mysqldump writes them."
        raise ScriptError(number, f"`{text}` is a command of the client's", remedy)
    if kind in ("quote", "comment"):
        state.inside, state.since = text, number
    if kind not in ("space", "remark", "comment"):
        state.line = state.line or number
    if state.line:  # what stands before a statement is no part of it
        state.text.append(text)
    return at + len(text)


def _to_the_end_of_quote(line: str, at: int, state: _State) -> int:
    match = _INSIDE[state.inside].match(line, at)
    stop, found = (match.end(), match[1] not in ("", "\\")) if match else (len(line), False)
    if state.line:
        state.text.append(line[at:stop])
    if found:
        state.inside = ""
    return stop
