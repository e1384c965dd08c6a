"""Other people's text made harmless in Markdown: no mention, no HTML, no broken table, no fence to break out of."""

import re
from datetime import UTC, datetime, timedelta

COMMENT_MOST = 65_536  # characters that GitHub takes
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&-])")
_FENCE = re.compile(r"`{3,}")
ZERO_WIDTH = "\u200b"


def escaped(text: str) -> str:
    """One line of plain text: nothing in it means anything to Markdown, and nobody is called by it."""
    flat = " ".join(text.split())
    return _SPECIAL.sub(r"\\\1", flat).replace("@", f"@{ZERO_WIDTH}")


def code(text: str) -> str:
    """One line as code, also in a table: with a fence that is longer than any in it."""
    flat = " ".join(text.split()).replace("|", "\\|")
    if not flat:
        return ""
    ticks = "`" * (max((len(run) for run in re.findall(r"`+", flat)), default=0) + 1)
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{ticks}{pad}{flat}{pad}{ticks}"


def fenced(text: str, language: str = "text") -> str:
    """A block of code that its content cannot end."""
    longest = max((len(run) for run in _FENCE.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def tail(text: str, characters: int) -> str:
    """The end of a text, cut at a line."""
    if len(text) <= characters:
        return text
    kept = text[-characters:]
    return "…\n" + kept.partition("\n")[2]


def duration(seconds: float) -> str:
    """`45 s`, `3 min`, `2 h 5 min`, `3 d`."""
    whole = round(seconds)
    if whole < 100:
        return f"{whole} s"
    minutes = round(whole / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{round(hours / 24)} d"


def moment(when: datetime) -> str:
    """A time as people read it, UTC."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def until(when: datetime, now: datetime) -> str:
    """How far away a time is."""
    left: timedelta = when - now
    return f"in {duration(left.total_seconds())}" if left > timedelta() else "now"
