"""What a single word of a command may be. Each gives the value, or is Wrong and says what was probably meant."""

import re
from collections.abc import Sequence

from pydantic_core import PydanticCustomError

from bot.commands.arguments import Wrong
from bot.commands.words import shown
from config import checks
from model import dependencies, duration, names

_SHA = re.compile(r"[0-9a-f]{7,40}|[0-9a-f]{64}")
HERE = "owner/repo"  # stands for the repository of the comment, which is told to the workers apart
PATH_MOST = 400
_PATH = re.compile(r"/(?!/)(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*")
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
        meant = f"--with {shown(text)}" if "#" in text else near
        problem = f"`{shown(text)}` cannot be a service: a-z, 0-9 and -, at most {checks.SERVICE_MOST} characters."
        raise Wrong(problem, f"Did you mean `{meant}`?" if meant else "") from None


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


def url_path(text: str) -> str:
    """A path with its query, as it goes into a request line: no host, no fragment, nothing that ends the line."""
    if len(text) > PATH_MOST:
        raise Wrong(f"The path has {len(text)} characters, at most {PATH_MOST} are taken.")
    if _PATH.fullmatch(text):
        return text
    if "://" in text or text.startswith("//"):
        raise Wrong(f"`{shown(text)}` names a host.", "Give the path alone, such as `/basket?item=1`.")
    if not text.startswith("/"):
        near = f"/{text}"
        raise Wrong(f"`{shown(text)}` is not a path.", f"Did you mean `{shown(near)}`?" if _PATH.fullmatch(near) else "")
    raise Wrong(f"`{shown(text)}` is not a path.", "Write what is not ASCII, spaces and `#` percent-encoded.")


def number(text: str, name: str, least: int, most: int) -> int:
    """A whole number within bounds."""
    if not text.isascii() or not text.isdigit() or not least <= int(text[:9]) <= most:
        raise Wrong(f"`{name}` must be a number from {least} to {most}, not `{shown(text)}`.")
    return int(text)


def references(texts: Sequence[str]) -> tuple[str, ...]:
    """Pull requests: `owner/repo#12`, of the same owner `repo#12`, of the same repository `#12`."""
    if len(texts) > dependencies.MOST:
        raise Wrong(f"At most {dependencies.MOST} pull requests can be named.")
    return tuple(reference(text) for text in texts)


def reference(text: str) -> str:
    """One pull request."""
    try:
        dependencies.parse(text, HERE)
    except dependencies.NoReferenceError as error:
        meant = error.meant or (f"#{text}" if text.isascii() and text.isdigit() else "")
        hint = (
            f"Did you mean `{shown(meant)}`?" if meant else "Write it like `owner/repo#12`, or `#12` in this repository."
        )
        raise Wrong(f"`{shown(text)}` is not a pull request.", hint) from None
    return text
