"""Reading Traefik's rules, and what is left of them for one host."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.routing.rules import (
    And,
    InvalidRuleError,
    Matcher,
    Not,
    Or,
    UnreadableRuleError,
    at_host,
    bound_to,
    names_host,
    parse,
    text_of,
)

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
    assert isinstance(rule.parts[1], And)


def test_quotes_and_odd_spacing_are_read() -> None:
    rule = parse('  Host("example.com")&&\n  !Header(`a`,"b\\"c") \n')
    assert rule == And(
        (
            Matcher("Host", ("example.com",), 'Host("example.com")'),
            Not(Matcher("Header", ("a", 'b"c'), 'Header(`a`,"b\\"c")')),
        )
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
    "text",
    [
        "PathPrefix(`/x`",
        "Host(`a`)\n&& Path(`/`)",
        "Host(`a`\n)",
        "Host(`a`);",
        "Host((`a`))",
        "Host(`a` + `b`)",
        "Host(1)",
        "Host(`a`,,)",
        "!",
        "Host(`a`)\u00a0",
        "Host(`a\0`)",
        'Host("\\400")',
        'Host("\\ud800")',
    ],
)
def test_what_traefik_leaves_out_too_is_told_apart(text: str) -> None:
    """Each was tried with Traefik's own parser of rules."""
    with pytest.raises(InvalidRuleError):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "Host(`a`) // mine",
        "/* mine */ Host(`a`)",
        "Host(`a`)\n// mine",
        "\ufeffHost(`a`)",
        "Host(`a`...)",
        'Host("\\xe9")',
        "!" * 60 + "Host(`a`)",
    ],
)
def test_what_traefik_takes_and_we_cannot_read_is_not_said_to_be_left_out(text: str) -> None:
    with pytest.raises(UnreadableRuleError) as refused:
        parse(text)
    assert not isinstance(refused.value, InvalidRuleError)


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("Header(`a`, `b`,)", ("a", "b")),
        ("Header(`a`,\n`b`,\n)", ("a", "b")),
        ('Header("\\x41\\101", "\\u00e9\\t\\"")', ("AA", 'é\t"')),
        ("Header(`a\r\n`, `\\x41`)", ("a\n", "\\x41")),
    ],
)
def test_literals_are_those_of_go(text: str, arguments: tuple[str, ...]) -> None:
    rule = parse(text)
    assert isinstance(rule, Matcher)
    assert rule.arguments == arguments


def test_a_long_rule_is_not_a_deep_one_and_a_deep_one_can_be_walked() -> None:
    long = " || ".join(f"Path(`/{number}`) && Host(`a`)" for number in range(5000))
    assert text_of(parse(long)) == long
    assert at_host(parse(long), "b") is False
    deep = "Path(`/`) || Host(`a`) && (" * 49 + "Path(`/x`) || Host(`a`)" + ")" * 49
    assert text_of(parse(deep)) == deep
    assert names_host(parse(deep), "a")
    assert at_host(parse(deep), "a") is True


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


@pytest.mark.parametrize(
    ("pattern", "holds"),
    [
        (r"^\pL+\.example\.org$", True),
        (r"^\p{Greek}+", False),
        (r"\.example\.org\z", True),
        (r"^\Qshop.example\E", True),
        (r"^[[:alnum:]-]+\.example\.org$", True),
        (r"^[[:^alpha:]]", False),
        (r"^[[:alpha:]]{4}\.", True),
        (r"^SHOP", False),
        (r"(?i)^SHOP", True),
        (r"^s{,3}h", False),
        (r"^[]s-]", True),
        (r"^(?:[a-z]+\.?)+[a-z]+$", True),
        (r"^([a-z.]+)+!$", False),
    ],
)
def test_a_host_pattern_means_what_it_means_to_go(pattern: str, holds: bool) -> None:
    assert at_host(parse(f"HostRegexp(`{pattern}`)"), "shop.example.org") is holds


@pytest.mark.parametrize("pattern", [r"\C", "[a-z", "a*+", "(?!shop)", r"\Z", r"(a)\1", "(?#x)a"])
def test_a_host_pattern_of_another_dialect_is_not_decided(pattern: str) -> None:
    with pytest.raises(UnreadableRuleError, match="cannot be decided"):
        at_host(parse(f"HostRegexp(`{pattern}`)"), "shop.example.org")


def test_of_two_patterns_the_one_that_traefik_leaves_out_is_said() -> None:
    for text in (r"HostRegexp(`[a`) && HostRegexp(`\C`)", r"HostRegexp(`\C`) || HostRegexp(`(a`)"):
        with pytest.raises(InvalidRuleError):
            at_host(parse(text), "shop.example.org")


@pytest.mark.parametrize(
    ("pattern", "holds"),
    [
        ("{any:.*}", True),
        ("{a}.{b}.org", True),
        ("{a}.org", False),
        ("SHOP.{b:[a-z]{7}}.org", True),
        (r"{a:\pL+}.example.org", True),
        ("shop.example.org", True),
        ("shop.ex.mple.org", False),
    ],
)
def test_a_host_pattern_of_version_2_is_a_template(pattern: str, holds: bool) -> None:
    assert at_host(parse(f"HostRegexp(`{pattern}`)"), "shop.example.org", "v2") is holds


@pytest.mark.parametrize("pattern", ["{a", "a}", "{:x}", "{a:}", "{a:b)|(c}"])
def test_a_template_that_is_none_is_not_decided(pattern: str) -> None:
    with pytest.raises(UnreadableRuleError, match="cannot be decided"):
        at_host(parse(f"HostRegexp(`{pattern}`)"), "shop.example.org", "v2")


def test_what_does_not_depend_on_such_a_pattern_is_decided() -> None:
    weird = "HostRegexp(`[a-z`)"
    assert at_host(parse(f"{weird} && Host(`other.org`)"), "a.org") is False
    assert at_host(parse(f"{weird} || Host(`a.org`)"), "a.org") is True
    assert at_host(parse("HostRegexp(`[a-z`, `a`)"), "a.org") is True
    with pytest.raises(UnreadableRuleError):
        at_host(parse(f"{weird} && Host(`a.org`)"), "a.org")


def test_version_2_takes_a_host_pattern_without_braces_literally() -> None:
    rule = parse("HostRegexp(`example.com`)")
    assert at_host(rule, "exampleXcom", "v3") is True
    assert at_host(rule, "exampleXcom", "v2") is False


def test_a_host_pattern_that_cannot_be_decided_is_said() -> None:
    with pytest.raises(UnreadableRuleError, match="cannot be decided"):
        at_host(parse(r"HostRegexp(`\p{Letter}+`)"), "example.com")


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
