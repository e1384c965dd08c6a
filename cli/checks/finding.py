"""What a check says: how it stands, what was seen, and what to change."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How it stands. Only what is bad makes the doctor fail."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """`said` is what was seen, `remedy` what to change; sentences for people, without a full stop in `said`."""

    level: Level
    said: str
    remedy: str = ""


def good(said: str) -> Finding:
    """It was seen to work."""
    return Finding(Level.GOOD, said)


def warning(said: str, remedy: str = "") -> Finding:
    """It works, but somebody should look at it."""
    return Finding(Level.WARNING, said, remedy)


def bad(said: str, remedy: str) -> Finding:
    """The bot cannot do its work so."""
    return Finding(Level.BAD, said, remedy)


def skipped(said: str, remedy: str = "") -> Finding:
    """It could not be looked at."""
    return Finding(Level.SKIPPED, said, remedy)
