"""Marks as tags: ours, another service's, another stack's, a stranger's."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks.contract import Scope
from hooks.providers import aws_marks as marks

SCOPE = Scope("acme-shop-1", "feature1", "orders", "orders-feature1", "n")
OURS = {
    "devstack.dev/stack": "acme-shop-1", "devstack.dev/service": "orders", "devstack.dev/label": "feature1",
}  # fmt: skip


def test_the_tags() -> None:
    assert marks.tags(SCOPE) == OURS
    assert marks.read(marks.listed(SCOPE)) == OURS
    for half in [*OURS, *OURS.values(), marks.MARK_SEED]:
        assert re.fullmatch(r"[A-Za-z0-9 _.:/=+@-]{1,128}", half)  # what AWS allows


@pytest.mark.parametrize(
    ("tags", "ours", "of_stack"),
    [
        (OURS, True, True),
        ({**OURS, "team": "shop"}, True, True),
        ({**OURS, "devstack.dev/service": "web"}, False, True),
        ({**OURS, "devstack.dev/label": "feature2"}, False, False),
        ({**OURS, "devstack.dev/stack": "acme-shop-2"}, False, False),
        ({"devstack.dev/stack": "acme-shop-1"}, False, False),
        ({}, False, False),
    ],
)
def test_whose_it_is(tags: dict[str, str], ours: bool, of_stack: bool) -> None:
    assert marks.ours(tags, SCOPE) is ours
    assert marks.of_stack(tags, SCOPE) is of_stack


@pytest.mark.parametrize(
    ("tags", "sentence"),
    [
        ({}, "the queue `q` exists already and devstack did not make it"),
        ({"team": "shop"}, "the queue `q` exists already and devstack did not make it"),
        ({**OURS, "devstack.dev/service": "web"}, "the queue `q` belongs to the service `web` of this stack"),
        (
            {**OURS, "devstack.dev/stack": "acme-shop-2"},
            "the queue `q` belongs to the service `orders` of the stack `acme-shop-2` (label `feature1`)",
        ),
        ({"devstack.dev/stack": "acme-shop-2"}, "the queue `q` belongs to the stack `acme-shop-2`"),
    ],
)
def test_a_stranger_is_named(tags: dict[str, str], sentence: str) -> None:
    found = marks.stranger("the queue `q`", tags, SCOPE)
    assert found.sentence == sentence
    assert found.remedy.endswith(".")


@given(st.lists(st.integers(), max_size=30))
def test_answers_come_in_the_order_of_the_questions(numbers: list[int]) -> None:
    assert marks.side_by_side(lambda each: each * 2, numbers) == [each * 2 for each in numbers]


def test_a_few_are_asked_at_the_same_time_and_no_more() -> None:
    now, most = [], []

    def ask(number: int) -> int:
        now.append(number)
        most.append(len(now))
        time.sleep(0.01)
        now.remove(number)
        return number

    marks.side_by_side(ask, range(40))
    assert 1 < max(most) <= marks.BOUND


def test_the_first_error_is_raised() -> None:
    def ask(number: int) -> int:
        if number == 3:
            raise ValueError("three")
        return number

    with pytest.raises(ValueError, match="three"):
        marks.side_by_side(ask, range(9))
