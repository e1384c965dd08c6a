"""`/devstack logs <service> [--lines N]`."""

from collections.abc import Sequence

from bot.commands import values
from bot.commands.arguments import Wrong, taken_apart
from model.commands import Logs

LINES = 50
LINES_MOST = 500


def parse(words: Sequence[str]) -> Logs:
    """The command; Wrong where the words do not fit."""
    given = taken_apart(words, options=("lines",), places=1)
    if not given.places:
        raise Wrong("It needs the name of a service.")
    lines = given.options.get("lines", str(LINES))
    return Logs(values.service(given.places[0]), values.number(lines, "--lines", 1, LINES_MOST))
