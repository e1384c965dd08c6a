"""Durations as people write them: `90m`, `12h`, `2d`, `1d12h`."""

import re

UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_FORM = re.compile(r"(?:([0-9]{1,6})d)?(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6})s)?")
_SPOKEN = re.compile(
    r"(?:([0-9]{1,6})\s*(?:d|days?))?\s*(?:([0-9]{1,6})\s*(?:h|hrs?|hours?))?\s*"
    r"(?:([0-9]{1,6})\s*(?:m|mins?|minutes?))?\s*(?:([0-9]{1,6})\s*(?:s|secs?|seconds?))?"
)


def parse(text: str) -> int:
    """Seconds; ValueError that says what a duration looks like, or that it must be above zero."""
    match = _FORM.fullmatch(text.strip().lower())
    if not text.strip() or match is None:
        raise ValueError(f"`{text}` is not a duration such as `90m`, `12h` or `2d`")
    seconds = sum(int(count or 0) * unit for count, unit in zip(match.groups(), UNITS.values(), strict=True))
    if seconds <= 0:
        raise ValueError(f"`{text}` is no time at all")
    return seconds


def meant(text: str) -> str:
    """What `2 days` or `90 min` would be in our form; empty where that cannot be told."""
    match = _SPOKEN.fullmatch(text.strip().lower())
    if match is None:
        return ""
    parts = [f"{int(count)}{unit}" for count, unit in zip(match.groups(), UNITS, strict=True) if int(count or 0)]
    return "".join(parts)


def text(seconds: int) -> str:
    """The largest units that fit, at most two of them: `1d 12h`, `90 s` is `1m 30s`."""
    parts = []
    rest = max(0, seconds)
    for unit, size in UNITS.items():
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2]) or "0s"


def plain(seconds: int) -> str:
    """In the largest unit that fits exactly, as in `6h`, `90m` or `45s`: one number and one unit, which any tool reads."""
    unit, size = next((unit, size) for unit, size in UNITS.items() if seconds % size == 0)
    return f"{seconds // size}{unit}"
