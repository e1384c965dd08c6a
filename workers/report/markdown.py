"""Texts of strangers inside our Markdown: shown as they are, without pinging, linking, nesting or breaking out.

GitHub looks for mentions and references in the rendered page, so that an entity or a backslash does not stop them:
a zero-width space after the sign does. In code, nothing of the kind is looked for.
"""

import html as entities
import re
from collections.abc import Iterator

ZERO_WIDTH = "\u200b"

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_OVERWRITTEN = re.compile(r"^[^\n]*\r(?=[^\n])", re.MULTILINE)
_PING = re.compile(r"@(?=\w)|#(?=\d)|\b[Gg][Hh]-(?=\d)|://|\b[Ww]{3}\.(?=\w)")
_PUNCTUATION = re.compile(r"([\\`*_{}\[\]()#+.!|~>-])")
# Only what is code for Markdown under all circumstances counts as code: a fence at the margin, a span on one line.
_FENCED = re.compile(
    r"^(?:(?P<ticks>`{3,})[^\n`]*|(?P<tildes>~{3,})[^\n]*)(?:\n|\Z)(?s:.*?)"
    r"(?P<end>^(?:(?P=ticks)|(?P=tildes))[ \t]*$\n?|\Z)",
    re.MULTILINE,
)
_SPAN = re.compile(r"(?<!`)(?P<ticks>`+)(?!`)(?P<inside>[^\n]+?)(?<!`)(?P=ticks)(?!`)")


class Safe(str):
    """Markdown that may stand in the comment as it is."""

    __slots__ = ()


def clean(text: str) -> str:
    """The text without what a terminal would swallow: colours, overwritten lines, control and direction characters."""
    text = _ANSI.sub("", text).replace("\r\n", "\n")
    return _UNSEEN.sub("", _OVERWRITTEN.sub("", text))


def line(text: str) -> str:
    """The text on one line."""
    return " ".join(clean(text).split())


def quiet(text: str) -> str:
    """The text with mentions, references and bare links broken by a zero-width space."""
    return _PING.sub(
        lambda found: found[0].replace("://", f":{ZERO_WIDTH}//") if found[0] == "://" else found[0] + ZERO_WIDTH, text
    )


def plain(text: object) -> Safe:
    """A stranger's words, literally, on one line."""
    escaped = _PUNCTUATION.sub(r"\\\1", line(str(text)).replace("&", "&amp;").replace("<", "&lt;"))
    return Safe(_quiet_escaped(escaped))


def _quiet_escaped(text: str) -> str:
    """As `quiet`, for a text whose punctuation has backslashes before it."""
    text = re.sub(r"@(?=\w|\\)", f"@{ZERO_WIDTH}", text)
    text = re.sub(r"\\#(?=\d)", rf"\\#{ZERO_WIDTH}", text)
    text = re.sub(r"\b([Gg][Hh])\\-(?=\d)", rf"\1\\-{ZERO_WIDTH}", text)
    text = re.sub(r"\b([Ww]{3})\\\.", rf"\1\\.{ZERO_WIDTH}", text)
    return text.replace("://", f":{ZERO_WIDTH}//")


def code(text: object) -> Safe:
    """A code span that holds the text literally, on one line."""
    inside = line(str(text)) or " "
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", inside)), default=0))
    if len(ticks) > 1 or inside.startswith("`"):
        inside = f" {inside} "
    return Safe(f"{ticks}{inside}{ticks}")


def cell(text: object) -> Safe:
    """A code span within a table."""
    return Safe(code(text).replace("|", "\\|"))


def html(text: object) -> Safe:
    """A text within an HTML line, such as a summary."""
    return Safe(quiet(entities.escape(line(str(text)))))


def fence(text: str, info: str = "") -> Safe:
    """A block of code that its content cannot end."""
    inside = clean(text).strip("\n")
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", inside)), default=0))
    return Safe(f"{ticks}{info}\n{inside}\n{ticks}")


def link(url: str) -> Safe:
    """A link that shows its host."""
    target = re.sub(r"[<>()\s\"'`\\]", lambda found: f"%{ord(found[0]):02X}", clean(url))
    shown = target.partition("://")[2].rstrip("/") or target
    return Safe(f"[{_PUNCTUATION.sub(_dotted, shown)}](<{target}>)")


def _dotted(found: re.Match[str]) -> str:
    return found[0] if found[0] in ".-" else f"\\{found[0]}"


def prose(text: object) -> Safe:
    """Our own Markdown with words of strangers in it: emphasis, lists and code stay, nothing else."""
    return Safe("".join(_prose(clean(str(text)).strip())))


def sentence(text: object) -> Safe:
    """As `prose`, on one line."""
    return Safe("".join(_spans(line(str(text)))))


def prose_cell(text: object) -> Safe:
    """As `sentence`, within a table."""
    return Safe(re.sub(r"(?<!\\)\|", r"\\|", sentence(text)))


def quoted(text: object) -> Safe:
    """As `prose`, as a quotation: whatever is left open in it ends with it."""
    return Safe("\n".join(f"> {each}".rstrip() for each in prose(text).split("\n")))


def _prose(text: str) -> Iterator[str]:
    position = 0
    for block in _FENCED.finditer(text):
        yield from _spans(text[position : block.start()])
        left_open = "" if block["end"] else f"\n{block['ticks'] or block['tildes']}"
        yield f"{block[0]}{left_open}"
        position = block.end()
    yield from _spans(text[position:])


def _spans(text: str) -> Iterator[str]:
    position = 0
    for span in _SPAN.finditer(text):
        yield _outside(text[position : span.start()])
        yield quiet(span[0]) if "|" in span[0] else span[0]  # a table's bar ends code
        position = span.end()
    yield _outside(text[position:])


def _outside(text: str) -> str:
    """Markdown outside of code: no HTML, entity, link, image, open code or fence, nothing that escapes what follows."""
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    return quiet(re.sub(r"([\\`\[\]]|~(?=~~))", r"\\\1", text))
