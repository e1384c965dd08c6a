"""`/devstack destroy`."""

from collections.abc import Sequence

from bot.commands.arguments import taken_apart
from model.commands import Destroy


def parse(words: Sequence[str]) -> Destroy:
    """The command; Wrong where the words do not fit."""
    taken_apart(words)
    return Destroy()
