"""`/devstack deploy [service…] [--label L] [--ttl 12h] [--sha S]`."""

import re
from collections.abc import Sequence

from bot.commands.arguments import Wrong, refused, shown, taken_apart
from model import duration, names
from model.commands import Deploy, Said

SERVICES_MOST = 50
_SHA = re.compile(r"[0-9a-f]{7,64}")


def parse(words: Sequence[str], line: str) -> Said:
    """The command, or why it is none."""
    try:
        given = taken_apart(words, options=("label", "ttl", "sha"), places=SERVICES_MOST)
        return Deploy(
            services=tuple(dict.fromkeys(given.places)),
            label=label(given.options.get("label")),
            ttl=seconds(given.options.get("ttl")),
            sha=sha(given.options.get("sha")),
        )
    except Wrong as wrong:
        return refused("deploy", line, wrong)


def label(text: str | None) -> str | None:
    """A label that can be one; Wrong otherwise."""
    if text is None:
        return None
    try:
        return names.checked_label(text)
    except names.InvalidNameError:
        near = names.dns_label(text, names.LABEL_MAX)
        problem = f"`{shown(text)}` cannot be a label: a-z, 0-9 and -, at most {names.LABEL_MAX} characters."
        lower = text.lower().strip("-_").replace("_", "-")
        simple = lower if lower == names.dns_label(lower, names.LABEL_MAX) else near
        raise Wrong(problem, f"Did you mean `{simple}`?") from None


def seconds(text: str | None) -> int | None:
    """A duration; Wrong otherwise."""
    if text is None:
        return None
    try:
        return duration.parse(text)
    except ValueError:
        raise Wrong(f"`{shown(text)}` is not a duration.", "Write it like `90m`, `12h` or `2d`.") from None


def sha(text: str | None) -> str | None:
    """A commit id, whole or its first 7 digits or more; Wrong otherwise."""
    if text is None:
        return None
    if not _SHA.fullmatch(text.lower()):
        raise Wrong(f"`{shown(text)}` is not a commit id.", "Give its first 7 digits or more.")
    return text.lower()
