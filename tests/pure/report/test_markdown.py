"""Words of strangers stay words: checked with a Markdown parser, as GitHub would read them."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from workers.report import markdown

md = MarkdownIt("gfm-like", {"linkify": False})
PINGS = re.compile(r"(?<![\w`])@\w|#\d|\bGH-\d|://|\bwww\.\w", re.IGNORECASE)
NASTY = [
    "@acme/team", "hi @user!", "#12", "GH-12", "acme/shop#7", "https://github.com/a/b/issues/1", "www.example.com",
    "<script>alert(1)</script>", "</details>", "<!-- x -->", "[a](http://x)", "![a](http://x)", "[a]: http://x", "`@x`",
    "` @x `` @y", "```\n@x", "~~~\n@x", "a | b", "# h", "- l", "1. l", "> q", "**b**", "a\n\nb", "&#64;team", "&lt;b&gt;",
    "\\@team", "\\`@team\\`", "@\u200bteam", "\x1b[31mred\x1b[0m", "a\rb", "\u202etxt", "\ud83d", "🎉", "$(id)", "a\\", "`",
    "``", "- ```\n@x\n```\n@y", "~~~ a`b\n@x", "a `x | @y` b", "|a|b|\n|-|-|\n| `x | @y` |\n", "> ```\n@x", "    code", "\t@x", "---", "===", "<a href=x>", "@@x", "@-x", "`a``b`", "*a* _b_ ~c~", ":tada:", "$$x$$", "\\[x]",  # noqa: E501
]  # fmt: skip
texts = st.sampled_from(NASTY) | st.text(
    st.sampled_from("ab1 @#`~<>[]()!|\\*_-&;:/w.\n\r\t\u200b\u202e\ud800é"), max_size=30
)
joined = st.lists(texts, max_size=4).map("".join)


class Seen(HTMLParser):
    """Tags outside of code, text inside and outside of code."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.outside = ""
        self.inside = ""
        self._depth = 0
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._depth += tag == "code"
        self.tags.append(tag)
        self.outside += " "  # GitHub looks at each text by itself

    def handle_endtag(self, tag: str) -> None:
        self._depth -= tag == "code"
        self.outside += " "

    def handle_data(self, data: str) -> None:
        if self._depth:
            self.inside += data
        else:
            self.outside += data


def seen(source: str) -> Seen:
    return Seen(md.render(source))


@given(joined)
@example("@a")
@example("1.@a")
def test_plain_words_are_shown_and_nothing_else(text: str) -> None:
    page = seen(f"x {markdown.plain(text)} y")
    assert page.tags == ["p"]
    assert not PINGS.search(page.outside)
    assert page.outside.replace(markdown.ZERO_WIDTH, "").split() == ["x", *markdown.line(text).split(), "y"]


@given(joined)
def test_code_holds_its_words_literally(text: str) -> None:
    page = seen(f"x {markdown.code(text)} y")
    assert page.tags == ["p", "code"]
    assert page.outside.split() == ["x", "y"]
    assert page.inside.split() == markdown.line(text).split()


@given(joined)
def test_a_cell_stays_one_cell(text: str) -> None:
    page = seen(f"| a | b |\n| - | - |\n| {markdown.cell(text)} | {markdown.prose_cell(text)} |\n")
    assert page.tags.count("td") == 2
    assert page.tags.count("tr") == 2
    assert not PINGS.search(page.outside)


@given(joined)
def test_a_fence_cannot_be_left(text: str) -> None:
    page = seen(f"{markdown.fence(text, 'text')}\n\nend")
    assert page.tags == ["pre", "code", "p"]
    assert page.outside.strip() == "end"
    assert page.inside.strip() == markdown.clean(text).strip("\n").strip()


@given(joined)
def test_prose_has_no_html_links_images_or_pings(text: str) -> None:
    page = seen(f"{markdown.prose(text)}\n\nend")
    assert not {"a", "img", "script", "details"} & set(page.tags)
    assert not PINGS.search(page.outside)
    assert page.outside.rstrip().endswith("end")


@given(joined)
def test_a_quotation_ends_where_it_should(text: str) -> None:
    page = md.render(f"{markdown.quoted(text)}\n\nend")
    assert page.endswith("<p>end</p>\n")
    assert page.count("<blockquote>") >= 1


@given(joined)
def test_a_summary_holds_no_tags(text: str) -> None:
    page = Seen(f"<summary>{markdown.html(text)}</summary>")
    assert page.tags == ["summary"]
    assert not PINGS.search(page.outside)


@given(joined)
def test_clean_text_is_printable_and_can_be_sent(text: str) -> None:
    cleaned = markdown.clean(text)
    cleaned.encode()
    assert all(character.isprintable() or character in "\n\t" or character.isspace() for character in cleaned)
    assert markdown.clean(cleaned) == cleaned


def test_our_own_markdown_survives() -> None:
    text = "Say **this**, write `x | y` and\n\n- a\n- b\n\n```yaml\na: <b> @c\n```\n\nDone."
    assert markdown.prose(text) == text
    assert markdown.sentence("`@x` by @x, see acme/shop#7") == "`@x` by @\u200bx, see acme/shop#\u200b7"


def test_an_open_fence_is_closed() -> None:
    assert markdown.prose("a\n\n````\nb\n```\nc") == "a\n\n````\nb\n```\nc\n````"


def test_what_a_terminal_would_swallow_is_gone() -> None:
    assert markdown.clean("\x1b[1;31mred\x1b[0m \x1b]0;title\x07x\r\n 10%\r 50%\r100%\n\x00end") == "red x\n100%\nend"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://feature1.example.com:8880/", "[feature1.example.com:8880](<http://feature1.example.com:8880/>)"),
        ("http://x/(a)<b> c", "[x/%28a%29%3Cb%3E%20c](<http://x/%28a%29%3Cb%3E%20c>)"),
    ],
)
def test_a_link_shows_its_host(url: str, shown: str) -> None:
    assert markdown.link(url) == shown
