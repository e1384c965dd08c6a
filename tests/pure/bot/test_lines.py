"""Which lines of a comment are heard: an independent CommonMark parser must agree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot import commands
from model.commands import Logs, Status
from model.lines import visible
from tests.pure.growth import is_linear

PIECES = [
    "/devstack logs {n}", "  /devstack logs {n}", "    /devstack logs {n}", "\t/devstack logs {n}", " \t/devstack logs {n}",
    "```", "````", "~~~", "~~~~", "```sh", "~~~ `info`", "```x```", "   ```", "    ```", "> ```", "> /devstack logs {n}",
    "", "text", "<!-- hidden -->", "<!--", "-->", "`<!--` shown", "<pre>x</pre>",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=9))
def test_nothing_is_heard_out_of_a_block_of_code_or_a_comment(pieces: list[str]) -> None:
    text = "\n".join(piece.replace("{n}", f"s{position}") for position, piece in enumerate(pieces))
    heard = {int(said.service[1:]) for said in commands.parse(text) if isinstance(said, Logs)}
    hidden: set[int] = set()
    for token in MarkdownIt("commonmark").parse(text):
        if token.map and token.type in ("fence", "code_block", "html_block"):
            hidden |= set(range(*token.map))
    assert not heard & hidden
    plain = {position for position, piece in enumerate(pieces) if piece.lstrip(" ").startswith("/devstack")}
    indented = {position for position, piece in enumerate(pieces) if piece.expandtabs(4).startswith("    ")}
    assert heard == plain - hidden - indented


@pytest.mark.parametrize(
    "text",
    [
        "- ```\n  /devstack status\n  ```",
        "10. ```\n    /devstack status\n    ```",
        "1. step\n\n   ```\n   /devstack status\n   ```",
        "<pre>\n/devstack status\n</pre>",
        "see <!-- this\n/devstack status\n-->",
        "<details>\n```\n/devstack status\n```\n</details>",
        "> quoted\u2028/devstack status",
        "> quoted\x0b/devstack status",
    ],
)
def test_these_say_nothing(text: str) -> None:
    assert commands.parse(text) == ()


@pytest.mark.parametrize(
    "before",
    [
        "```html\n<!-- x\n```",
        "Write `<!--` there",
        "a <!-- that never ends",
        "- ```\n  x\n  ```",
        "- ```\n  x",
        "> ```",
        "> quoted",
        "10. ```\n    x\n    ```",
        "<!-- x -->",
        "it`s",
        "<details>\n\n```\nx\n```\n\n</details>",
        "text \u2028 text",
    ],
)
def test_what_stands_before_does_not_silence_a_command(before: str) -> None:
    assert commands.parse(f"{before}\n/devstack status") == (Status(),)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_ends_a_line(end: str) -> None:
    assert list(visible(f"a{end}b{end}")) == ["a", "b", ""]


@pytest.mark.parametrize(
    "piece",
    [
        "`", "` ``", "<!-- ", "x <!--\n", "- ", "1. ", "\t", "```\n", "> ", "<pre ", "/devstack x\n", "~~~ ", "\n", "\r", " ",
        "/devstack ", "/devstack deploy --with #1, ", "/devstack deploy --ttl 1 ", "/-", "\u2010", "\u200b",
    ],
)  # fmt: skip
@pytest.mark.parametrize("start", ["", "/devstack ", "/devstack deploy ", "/devstack deploy --with a#1,", "/devstak "])
def test_the_longest_comment_takes_one_pass(piece: str, start: str) -> None:
    assert is_linear(commands.parse, lambda size: start + piece * (size // len(piece)) + "x")
