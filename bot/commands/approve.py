"""`/devstack approve <sha>`."""

from collections.abc import Sequence

from bot.commands import deploy
from bot.commands.arguments import Wrong, refused, taken_apart
from model.commands import Approve, Said


def parse(words: Sequence[str], line: str) -> Said:
    """The command, or why it is none."""
    try:
        given = taken_apart(words, places=1)
        if not given.places:
            raise Wrong(
                "It needs the commit to approve.", "Give the id of the newest commit, after having read the change."
            )
        sha = deploy.sha(given.places[0])
        return Approve(sha or "")
    except Wrong as wrong:
        return refused("approve", line, wrong)
