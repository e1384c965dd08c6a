"""Reading Traefik's rules, and what is left of them for one host."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.rules import And, Matcher, Not, Or, UnreadableRuleError, at_host, bound_to, names_host, parse, text_of

API = "PathPrefix(`/api`)"


@pytest.mark.parametrize(
    "text",
    [
        "Host(`example.com`)",
        "Host(`example.com`) && PathPrefix(`/api`)",
        "Host(`a.com`) || Host(`b.com`) && !Path(`/x`)",
        "(Host(`a.com`) || Host(`b.com`)) && !(Path(`/x`) || Method(`GET`))",
        "Header(`k`, `v`) && Query(`a`, `b`)",
    ],
)
def test_a_rule_is_read_and_written_as_it_was(text: str) -> None:
    assert text_of(parse(text)) == text


def test_and_binds_stronger_than_or() -> None:
    rule = parse("Host(`a`) || Host(`b`) && Path(`/c`)")
    assert isinstance(rule, Or)
    assert isinstance(rule.right, And)


def test_quotes_and_odd_spacing_are_read() -> None:
    rule = parse('  Host("example.com")&&\n  !Header(`a`,"b\\"c") \n')
    assert rule == And(
        Matcher("Host", ("example.com",), 'Host("example.com")'),
        Not(Matcher("Header", ("a", 'b"c'), 'Header(`a`,"b\\"c")')),
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Host",
        "Host(",
        "Host()",
        "Host(`a`",
        "Host(`a`) &&",
        "Host(`a`) & Path(`/`)",
        "Host('a')",
        "Host(`a`) Path(`/`)",
        'Host("\\q")',
        "(" * 200 + "Host(`a`)" + ")" * 200,
        "!" * 200 + "Host(`a`)",
    ],
)
def test_what_is_no_rule_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(UnreadableRuleError, match=r"\w"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Host(`example.com`)", True),
        ("Host(`EXAMPLE.com`)", True),
        ("Host(`example.com.`)", True),
        ("host(`example.com`)", True),
        ("Host(`other.com`)", False),
        ("!Host(`other.com`)", True),
        ("!Host(`example.com`)", False),
        ("Host(`*`)", True),
        ("Host(`*.com`)", True),
        ("Host(`*.example.com`)", False),
        ("Host(`other.com`, `example.com`)", True),
        (f"Host(`example.com`) && {API}", API),
        (f"{API} && Host(`example.com`)", API),
        (f"Host(`other.com`) && {API}", False),
        (f"Host(`other.com`) || {API}", API),
        (f"Host(`example.com`) || {API}", True),
        (f"!(Host(`other.com`) || {API})", f"!{API}"),
        (API, API),
        (r"HostRegexp(`^(.+\.)?example\.com$`)", True),
        (r"HostRegexp(`^.+\.example\.com$`)", False),
        ("HostRegexp(`{sub:[a-z]+}.com`)", True),
        ("HostRegexp(`{sub:[a-z]{2,4}}.com`)", False),
        ("HostRegexp(`{any}.com`)", True),
        ("HostRegexp(`{sub:.+}.example.com`)", False),
    ],
)
def test_what_is_left_for_one_host(text: str, left: str | bool) -> None:
    rest = at_host(parse(text), "example.com")
    assert (rest if isinstance(rest, bool) else text_of(rest)) == left


def test_version_2_takes_a_host_pattern_without_braces_literally() -> None:
    rule = parse("HostRegexp(`example.com`)")
    assert at_host(rule, "exampleXcom", "v3") is True
    assert at_host(rule, "exampleXcom", "v2") is False


def test_a_host_pattern_that_cannot_be_decided_is_said() -> None:
    with pytest.raises(UnreadableRuleError, match="cannot be decided"):
        at_host(parse(r"HostRegexp(`\pL+`)"), "example.com")


def test_naming_a_host_is_not_the_same_as_matching_it() -> None:
    assert names_host(parse("Host(`a.com`) || Path(`/x`)"), "a.com")
    assert not names_host(parse("!Host(`a.com`)"), "a.com")
    assert not names_host(parse(r"HostRegexp(`a\.com`)"), "a.com")


def test_a_rule_is_bound_to_a_host_only_by_a_conjunction() -> None:
    assert bound_to(parse(f"{API} && Host(`a.com`)"), "a.com")
    assert not bound_to(parse(f"{API} || Host(`a.com`)"), "a.com")
    assert not bound_to(parse("Host(`a.com`, `b.com`)"), "a.com")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        rule = parse(text)
    except UnreadableRuleError:
        return
    assert parse(text_of(rule)) == rule
