"""`/devstack extend <duration>`."""

from collections.abc import Sequence

from bot.commands import deploy
from bot.commands.arguments import Wrong, refused, taken_apart
from model.commands import Extend, Said


def parse(words: Sequence[str], line: str) -> Said:
    """The command, or why it is none."""
    try:
        given = taken_apart(words, places=1)
        if not given.places:
            raise Wrong("It needs a duration.", "Write it like `90m`, `12h` or `2d`.")
        return Extend(deploy.seconds(given.places[0]) or 0)
    except Wrong as wrong:
        return refused("extend", line, wrong)
