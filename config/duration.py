"""Durations as people write them in the config: `45m`, `6h`, `2d`, `1h30m`."""

import re

_UNITS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
PATTERN = r"^(?=[0-9])([0-9]{1,5}d)?([0-9]{1,5}h)?([0-9]{1,5}m)?([0-9]{1,5}s)?$"
_DURATION = re.compile(PATTERN.removeprefix("^").removesuffix("$"))


def seconds(text: str) -> int | None:
    """Seconds of a duration; None where the text is none."""
    found = _DURATION.fullmatch(text)
    if found is None:
        return None
    return sum(int(part[:-1]) * _UNITS[part[-1]] for part in found.groups() if part)
