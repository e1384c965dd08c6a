"""Takes a script for psql apart, as pg_dump writes it in its plain format and as people write it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from hooks.sql.script import Copy, Lines, ScriptError, Statement

_WORD = r"[A-Za-z_\u0080-\U0010ffff][A-Za-z0-9_$\u0080-\U0010ffff]*"
_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<remark>--[^\n]*)"
    r"|(?P<comment>/\*)"
    r"|(?P<escaped>[eE]')"
    r"|(?P<quote>['\"])"
    rf"|(?P<dollar>\$(?:{_WORD.replace('$', '')})?\$)"
    rf"|(?P<word>{_WORD})"
    r"|(?P<number>[0-9]+(?:\.[0-9]+)?)"
    r"|(?P<open>\()|(?P<close>\))|(?P<end>;)"
    r"|(?P<command>\\[^\n]*)"
    r"|(?P<other>.)",
    re.DOTALL,
)
_IN_PLAIN = {"'": re.compile(r"[^']*('|\Z)"), '"': re.compile(r'[^"]*("|\Z)')}
_IN_ESCAPED = re.compile(r"(?:[^'\\]++|\\.|'')*+('|\\?\Z)", re.DOTALL)
_IN_COMMENT = re.compile(r"(/\*|\*/)")
_COPY = re.compile(r"COPY\b.*\bFROM\s+STDIN\b", re.IGNORECASE | re.DOTALL)
_HARMLESS = ("restrict", "unrestrict", "echo", "qecho", "timing", "pset")
_ROUTINE = re.compile(r"CREATE (OR REPLACE )?(FUNCTION|PROCEDURE)\b")


@dataclass
class _State:
    """Where the reader is: inside of which quote (`'`, `e'`, `"`, `$tag$`, `/*`), and of how many brackets."""

    text: list[str] = field(default_factory=list)
    line: int = 0  # of the statement's first token; 0: nothing but space and comments so far
    inside: str = ""
    since: int = 0  # the line in which `inside` was opened
    comments: int = 0
    brackets: int = 0
    words: list[str] = field(default_factory=list)
    blocks: int = 0  # BEGIN ATOMIC … END, CASE … END in a routine's body

    def clear(self) -> None:
        """Before the next statement."""
        self.text, self.words, self.line = [], [], 0


def pieces(lines: Iterable[str]) -> Iterator[Statement | Copy]:
    """The script's statements in order, without their semicolons. ScriptError where one cannot be told from the next,
    or where psql itself would have to do something."""
    source = Lines(lines)
    state = _State()
    for line in source:
        for statement in _statements(line, source.number, state):
            if not _COPY.match(statement.text):
                yield statement
                continue
            rows = _rows(source, statement.line)
            yield Copy(statement.line, statement.text, rows)
            for _ in rows:  # what the reader left
                pass
    if state.inside:
        raise ScriptError(state.since, f"what begins with {_opened(state.inside)} here has no end")
    if state.line:
        yield Statement(state.line, "".join(state.text).strip())


def _rows(source: Lines, begun: int) -> Iterator[str]:
    for row in source:
        if row.rstrip("\r\n") == "\\.":
            return
        yield row
    raise ScriptError(begun, "the rows of this COPY have no end", "The dump is cut off: make it anew.")


def _statements(line: str, number: int, state: _State) -> Iterator[Statement]:
    at = 0
    while at < len(line):
        if state.inside:
            at = _to_the_end_of_quote(line, at, state)
            continue
        token = _TOKEN.match(line, at)
        if token is None:  # cannot be: `other` takes any character
            raise ScriptError(number, "cannot be read")
        at = token.end()
        kind, text = token.lastgroup or "", token[0]
        if kind in ("space", "remark", "comment") and not state.line:
            text = ""  # what stands before a statement is no part of it
        if kind == "command":
            _command(text, number, state)
        elif kind == "end" and not state.brackets and not state.blocks:
            if state.line:
                yield Statement(state.line, "".join(state.text).strip())
            state.clear()
        else:
            _take(kind, text, number, state)


def _take(kind: str, text: str, number: int, state: _State) -> None:
    if kind in ("escaped", "quote", "dollar", "comment"):
        state.inside = {"escaped": "e'", "comment": "/*"}.get(kind, text)
        state.since = number
        state.comments = 1
    if kind not in ("space", "remark", "comment"):
        state.line = state.line or number
    if kind == "open":
        state.brackets += 1
    elif kind == "close":
        state.brackets = max(0, state.brackets - 1)
    elif kind == "word":
        _count_blocks(text.upper(), state)
    state.text.append(text)


def _count_blocks(word: str, state: _State) -> None:
    """The body of a routine may be a block with semicolons of its own: `BEGIN ATOMIC …; …; END`."""
    if len(state.words) < 4:
        state.words.append(word)
    if state.brackets or word not in ("BEGIN", "CASE", "END"):
        return
    if not _ROUTINE.match(" ".join(state.words)):
        return
    if word == "END":
        state.blocks = max(0, state.blocks - 1)
    elif word == "BEGIN" or state.blocks:
        state.blocks += 1


def _to_the_end_of_quote(line: str, at: int, state: _State) -> int:
    if state.inside == "/*":
        return _to_the_end_of_comment(line, at, state)
    if state.inside.startswith("$"):
        end = line.find(state.inside, at)
        stop, found = (len(line), False) if end < 0 else (end + len(state.inside), True)
    else:
        match = (_IN_ESCAPED if state.inside == "e'" else _IN_PLAIN[state.inside]).match(line, at)
        stop, found = (match.end(), bool(match[1].strip("\\"))) if match else (len(line), False)
    state.text.append(line[at:stop])
    if found:
        state.inside = ""  # a doubled quote opens the next part of the same text at once, which comes to the same
    return stop


def _to_the_end_of_comment(line: str, at: int, state: _State) -> int:
    match = _IN_COMMENT.search(line, at)
    stop = match.end() if match else len(line)
    if state.line:
        state.text.append(line[at:stop])
    if match:
        state.comments += 1 if match[0] == "/*" else -1
        if state.comments == 0:
            state.inside = ""
    return stop


def _command(text: str, number: int, state: _State) -> None:
    """psql's own commands: those that change nothing on the server are passed over."""
    word = text[1:].split(maxsplit=1)[0] if text[1:].strip() else ""
    if not state.line and (word in _HARMLESS or text.split()[:2] == ["\\set", "ON_ERROR_STOP"]):
        return
    remedy = "Only statements of SQL are run here. pg_dump writes them with --format=plain --no-owner --no-privileges."
    raise ScriptError(number, f"`\\{word}` is a command of psql's", remedy)


def _opened(inside: str) -> str:
    return {"e'": "E'", "/*": "/*"}.get(inside, inside)
