"""`/devstack status`."""

from collections.abc import Sequence

from bot.commands.arguments import taken_apart
from model.commands import Status


def parse(words: Sequence[str]) -> Status:
    """The command; Wrong where the words do not fit."""
    taken_apart(words)
    return Status()
