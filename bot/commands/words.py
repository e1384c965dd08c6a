"""A line as words, with what keyboards and habit add to them taken away again: odd spaces, long dashes, quotes, a full stop."""

import re

_SPACES = re.compile(r"[\s\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u2060\ufeff]")
_DASHES = re.compile(r"[\u2010-\u2015\u2212]+")
_QUOTES = "'\"`\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb"
_STOPS = ".,;:!?"
SHOWN = 60  # characters of a person's word in our answer


def tidy(line: str) -> str:
    """The line with plain, single spaces and nothing invisible in it."""
    return _SPACES.sub(" ", _INVISIBLE.sub("", line)).rstrip()


def split(line: str) -> list[str]:
    """The words; no name, number, duration or id of ours begins or ends with what is taken away."""
    words = [_plain(word) for word in line.split()]
    if words:
        words[-1] = _plain(words[-1].rstrip(_STOPS)) or words[-1]
    return [word for word in words if word]


def _plain(word: str) -> str:
    dashed = _DASHES.sub("--", word, count=1) if _DASHES.match(word) else word
    name, equals, value = dashed.strip(_QUOTES).partition("=")
    return f"{name}{equals}{value.strip(_QUOTES)}"


def shown(text: str, most: int = SHOWN) -> str:
    """A person's words for our answer: cut, and with nothing in them that could leave the code they are shown in."""
    cut = text if len(text) <= most else f"{text[: most - 1]}…"
    return "".join(each if each.isprintable() else "\ufffd" for each in cut).replace("`", "'")
