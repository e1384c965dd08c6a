"""A command's words: options by name, the rest by place; what does not fit becomes a refusal that helps."""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from model.commands import Refusal, Said
from model.usage import USAGES

Parser = Callable[[Sequence[str], str], Said]
_USAGE = {each.name: each.usage for each in USAGES}


class Wrong(Exception):
    """Words that do not fit: the problem in one sentence, and what was probably meant."""

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Arguments:
    """The words of a command, taken apart."""

    options: dict[str, str] = field(default_factory=dict)
    places: tuple[str, ...] = ()


def shown(text: str) -> str:
    """A person's word inside of code in our answer."""
    return text[:60].replace("`", "'")


def taken_apart(words: Sequence[str], *, options: Sequence[str] = (), places: int = 0) -> Arguments:
    """`--name value` and `--name=value` as options, at most `places` other words. Wrong for everything else."""
    found: dict[str, str] = {}
    rest: list[str] = []
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if not word.startswith("-"):
            rest.append(word)
            continue
        name, equals, value = word.lstrip("-").lower().partition("=")
        if name not in options:
            near = difflib.get_close_matches(name, options, 1, 0.5)
            known = "It takes " + ", ".join(f"`--{each}`" for each in options) + "." if options else "It takes none."
            raise Wrong(
                f"There is no option `{shown(word.partition('=')[0])}`.",
                f"Did you mean `--{near[0]}`?" if near else known,
            )
        if name in found:
            raise Wrong(f"`--{name}` is given twice.")
        if not equals:
            if not waiting or waiting[0].startswith("-"):
                raise Wrong(f"`--{name}` needs a value.")
            value = waiting.pop(0)
        if equals:
            value = word.partition("=")[2]
        if not value:
            raise Wrong(f"`--{name}` needs a value.")
        found[name] = value
    if len(rest) > places:
        raise Wrong(f"`{shown(rest[places])}` is more than it takes.")
    return Arguments(found, tuple(rest))


def refused(name: str, line: str, wrong: Wrong) -> Refusal:
    """The refusal of one command's line."""
    return Refusal(line, wrong.problem, wrong.hint, _USAGE[name])


def number(text: str, name: str, least: int, most: int) -> int:
    """A whole number within bounds; Wrong otherwise."""
    if not text.isascii() or not text.isdigit() or not least <= int(text[:9]) <= most:
        raise Wrong(f"`{name}` must be a number from {least} to {most}, not `{shown(text)}`.")
    return int(text)
