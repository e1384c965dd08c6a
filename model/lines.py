"""Which lines of a comment or of a pull request's text a person says: not code, not what HTML hides. The rules are
CommonMark's, as GitHub renders.

One pass over the text, whatever it holds: anybody who may comment can send 65,536 characters of backticks.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LINE_END = re.compile(r"\r\n|\r|\n")  # only these end a line in Markdown; str.splitlines knows seven more
_ITEM = re.compile(r" {0,3}(?:(?:[-*+]|[0-9]{1,9}[.)]) {1,4})+")
_FENCE = re.compile(r" *(`{3,}[^`]*|~{3,}.*)")
_MARKS = re.compile(r"`+|<!--|-->")
_PREFORMATTED = re.compile(r" {0,3}<pre(?:[ >].*)?", re.IGNORECASE)
_PREFORMATTED_END = re.compile(r"</pre>", re.IGNORECASE)
CODE_INDENT = "    "


@dataclass(frozen=True, slots=True)
class _Fence:
    """A code block that is open: its mark, and how far a list item that holds it is indented."""

    mark: str
    indent: int

    def after(self, line: str) -> "tuple[_Block | None, str | None]":
        bare, indent = line.strip(), _indent(line)
        if bare and indent < self.indent:  # the list item ends, and with it the block
            return None, line
        closes = bare.startswith(self.mark) and not bare.strip(self.mark[0]) and indent <= self.indent + 3
        return (None if closes else self), None


class _Comment:
    """An HTML comment that is open."""

    def after(self, line: str) -> "tuple[_Block | None, str | None]":
        _, closed, rest = line.partition("-->")
        return (None, rest) if closed else (self, None)


class _Preformatted:
    """`<pre>`, as GitHub too renders it."""

    def after(self, line: str) -> "tuple[_Block | None, str | None]":
        return (None if _PREFORMATTED_END.search(line) else self), None


_Block = (
    _Fence | _Comment | _Preformatted
)  # `after` a line: the block if it is still open, and what of the line is not in it


def raw(text: str) -> list[str]:
    """All lines, whatever hides them, tabs as spaces."""
    return [line.expandtabs(4) for line in _LINE_END.split(text)]


def visible(text: str) -> Iterator[str]:
    """The lines outside of code and comments, tabs as spaces."""
    return (shown for _, shown in paired(text))


def paired(text: str) -> Iterator[tuple[str, str]]:
    """The visible lines, each after the raw one that it is what can be seen of."""
    lines = raw(text)
    ending = _comment_ends(lines)
    block: _Block | None = None
    item = 0  # how far the list item that we are in is indented
    for position, line in enumerate(lines):
        if block is None and not line:  # tens of thousands of them may come, and nothing is open
            yield line, line
            continue
        block, rest = block.after(line) if block else (None, line)
        if rest is None:
            continue
        item, inside = _in_item(rest, item)
        opening = _opened(inside, item)
        if opening is not None:
            # A block of one line, such as `<pre>x</pre>`, is over before it began.
            block = opening.after(rest)[0] if isinstance(opening, _Preformatted) else opening
            continue
        shown, opened = _without_comments(rest)
        # In the middle of a line a comment that its paragraph does not end is text; at the beginning it hides all the rest.
        if opened and (ending[position] or not shown.strip()):
            block = _Comment()
        if not shown.startswith(CODE_INDENT):
            yield line, shown


def _comment_ends(lines: list[str]) -> list[bool]:
    """For each line whether a later one of its paragraph ends a comment."""
    ends = [False] * len(lines)
    for position in range(len(lines) - 2, -1, -1):
        following = lines[position + 1]
        inside = following.strip() and not _FENCE.fullmatch(_ITEM.sub("", following, count=1))
        ends[position] = bool(inside) and ("-->" in following or ends[position + 1])
    return ends


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _in_item(line: str, item: int) -> tuple[int, str]:
    """How far the line's list item is indented, and the line without that."""
    begun = _ITEM.match(line)
    if begun:
        return begun.end(), line[begun.end() :]
    if line.strip() and _indent(line) < item:
        return 0, line
    return item, line[item:]


def _opened(line: str, item: int) -> _Fence | _Preformatted | None:
    found = _FENCE.fullmatch(line)
    if found and _indent(line) < len(CODE_INDENT):
        rest = found.group(1)
        return _Fence(rest[: len(rest) - len(rest.lstrip(rest[0]))], item)
    return _Preformatted() if _PREFORMATTED.fullmatch(line) else None


def _without_comments(line: str) -> tuple[str, bool]:
    """The line without its HTML comments, and whether one is still open at its end."""
    kept: list[str] = []
    start, code, comment = 0, "", False
    for found in _MARKS.finditer(line):
        mark = found.group()
        if comment:
            if mark == "-->":
                comment, start = False, found.end()
        elif mark[0] == "`":
            code = "" if code == mark else code or mark
        elif mark == "<!--" and not code:
            kept.append(line[start : found.start()])
            comment = True
    return "".join([*kept, "" if comment else line[start:]]), comment
