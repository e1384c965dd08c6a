"""`/devstack logs <service> [--lines N]`."""

from collections.abc import Sequence

from bot.commands.arguments import Wrong, number, refused, taken_apart
from model.commands import Logs, Said

LINES = 50
LINES_MOST = 500


def parse(words: Sequence[str], line: str) -> Said:
    """The command, or why it is none."""
    try:
        given = taken_apart(words, options=("lines",), places=1)
        if not given.places:
            raise Wrong("It needs the name of a service.")
        return Logs(given.places[0], number(given.options.get("lines", str(LINES)), "--lines", 1, LINES_MOST))
    except Wrong as wrong:
        return refused("logs", line, wrong)
