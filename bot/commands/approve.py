"""`/devstack approve <sha>`."""

from collections.abc import Sequence

from bot.commands import values
from bot.commands.arguments import Wrong, taken_apart
from model.commands import Approve


def parse(words: Sequence[str]) -> Approve:
    """The command; Wrong where the words do not fit."""
    given = taken_apart(words, places=1)
    if not given.places:
        raise Wrong("It needs the commit to approve.", "Read the change, then give the id of its newest commit.")
    return Approve(values.sha(given.places[0]))
