"""`/devstack deploy [service…] [--label L] [--ttl 12h] [--sha S] [--with owner/repo#12]`."""

from collections.abc import Sequence

from bot.commands import values
from bot.commands.arguments import taken_apart
from model.commands import Deploy

SERVICES_MOST = 50


def parse(words: Sequence[str]) -> Deploy:
    """The command; Wrong where the words do not fit."""
    given = taken_apart(words, options=("label", "ttl", "sha"), lists=("with",), places=SERVICES_MOST)
    label, ttl, sha = (given.options.get(name) for name in ("label", "ttl", "sha"))
    return Deploy(
        services=tuple(dict.fromkeys(values.service(word) for word in given.places)),
        label=None if label is None else values.label(label),
        ttl=None if ttl is None else values.seconds(ttl),
        sha=None if sha is None else values.sha(sha),
        beside=values.references(given.lists.get("with", ())),
    )
