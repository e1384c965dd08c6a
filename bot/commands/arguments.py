"""A command's words: options by name, the rest by place; what does not fit becomes a refusal that helps."""

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bot.commands.words import shown
from model.commands import Command

Parser = Callable[[Sequence[str]], Command]


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
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)


def taken_apart(
    words: Sequence[str], *, options: Sequence[str] = (), lists: Sequence[str] = (), places: int = 0
) -> Arguments:
    """`--name value` and `--name=value` as options, at most `places` other words. Wrong for everything else.

    Those of `lists` may come several times, and with several values between commas.
    """
    found: dict[str, list[str]] = {}
    options = (*options, *lists)
    rest: list[str] = []
    waiting = list(reversed(words))
    while waiting:
        word = waiting.pop()
        if not word.startswith("-"):
            rest.append(word)
            continue
        name, equals, value = word.lstrip("-").partition("=")
        name = _known(name.lower(), word, options)
        if name in found and name not in lists:
            raise Wrong(f"`--{name}` is given twice.")
        if not equals:
            value = _next(waiting)
        while name in lists and value.endswith(",") and (more := _next(waiting)):
            value += more
        values = [each for each in value.split(",") if each] if name in lists else [value]
        if not any(values):
            raise Wrong(f"`--{name}` needs a value.")
        found.setdefault(name, []).extend(values)
    for word in rest:
        name = word.partition("=")[0].lower()
        if "=" in word and name in options:
            raise Wrong(f"`{shown(word)}` lacks its dashes.", f"Did you mean `--{shown(word)}`?")
    if len(rest) > places:
        raise Wrong(f"`{shown(rest[places])}` is more than it takes.")
    return Arguments(
        {name: values[0] for name, values in found.items() if name not in lists},
        tuple(rest),
        {name: tuple(dict.fromkeys(values)) for name, values in found.items() if name in lists},
    )


def _next(waiting: list[str]) -> str:
    """The next word, taken off, where it is a value; empty otherwise."""
    return waiting.pop() if waiting and not waiting[-1].startswith("-") else ""


def _known(name: str, word: str, options: Sequence[str]) -> str:
    if name in options:
        return name
    near = difflib.get_close_matches(name, options, 1, 0.5)
    known = "It takes " + ", ".join(f"`--{each}`" for each in options) + "." if options else "It takes none."
    raise Wrong(
        f"There is no option `{shown(word.partition('=')[0])}`.", f"Did you mean `--{near[0]}`?" if near else known
    )
