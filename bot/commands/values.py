"""What a single word of a command may be. Each gives the value, or is Wrong and says what was probably meant."""

import re

from pydantic_core import PydanticCustomError

from bot.commands.arguments import Wrong
from bot.commands.words import shown
from config import checks
from model import duration, names

_SHA = re.compile(r"[0-9a-f]{7,40}|[0-9a-f]{64}")
DURATION_HINT = "Write it like `90m`, `12h` or `2d`."


def label(text: str) -> str:
    """A label that can be one."""
    try:
        return names.checked_label(text)
    except names.InvalidNameError:
        near = re.sub(r"[^a-z0-9]+", "-", text.lower())[: names.LABEL_MAX].strip("-")
        problem = f"`{shown(text)}` cannot be a label: a-z, 0-9 and -, at most {names.LABEL_MAX} characters."
        raise Wrong(problem, f"Did you mean `{near}`?" if near else "") from None


def service(text: str) -> str:
    """A service's name, by the same rule as in `.devstack.yaml`."""
    try:
        return checks.service_name(text)
    except PydanticCustomError:
        near = re.sub(r"[^a-z0-9]+", "-", text.lower())[: checks.SERVICE_MOST].strip("-")
        problem = f"`{shown(text)}` cannot be a service: a-z, 0-9 and -, at most {checks.SERVICE_MOST} characters."
        raise Wrong(problem, f"Did you mean `{near}`?" if near else "") from None


def seconds(text: str) -> int:
    """A duration."""
    try:
        return duration.parse(text)
    except ValueError:
        near = duration.meant(text)
        raise Wrong(f"`{shown(text)}` is not a duration.", f"Did you mean `{near}`?" if near else DURATION_HINT) from None


def sha(text: str) -> str:
    """A commit id, whole or its first 7 digits or more."""
    if not _SHA.fullmatch(text.lower()):
        raise Wrong(f"`{shown(text)}` is not a commit id.", "Give its first 7 digits or more.")
    return text.lower()


def number(text: str, name: str, least: int, most: int) -> int:
    """A whole number within bounds."""
    if not text.isascii() or not text.isdigit() or not least <= int(text[:9]) <= most:
        raise Wrong(f"`{name}` must be a number from {least} to {most}, not `{shown(text)}`.")
    return int(text)
