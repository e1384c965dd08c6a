"""Changes that need one another: how they are written, and in which order they come."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.dependencies import (
    LINE_MOST,
    MOST,
    CycleError,
    Named,
    NoReferenceError,
    Reference,
    gathered,
    named_in,
    order,
    parse,
    reaches,
    written,
)
from tests.pure.growth import is_linear

A, B, C, D = (Reference(f"acme/{name}", 1) for name in "abcd")
HOME = "acme/shop"
NEED, PAYMENTS = "Depends-On: acme/payments#7", Reference("acme/payments", 7)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("acme/orders#12", Reference("acme/orders", 12)),
        ("orders#12", Reference("acme/orders", 12)),
        ("#12", Reference("acme/shop", 12)),
        ("Acme/Orders.js#12", Reference("acme/orders.JS", 12)),
    ],
)
def test_a_reference_is_read(text: str, found: Reference) -> None:
    assert parse(text, HOME) == found


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("acme/orders", ""),
        ("acme/orders#0", ""),
        ("acme/orders#1x", ""),
        ("acme/orders#\u0661", ""),
        ("a/b/c#1", ""),
        ("acme/..#1", ""),
        ("acme/#1", ""),
        ("12", ""),
        ("https://github.com/acme/orders/pull/12", "acme/orders#12"),
        ("https://github.com/acme/orders/pull/12/files", "acme/orders#12"),
        ("https://code.example/acme/orders/-/merge_requests/7", "acme/orders#7"),
        (f"https://github.com/acme/orders/pull/{'9' * 5_000}", ""),
    ],
)
def test_what_names_nothing_is_told_with_what_was_meant(text: str, meant: str) -> None:
    with pytest.raises(NoReferenceError) as raised:
        parse(text, HOME)
    assert raised.value.meant == meant


@pytest.mark.parametrize("text", ["#12", "orders#12"])
def test_without_a_home_only_what_is_said_in_full_counts(text: str) -> None:
    with pytest.raises(NoReferenceError):
        parse(text)


def test_the_lines_of_a_text() -> None:
    text = (
        "Adds a button.\r\n\r\nDepends-On: acme/orders#12\r\ndepends-on: `pay#3`, #4 acme/ORDERS#12\r\n"
        "> Depends-On: acme/quoted#1\nsee Depends-On: acme/inside#1\n<!-- one a line:\nDepends-On: acme/example#1\n-->\n"
        "Depends-On: soon\nDepends-On:\n"
    )
    named = named_in(text, HOME)
    assert [str(each) for each in named.references] == ["acme/orders#12", "acme/pay#3", "acme/shop#4"]
    assert named.unknown == ("soon",)


@pytest.mark.parametrize(
    "text",
    [
        f"```\n{NEED}\n```",
        f"~~~~ text\n```\n{NEED}\n~~~~",
        f"- ```\n  {NEED}\n  ```",
        f"    {NEED}",
        f"\t{NEED}",
        f"<pre>\n{NEED}\n</pre>",
        f"<!--\n{NEED}\n-->",
        f"<!-- {NEED}",
        f"> {NEED}",
        f"`{NEED}`",
    ],
)
def test_code_comments_and_quotes_name_nothing(text: str) -> None:
    assert named_in(text, HOME) == Named()


def test_what_a_fence_only_seems_to_hide_counts() -> None:
    for text in (f"a `<!--` b\n{NEED}", f"```\nx\n```\n{NEED}", f"<!-- x -->\n{NEED}"):
        assert named_in(text, HOME).references == (PAYMENTS,)


def lines(count: int) -> str:
    return "".join(f"Depends-On: junk#{number}\n" for number in range(1, count + 1))


def test_a_text_names_so_many_at_most_and_says_where_there_are_more() -> None:
    assert len(named_in(lines(MOST), HOME).references) == MOST
    assert not named_in(lines(MOST) + lines(MOST), HOME).cut, "the same ones again are no more"
    more = named_in(lines(99), HOME)
    assert (len(more.references), more.cut) == (MOST, True)
    words = named_in("Depends-On: " + " ".join(f"w{number}" for number in range(99)), HOME)
    assert (len(words.unknown), words.cut) == (MOST, True)


def test_a_line_that_is_too_long_is_not_read_in_part() -> None:
    text = f"Depends-On: {' ' * LINE_MOST}acme/orders#123\n{NEED}"
    assert named_in(text, HOME) == Named((PAYMENTS,), cut=True)
    longest = ", ".join(f"{'o' * 100}/{'r' * 100}#{10**8 + number}" for number in range(MOST))
    assert len(named_in(f"Depends-On: {longest}", HOME).references) == MOST


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (f"{lines(MOST)}{NEED}", f"{lines(MOST - 1)}{NEED}"),  # one of many that do not count is gone
        (f"<!--\n{NEED}", NEED),
        (f"<!-- {NEED}", NEED),
        (f"<!-- {NEED} -->", NEED),
        (f"<!--{NEED}-->", NEED),
        ("<!--Depends-On:-->acme/payments#7", NEED),
        (f"```\n{NEED}\n```", NEED),
        (f"```\n{NEED}", f"{NEED}\n"),
        (f"    {NEED}", NEED),
        (f"> {NEED}", NEED),
        (f"- `{NEED}`", NEED),
        (f"x {NEED}, soon", NEED),
        (NEED, f"A typo less.\r\n{NEED}  \r\n"),
        (NEED, f"{NEED}, orders#1".replace(", orders#1", "")),
        ("DEPENDS-ON: `Payments#7`", NEED),
        ("Depends-On: acme/pay<!-- -->ments#7", NEED),
        ("```\nDepends-On: acme/pay<!-- -->ments#7\n```", "Depends-On: acme/pay<!-- -->ments#7"),
        (f"Depends-On: {' ' * LINE_MOST}acme/payments#7", NEED),
        ("", f"```\n{NEED}\n```"),
    ],
)
def test_an_edit_has_not_written_what_the_old_text_named(before: str, now: str) -> None:
    assert written(before, now, HOME) == ()


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("", NEED),
        ("Needs acme/payments#7.", NEED),
        (lines(MOST), f"{lines(MOST)}{NEED}"),
        ("Depends-On: acme/payments#71, #7, acme/payments#70, x/payments#7", NEED),
        ("```\nx", f"```\nx\n```\n{NEED}"),
    ],
)
def test_an_edit_has_written_the_lines_that_it_added(before: str, now: str) -> None:
    assert written(before, now, HOME) == (PAYMENTS,)


def test_of_a_line_that_was_written_on_the_addition_counts() -> None:
    assert written("Depends-On: #3", "Depends-On: #3, acme/payments#7", HOME) == (PAYMENTS,)
    before = "Depends-On: acme/orders#3"
    assert written(before, f"{before}\nDepends-On: #3", HOME) == (Reference(HOME, 3),)


PIECES = (NEED, "Depends-On: #3, orders#4", "```", "~~~", "<!--", "-->", "    ", "> ", "- ", "`", "\n", "\r\n", "\t")
TEXTS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


@given(TEXTS, TEXTS, TEXTS)
def test_whatever_is_taken_away_nobody_has_written_anything(start: str, removed: str, end: str) -> None:
    """Where an edit only deletes, and no line is left that was in no line before."""
    assert written(f"{start}\n{removed}\n{end}", f"{start}\n{end}", HOME) == ()


def test_what_is_needed_comes_first() -> None:
    assert order({A: [B, C], B: [D], C: [D]}, A) == (D, B, C, A)
    assert order({}, A) == (A,)


def test_a_circle_is_refused_with_the_way_round() -> None:
    with pytest.raises(CycleError) as raised:
        order({A: [B], B: [C], C: [D, B]}, A)
    assert str(raised.value) == "acme/b#1 → acme/c#1 → acme/b#1"
    with pytest.raises(CycleError, match="acme/a#1 → acme/a#1"):
        order({A: [A]}, A)


def test_what_is_asked_for_is_asked_for_once_and_has_an_end() -> None:
    asked: list[Reference] = []

    def needs(each: Reference) -> list[Reference]:
        asked.append(each)
        return [Reference("acme/x", each.number + 1), Reference("acme/x", 1)]

    graph = gathered(Reference("acme/x", 1), needs)
    assert len(graph) == len(asked) == len(set(asked)) == MOST + 1


def test_so_many_members_have_no_more_among_what_they_need() -> None:
    graph = gathered(Reference("acme/x", 1), lambda each: [Reference("acme/x", 20 * each.number + n) for n in range(20)])
    assert len(order(graph, Reference("acme/x", 1))) == len(graph) == MOST + 1
    nearest = [Reference("acme/x", number) for number in range(20, 40)]
    assert set(graph) == {Reference("acme/x", 1), *nearest}


NODES = [Reference(f"acme/{name}", 1) for name in "abcdefg"]
GRAPHS = st.dictionaries(st.sampled_from(NODES), st.lists(st.sampled_from(NODES), max_size=4), max_size=7)


@given(GRAPHS)
def test_an_order_holds_or_a_circle_is_shown(graph: dict[Reference, list[Reference]]) -> None:
    try:
        found = order(graph, A)
    except CycleError as cycle:
        path = cycle.path
        assert path[0] == path[-1]
        assert all(after in graph[before] for before, after in itertools.pairwise(path))
        assert reaches(graph, path[0], path[0])
        return
    place = {each: position for position, each in enumerate(found)}
    assert found[-1] == A
    assert set(found) == {A, *(each for each in NODES if reaches(graph, A, each))}
    assert all(place[need] < place[each] for each in found for need in graph.get(each, ()))


@given(st.text(max_size=300))
def test_no_text_breaks_it(text: str) -> None:
    named = named_in(f"Depends-On: {text}", HOME)
    for each in named.references:
        assert parse(str(each), HOME) == each


HOSTILE = [
    "Depends-On: x{ }x", "Depends-On:{ }x", "Depends-On: x{\t}x", "Depends-On: {x}", "Depends-On: {a/}", "Depends-On: {#}",
    "Depends-On: {#1 }", "Depends-On: {#1#}", "Depends-On: {`}", "Depends-On: {https://a/b/c/}", "Depends-On: https://a/b/c/pull/{9}",
    "{Depends-On: }", "{Depends-On: x\n}", "{Depends-On: acme/x#1\n}", "{Depends-On:   x   x\r}", "{ }Depends-On: x", "{\n}",
    "{<!--}", "{<!-- -->}", "{x <!--\n}", "{-->}", "{```\n}", "{`}", "{` ``}", "{- }", "{1. }", "{> }", "{<pre>\n}", "{\t}", "{~~~ \n}",
]  # fmt: skip


@pytest.mark.parametrize("form", HOSTILE)
def test_a_hostile_text_takes_one_pass(form: str) -> None:
    start, _, rest = form.partition("{")
    repeated, _, end = rest.partition("}")

    def text(size: int) -> str:
        return f"{start}{repeated * (size // len(repeated))}{end}"

    assert is_linear(lambda body: named_in(body, HOME), text)
    assert is_linear(lambda body: written(body, f"{body}\n{NEED}", HOME), text)
