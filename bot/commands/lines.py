"""Which lines of a comment speak to us: not quotes, not code, not comments in HTML."""

import re

from model.commands import PREFIX

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})([^`]*)$")
_COMMAND = re.compile(rf" {{0,3}}{re.escape(PREFIX)}(?:\s+(.*))?$", re.IGNORECASE)
_HTML_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_SPACES = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\t]")
_QUOTES = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2014": "--", "\u200b": "", "\ufeff": ""}
)


def commanding(text: str) -> list[str]:
    """What follows the prefix on each line that is a command, in order."""
    found: list[str] = []
    fence = ""
    visible = _HTML_COMMENT.sub(lambda hidden: "\n" * hidden.group().count("\n"), text)
    for raw in visible.splitlines():
        if raw.startswith(("\t", "    ")) and not fence:
            continue
        marker = _FENCE.match(raw)
        if fence:
            closes = marker and marker.group(1).startswith(fence) and not marker.group(2).strip()
            fence = "" if closes else fence
            continue
        if marker:
            fence = marker.group(1)
            continue
        line = _SPACES.sub(" ", raw).translate(_QUOTES)
        command = _COMMAND.fullmatch(line.rstrip())
        if command:
            found.append((command.group(1) or "").strip())
    return found
