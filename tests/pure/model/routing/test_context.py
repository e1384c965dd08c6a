"""The context of a request: which requests name a label, in either form, held against a reader of W3C baggage."""

import itertools
import re
from urllib.parse import unquote

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from model import names
from model.routing import context, rules
from model.routing.context import condition
from tests.pure.model.routing.proxy import Request, holds

HEADER = "uber-ctx-key"
TOKEN = "!#$%&'*+-.^_|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
OCTETS = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '",;\\')

labels = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?", fullmatch=True)
headers = st.text(TOKEN, min_size=1, max_size=64).filter(lambda name: not context.is_taken(name))
spaces = st.text(" \t", max_size=2)


def named_by(baggage: str, key: str) -> list[str]:
    """The values of all members with this key, read as the recommendation says, character by character."""
    found: list[str] = []
    for listed in baggage.split(","):
        pair, *_properties = listed.split(";")
        name, equals, value = pair.partition("=")
        if equals and name.strip(" \t") == key:
            found.append(unquote(value.strip(" \t")))
    return found


def named(header: str, label: str, **sent: str | list[str]) -> bool:
    """Whether a request with these headers is the label's, in both syntaxes of rules alike."""
    request = Request("example.com", headers={{"plain": header}.get(key, key): value for key, value in sent.items()})
    v2, v3 = (holds(condition(header, label, syntax), request) for syntax in ("v2", "v3"))
    assert v2 == v3
    return v3


@pytest.mark.parametrize(
    "baggage",
    [
        "uber-ctx-key=feature1",
        "a=b,uber-ctx-key=feature1",
        "a=b , uber-ctx-key=feature1 , c=d",
        "uber-ctx-key=feature1,c=d",
        "uber-ctx-key=feature1;secure",
        "uber-ctx-key=feature1;k=v;k2 = v2,c=d",
        "a=b;p=q,\tuber-ctx-key \t= feature1\t; k=v",
        "uber-ctx-key=%66eature1",
        "uber-ctx-key=%66%65%61%74%75%72%65%31",
        "uber-ctx-key=other,uber-ctx-key=feature1",
        "  uber-ctx-key=feature1  ",
        ["a=b", "uber-ctx-key=feature1"],
        ["uber-ctx-key=other", "c=d,uber-ctx-key=feature1"],
    ],
)
def test_baggage_that_names_the_label(baggage: str | list[str]) -> None:
    assert named(HEADER, "feature1", baggage=baggage)
    assert named(HEADER, "feature1", Baggage=baggage)


@pytest.mark.parametrize(
    "baggage",
    [
        "",
        "uber-ctx-key=",
        "uber-ctx-key",
        "uber-ctx-key=feature10",
        "uber-ctx-key=feature",
        "uber-ctx-key=xfeature1",
        "uber-ctx-key=feature1%30",
        "uber-ctx-key=feature1 0",
        "uber-ctx-key=feature1=",
        "uber-ctx-key=FEATURE1",
        "Uber-Ctx-Key=feature1",
        "x-uber-ctx-key=feature1",
        "xuber-ctx-key=feature1",
        "x uber-ctx-key=feature1",
        "a=uber-ctx-key=feature1",
        "a=b;uber-ctx-key=feature1",
        "a=b; uber-ctx-key=feature1",
        "a=b;p=uber-ctx-key=feature1",
        "uber-ctx-key2=feature1",
        "uber-ctx-key=other;feature1",
        "uber%2Dctx%2Dkey=feature1",
        'a="b,c";uber-ctx-key=feature1',
        "%2Cuber-ctx-key=feature1",
    ],
)
def test_baggage_that_does_not(baggage: str) -> None:
    assert not named(HEADER, "feature1", baggage=baggage)


@pytest.mark.parametrize("name", ["uber-ctx-key", "Uber-Ctx-Key", "UBER-CTX-KEY"])
def test_the_plain_header_is_exact_and_its_name_has_no_case(name: str) -> None:
    assert named(HEADER, "feature1", **{name: "feature1"})
    assert named(HEADER, "feature1", **{name: ["other", "feature1"]})
    for value in ("feature10", "feature", "FEATURE1", "", "feature1,feature2", "%66eature1", "feature1;k=v"):
        assert not named(HEADER, "feature1", **{name: value})


def test_the_plain_header_decides_where_it_has_a_value() -> None:
    baggage = f"{HEADER}=feature1"
    assert named(HEADER, "feature1", plain="", baggage=baggage)
    assert not named(HEADER, "feature1", plain="feature2", baggage=baggage)
    assert not named(HEADER, "feature1", plain="unknown", baggage=baggage)
    assert named(HEADER, "feature2", plain="feature2", baggage=baggage)
    assert named(HEADER, "feature1", plain="feature1", baggage=f"{HEADER}=feature2")


