"""`/devstack help`."""

from collections.abc import Sequence

from bot.commands.arguments import taken_apart
from model.commands import Help


def parse(words: Sequence[str]) -> Help:
    """The command; Wrong where the words do not fit."""
    taken_apart(words)
    return Help()
