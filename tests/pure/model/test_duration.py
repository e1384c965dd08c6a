"""Durations: what people write, and what we write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90m", 5_400), ("12h", 43_200), ("2d", 172_800), ("1d12h", 129_600), (" 1H30M ", 5_400), ("45s", 45)],
)
def test_a_duration_is_read(text: str, seconds: int) -> None:
    assert duration.parse(text) == seconds


@pytest.mark.parametrize("text", ["", " ", "0h", "h", "12", "-1h", "1.5h", "1h1d", "1h 30m", "\u0661h", "9999999d", "1w"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no"):
        duration.parse(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2 days", "2d"),
        ("90min", "90m"),
        ("1 hour 30 minutes", "1h30m"),
        ("4hrs", "4h"),
        ("soon", ""),
        ("3 months", ""),
        ("0h", ""),
        ("", ""),
    ],
)
def test_what_was_meant(text: str, meant: str) -> None:
    assert duration.meant(text) == meant


@given(st.integers(min_value=1, max_value=10**9))
def test_what_is_written_is_read_back_to_within_its_smaller_unit(seconds: int) -> None:
    written = duration.text(seconds)
    back = duration.parse(written.replace(" ", ""))
    assert len(written.split()) <= 2
    assert back <= seconds < back + duration.UNITS[written[-1]]


@given(st.integers(min_value=1, max_value=10**6 - 1))
def test_a_plain_duration_is_exact_and_has_one_unit(seconds: int) -> None:
    written = duration.plain(seconds)
    assert duration.parse(written) == seconds
    assert written[:-1].isdigit()


def test_a_plain_duration_is_what_people_would_write() -> None:
    assert [duration.plain(each) for each in (21_600, 5_400, 45, 172_800, 90)] == ["6h", "90m", "45s", "2d", "90s"]