@st.composite
def baggages(draw: st.DrawFn, header: str, label: str) -> str:
    """Baggage in which the key and the label are likely, but so is what only looks like them."""
    keys = st.sampled_from([header, header, f"x-{header}", f"{header}x", "a"]) | st.text(TOKEN, min_size=1, max_size=5)

    def value() -> str:
        form = draw(st.integers(0, 6))
        if form < 4:
            return "".join(draw(st.sampled_from([c, c, f"%{ord(c):02x}", f"%{ord(c):02X}"])) for c in label)
        return draw(
            st.sampled_from([f"{label}0", label[:-1], f"{header}={label}", label.upper()]) | st.text(OCTETS, max_size=6)
        )

    def property_() -> str:
        return draw(keys) + (f"{draw(spaces)}={draw(spaces)}{value()}" if draw(st.booleans()) else "")

    members = []
    for _ in range(draw(st.integers(1, 4))):
        properties = [property_() for _ in range(draw(st.integers(0, 2)))]
        members.append(
            f"{draw(keys)}{draw(spaces)}={draw(spaces)}{value()}"
            + "".join(f"{draw(spaces)};{draw(spaces)}{each}" for each in properties)
        )
    return draw(spaces) + f"{draw(spaces)},{draw(spaces)}".join(members) + draw(spaces)


@given(st.data(), headers, labels)
def test_baggage_is_read_as_the_recommendation_says(data: st.DataObject, header: str, label: str) -> None:
    sent = data.draw(baggages(header, label))
    expected = label in named_by(sent, header)
    event("named" if expected else "not named")
    assert named(header, label, baggage=sent) == expected
    whole = re.compile(context.whole_value(header, label), re.ASCII)
    assert (whole.search(sent) is not None) == (whole.fullmatch(sent) is not None) == expected


@given(st.text(OCTETS + ",; \t", max_size=40), labels)
def test_no_text_names_a_label_that_its_members_do_not(sent: str, label: str) -> None:
    assert named(HEADER, label, baggage=sent) == (label in named_by(sent, HEADER))


@given(labels, labels)
def test_one_label_is_never_taken_for_another(one: str, other: str) -> None:
    sent = context.given(HEADER, one)
    for forms in (sent, {HEADER: one}, {"baggage": sent["baggage"]}):
        assert named(HEADER, other, **forms) == (one == other)


@given(headers, labels)
@example("a|b", "x")
@example("$^.*+|", "a-b")
@example("Host(`x`)".replace("`", "'").replace("(", "").replace(")", ""), "0")
def test_no_header_and_no_label_breaks_out_of_a_rule(header: str, label: str) -> None:
    assert context.checked_header(header) == header
    for syntax in ("v2", "v3"):
        text = condition(header, label, syntax)
        rule = rules.parse(f"{text} && Host(`example.com`)")
        assert isinstance(rule, rules.And)
        assert rule == rules.And((rules.parse(text), rules.parse("Host(`example.com`)")))
        plain, first, second, absent = _four(rule.parts[0])
        assert [plain.arguments, absent.arguments] == [(header, label), (header, ".")]
        assert {first.arguments[0], second.arguments[0]} == {"baggage"}
        assert all(re.compile(each.arguments[1]) for each in (first, second))


def _four(rule: rules.Rule) -> tuple[rules.Matcher, ...]:
    """The matchers of the only form that a condition may have."""
    match rule:
        case rules.Or(
            parts=(
                rules.Matcher() as plain,
                rules.And(
                    parts=(
                        rules.Matcher() as first,
                        rules.And(parts=(rules.Matcher() as second, rules.Not(rule=rules.Matcher() as absent))),
                    )
                ),
            )
        ):
            return plain, first, second, absent
    raise AssertionError(rules.text_of(rule))


@pytest.mark.parametrize("bad", ["a`b", "", "a b", "a:b", "a\nb", "é", "a(b", 'a"', "a\\b", "a" * 65, "a,b", "a=b"])
def test_what_is_no_header_name_is_refused(bad: str) -> None:
    with pytest.raises(names.InvalidNameError, match="not a header name"):
        context.checked_header(bad)


@pytest.mark.parametrize("bad", ["baggage", "Baggage", "Host", "connection", "Cookie", "TE"])
def test_a_header_that_means_something_else_is_refused(bad: str) -> None:
    with pytest.raises(names.InvalidNameError, match="meaning of its own"):
        context.checked_header(bad)


def test_what_a_preview_host_gives_is_what_a_rule_takes() -> None:
    sent = context.given(HEADER, "feature1")
    assert sent == {HEADER: "feature1", "baggage": f"{HEADER}=feature1"}
    for count in (1, 2):
        for forms in itertools.combinations(sent.items(), count):
            assert named(HEADER, "feature1", **dict(forms))


def test_ranks_are_known_and_lie_apart() -> None:
    assert context.rank("feature1") == context.rank("feature1")
    ranks = [context.rank(f"feature{number}") for number in range(500)]
    assert len(set(ranks)) == 500
    assert all(0 <= each < context.RANKS for each in ranks)
