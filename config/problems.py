"""What is wrong with a file that a person wrote: where, what, and what was probably meant."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

CONFIG_FILE = ".devstack.yaml"


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem. `line` and `column` count from 1; 0 where the problem is with the file as a whole."""

    line: int
    column: int
    path: str  # as in `services.orders.build.context`; empty for the file as a whole
    message: str
    suggestion: str = ""  # one sentence without a full stop, such as "did you mean `hosts`?"
    source: str = CONFIG_FILE  # the file, relative to the repository's root

    def __str__(self) -> str:
        """`file:line:column path: message (suggestion)`."""
        place = ":".join([self.source, *(str(part) for part in (self.line, self.column) if part)])
        hint = f" ({self.suggestion})" if self.suggestion else ""
        return f"{place} {self.path}: {self.message}{hint}" if self.path else f"{place} {self.message}{hint}"


class ConfigError(ValueError):
    """A file cannot be used. Holds every problem that was found, in the order of their lines; never none."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(
            sorted(dict.fromkeys(problems), key=lambda problem: (problem.source, problem.line, problem.column))
        )
        super().__init__("\n".join(map(str, self.problems)))


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """The nearest known word as a question; else all the words that there are."""
    words = list(known)
    near = difflib.get_close_matches(given.lower(), words, 1)
    return f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(f'`{word}`' for word in words)}"
