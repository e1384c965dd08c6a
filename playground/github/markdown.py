"""Markdown as GitHub shows it: tables, task lists, folds; and nothing that could run."""

import re
from functools import cache

from markdown_it import MarkdownIt

ALLOWED = (
    "details",
    "summary",
    "br",
    "sub",
    "sup",
    "kbd",
    "b",
    "i",
    "em",
    "strong",
    "code",
    "p",
    "h3",
    "h4",
    "ul",
    "li",
    "hr",
)
_TAG = re.compile(r"&lt;(/?)(" + "|".join(ALLOWED) + r")(\s+open)?\s*/?&gt;", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True, "linkify": False}).enable(["table", "strikethrough"])


def rendered(text: str) -> str:
    """HTML. Tags of other people's are shown as text, but for a few that cannot do harm."""
    parser = _markdown()
    tokens = parser.parse(_COMMENT.sub("", text))
    for token in tokens:
        for each in [token, *(token.children or [])]:
            if each.type in ("html_block", "html_inline"):
                each.content = _harmless(each.content)
    return str(parser.renderer.render(tokens, parser.options, {}))


def _harmless(html: str) -> str:
    escaped = html.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _TAG.sub(lambda tag: f"<{tag.group(1)}{tag.group(2).lower()}{' open' if tag.group(3) else ''}>", escaped)
