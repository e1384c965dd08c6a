"""Times and names as people say them."""

from datetime import UTC, datetime

_IN_DAYS = 96 * 3600


def duration(seconds: float) -> str:
    """A span that people plan with: `45 s`, `90 min`, `6 h`, `1 h 30 min`, `5 days`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes = round(whole / 60)
    if minutes < 120 and minutes % 60:
        return f"{minutes} min"
    if whole >= _IN_DAYS:
        return f"{round(whole / 86_400)} days"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def took(seconds: float) -> str:
    """How long something took: `0.8 s`, `12 s`, `2 min 5 s`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"


def moment(when: datetime) -> str:
    """`2026-11-24 20:30 UTC`."""
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def short(sha: str) -> str:
    """The first seven digits of a commit."""
    return sha[:7]


def image(reference: str) -> str:
    """An image without its registry and with twelve digits of its digest."""
    repository, _, digest = reference.partition("@")
    path = repository.partition("/")[2] or repository
    return f"{path}@{digest.removeprefix('sha256:')[:12]}" if digest else path


def counted(count: int, one: str, many: str = "") -> str:
    """`1 request`, `3 requests`."""
    return f"{count} {one if count == 1 else many or one + 's'}"
