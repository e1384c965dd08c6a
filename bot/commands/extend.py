"""`/devstack extend <duration>`."""

from collections.abc import Sequence

from bot.commands import values
from bot.commands.arguments import Wrong, taken_apart
from model.commands import Extend

PARTS_MOST = 8  # `1 d 12 h` is one duration in four words


def parse(words: Sequence[str]) -> Extend:
    """The command; Wrong where the words do not fit."""
    given = taken_apart(words, places=PARTS_MOST)
    if not given.places:
        raise Wrong("It needs a duration.", values.DURATION_HINT)
    return Extend(values.seconds("".join(given.places)))
