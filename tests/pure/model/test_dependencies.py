"""Changes that need one another: how they are written, and in which order they come."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.dependencies import (
    MOST,
    CycleError,
    NoReferenceError,
    Reference,
    gathered,
    named_in,
    order,
    parse,
    reaches,
)

A, B, C, D = (Reference(f"acme/{name}", 1) for name in "abcd")
HOME = "acme/shop"


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


def test_a_text_names_so_many_at_most() -> None:
    text = "".join(f"Depends-On: acme/x#{number}\n" for number in range(1, 100))
    assert len(named_in(text, HOME).references) == MOST


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
    assert len(graph) == len(asked) == len(set(asked)) == MOST


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


def test_a_hostile_text_costs_little() -> None:
    for piece in ("Depends-On: ", "<!--", "Depends-On:\t \t", "#", "a/"):
        named_in(piece * (65_536 // len(piece)), HOME)
