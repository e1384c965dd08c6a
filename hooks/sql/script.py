"""Pieces of a script of plain SQL, and how they are shown to people."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from hooks.contract import Problem

SHOWN_MOST = 100  # characters of a line

_LITERAL = {
    quote: re.compile(rf"{quote}(?:[^{quote}\\]++|\\.|{quote}{quote})*+(?:{quote}|\Z)", re.DOTALL) for quote in "'\""
}


@dataclass(frozen=True, slots=True)
class Statement:
    """`text` goes to the server as it is; its first character stands in line `line`, counted from 1."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Copy:
    """`COPY … FROM stdin` with the rows that follow it, each with its end of line. They can be read once, before the
    next piece is asked for."""

    line: int
    text: str
    rows: Iterator[str]


class ScriptError(Exception):
    """The script cannot be run: in `line`, for the reason told by `sentence`."""

    def __init__(self, line: int, sentence: str, remedy: str = "") -> None:
        super().__init__(f"line {line}: {sentence}")
        self.line = line
        self.sentence = sentence
        self.remedy = remedy

    def problem(self, name: str) -> Problem:
        """As people are told, of the script of this name."""
        return Problem(f"{name}, {self}", self.remedy)


class Lines:
    """The script's lines, and the number of the one that was last taken. Several readers share one."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number += 1
        return line.removeprefix("\ufeff") if self.number == 1 else line


def shown(text: str, line: int = 0, *, quotes: str = "'") -> str:
    """The statement's line `line` (from 0) for people: short, and without what stands in `quotes`, which may be
    anybody's data."""
    for quote in quotes:
        text = _LITERAL[quote].sub(lambda found: f"{quote}…{quote}" + "\n" * found[0].count("\n"), text)  # noqa: B023
    lines = text.split("\n")
    chosen = " ".join(lines[min(line, len(lines) - 1)].split())
    return chosen if len(chosen) <= SHOWN_MOST else f"{chosen[: SHOWN_MOST - 1]}…"


def too_late(name: str, pieces: Sequence[Statement | Copy]) -> Problem:
    """The time of the run was up in the midst of these pieces of a script."""
    first, last = pieces[0].line, pieces[-1].line
    place = f"line {first}" if first == last else f"lines {first} to {last}"
    return Problem(
        f"{name}, {place}: the time of the run was up here",
        "Take a smaller script, or give the provisioning more time with `deadlineSeconds`.",
    )
