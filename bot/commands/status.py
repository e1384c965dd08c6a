"""`/devstack status`."""

from collections.abc import Sequence

from bot.commands.arguments import Wrong, refused, taken_apart
from model.commands import Said, Status


def parse(words: Sequence[str], line: str) -> Said:
    """The command, or why it is none."""
    try:
        taken_apart(words)
    except Wrong as wrong:
        return refused("status", line, wrong)
    return Status()
