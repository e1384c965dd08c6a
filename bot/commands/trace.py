"""`/devstack trace [url-path]`."""

from collections.abc import Sequence

from bot.commands import values
from bot.commands.arguments import taken_apart
from model.commands import Trace


def parse(words: Sequence[str]) -> Trace:
    """The command; Wrong where the words do not fit."""
    given = taken_apart(words, places=1)
    return Trace(values.url_path(given.places[0])) if given.places else Trace()
