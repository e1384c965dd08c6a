"""In which order resources are made and taken away, and what is wrong with them together."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks import plan, rules
from hooks.contract import EVERYTHING, Receipt
from hooks.plan import Circle, Item


def item(name: str, *needs: tuple[str, str], kind: str = "thing", env: tuple[str, ...] = ()) -> Item:
    return Item(kind, name, f"{name}-feature1", "", env, needs, None)


@st.composite
def lists(draw: Any) -> list[Item]:
    """Resources that need only those before them, in any order; some need everything."""
    count = draw(st.integers(0, 12))
    made = []
    for number in range(count):
        if draw(st.integers(0, 5)) == 0:
            made.append(item(str(number), EVERYTHING))
        else:
            plain = [each.written for each in made if EVERYTHING not in each.needs]
            needs = draw(st.sets(st.sampled_from(plain), max_size=3)) if plain else set()
            made.append(item(str(number), *(("thing", each) for each in needs), ("thing", "of-the-base")))
    return list(draw(st.permutations(made)))


@given(lists())
def test_each_is_made_once_and_after_all_that_it_needs(items: list[Item]) -> None:
    levels = plan.levels(items)
    order = [each for level in levels for each in level]
    assert sorted(each.name for each in order) == sorted(each.name for each in items)
    done: set[str] = set()
    for level in levels:
        for each in level:
            assert {needed.name for needed in plan.needed(each, items)} <= done
        done |= {each.name for each in level}


@given(lists())
def test_no_level_could_have_begun_earlier(items: list[Item]) -> None:
    levels = plan.levels(items)
    for before, level in pairwise(levels):
        for each in level:
            assert {needed.name for needed in plan.needed(each, items)} & {other.name for other in before}


def test_what_needs_everything_comes_last_in_the_order_of_the_list() -> None:
    items = [item("job1", EVERYTHING), item("a"), item("job2", EVERYTHING), item("b", ("thing", "a"))]
    assert [[each.written for each in level] for level in plan.levels(items)] == [["a"], ["b"], ["job1"], ["job2"]]


def test_names_alone_do_not_make_a_need_the_kind_counts_too() -> None:
    topic = item("orders", ("queue", "orders"), kind="topic")
    queue = item("orders", kind="queue")
    assert plan.levels([topic, queue]) == ((queue,), (topic,))


def test_a_circle_is_named() -> None:
    a, b, c = item("a", ("thing", "b")), item("b", ("thing", "c")), item("c", ("thing", "b"))
    with pytest.raises(Circle, match=r"thing `b` → thing `c` → thing `b`"):
        plan.levels([a, b, c, item("d")])


def test_who_uses_others_is_removed_before_them() -> None:
    kinds = ["sqs", "http", "postgres", "sns", "job", "kafka"]
    order = plan.removal([Receipt(kind, "x", "orders") for kind in kinds])
    assert [[each.kind for each in group] for group in order] == [
        ["job"],
        ["http"],
        ["sns"],
        ["sqs", "postgres", "kafka"],
    ]


def test_rules_find_a_variable_given_twice_a_resource_listed_twice_and_a_circle(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = [item("a", ("thing", "b"), env=("URL",)), item("b", ("thing", "a"), env=("URL",)), item("c"), item("c")]
    monkeypatch.setattr(plan, "items", lambda specs, scope: specs)
    found = rules.findings(listed)  # type: ignore[arg-type]
    assert [(each.index, each.sentence) for each in found] == [
        (0, "these wait for each other: thing `a` → thing `b` → thing `a`"),
        (1, "the variable `URL` is given by thing `a` and by thing `b`"),
        (3, "thing `c` is in the list twice (resources 3 and 4)"),
    ]
    assert all(each.remedy for each in found)
