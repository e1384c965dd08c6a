"""The end of a tool's output: bounded, plain, masked."""

from hypothesis import given
from hypothesis import strategies as st

from workers.tools.output import LINE_BYTES, Tail, plain


def fed(tail: Tail, *chunks: bytes) -> str:
    for chunk in chunks:
        tail.feed(chunk)
    tail.close()
    return tail.text


def test_lines_come_whole_however_they_were_cut() -> None:
    lines: list[str] = []
    assert fed(Tail(on_line=lines.append), b"one\ntw", b"o\n\xc3", b"\xbcber", b"\n") == "one\ntwo\nüber"
    assert lines == ["one", "two", "über"]


def test_the_last_line_needs_no_end() -> None:
    assert fed(Tail(), b"a\nb") == "a\nb"


@given(st.lists(st.text(st.characters(codec="ascii", categories=("L", "N")), max_size=30), max_size=60))
def test_the_tail_is_the_end_of_the_output_within_its_limit(lines: list[str]) -> None:
    kept = fed(Tail(limit=100), "\n".join(lines).encode())
    assert "\n".join(lines).rstrip("\n").endswith(kept.rstrip("\n"))
    assert len(kept) <= 100


def test_a_line_without_end_is_taken_in_pieces() -> None:
    text = fed(Tail(limit=10 * LINE_BYTES), b"x" * (2 * LINE_BYTES + 5))
    assert [len(line) for line in text.splitlines()] == [LINE_BYTES, LINE_BYTES, 5]


def test_bytes_that_are_no_text_do_not_stop_it() -> None:
    assert fed(Tail(), b"\xff\xfe\x00ok") == "��ok"


def test_colours_titles_and_progress_bars_are_left_out() -> None:
    assert plain("\x1b[1;31mred\x1b[0m \x1b]0;title\x07text\x1b(B") == "red text(B"
    assert plain(" 10%\r 50%\r100%\r") == "100%"
    assert plain("bell\x07 back\x08space\ttab") == "bell backspace\ttab"


def test_secrets_with_several_lines_are_hidden_in_the_whole() -> None:
    tail = Tail(mask=lambda text: text.replace("BEGIN\nsecret\nEND", "•••"))
    assert fed(tail, b"key: BEGIN\nsecret\nEND\n") == "key: •••"
