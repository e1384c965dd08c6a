"""Which service waits for which, and lists of needs that cannot be meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import needs
from config.project import ConfigError, parse
from config.shapes import Service

CHAIN = "services: {web: {needs: [orders]}, orders: {needs: [db]}, db: {}, docs: {}}"


def services(text: str) -> dict[str, Service]:
    return parse(text).services


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "services:\n  web:\n    needs: [orders, ordres]\n  orders: {}\n",
            ".devstack.yaml:3:21 services.web.needs[1]: there is no service `ordres` (did you mean `orders`?)",
        ),
        (
            "services:\n  web: {needs: [web]}\n  api: {}\n",
            ".devstack.yaml:2:17 services.web.needs[0]: `web` needs itself (take it out)",
        ),
        (
            "services:\n  a:\n    needs:\n      - c\n      - b\n  b: {needs: [a]}\n  c: {}\n",
            ".devstack.yaml:5:9 services.a.needs[1]: these wait for each other: `a` → `b` → `a` (take one of the needs out)",
        ),
        (
            "services: {web: {needs: [db]}}\n",
            ".devstack.yaml:1:26 services.web.needs[0]: there is no service `db` (there is no other service)",
        ),
        (
            "services: {web: {depends_on: [db]}, db: {}}\n",
            ".devstack.yaml:1:18 services.web.depends_on: unknown key `depends_on` (did you mean `needs`?)",
        ),
    ],
)
def test_needs_that_cannot_be_are_told_with_line_and_remedy(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert [str(each) for each in caught.value.problems] == [said]


def test_two_circles_are_two_problems() -> None:
    with pytest.raises(ConfigError) as caught:
        parse("services: {a: {needs: [b]}, b: {needs: [a]}, c: {needs: [d, a]}, d: {needs: [c]}}")
    assert [each.message for each in caught.value.problems] == [
        "these wait for each other: `a` → `b` → `a`",
        "these wait for each other: `c` → `d` → `c`",
    ]


@pytest.mark.parametrize(
    ("chosen", "before", "waves"),
    [
        (("web", "orders", "db", "docs"), ("orders",), 3),
        (("web", "db"), ("db",), 2),  # what the base's part needs comes before all the same
        (("web", "docs"), (), 1),
        (("web",), (), 1),
    ],
)
def test_of_a_part_only_the_part_is_waited_for(chosen: tuple[str, ...], before: tuple[str, ...], waves: int) -> None:
    found = services(CHAIN)
    assert needs.within(found, "web", chosen) == before
    assert needs.waves(found, chosen) == waves


@given(st.lists(st.lists(st.integers(0, 5), max_size=3), min_size=6, max_size=6), st.sets(st.integers(0, 5)))
def test_any_needs_are_either_refused_or_an_order(edges: list[list[int]], part: set[int]) -> None:
    text = "".join(f"  s{index}: {{needs: [{', '.join(f's{each}' for each in to)}]}}\n" for index, to in enumerate(edges))
    try:
        found = services(f"services:\n{text}")
    except ConfigError:
        # A walk that only ever goes to needs that are not done yet must get stuck.
        left = set(range(6))
        while free := {each for each in left if not (set(edges[each]) & left)}:
            left -= free
        assert left
        return
    chosen = [f"s{each}" for each in sorted(part)]
    done: list[str] = []
    for _ in range(needs.waves(found, chosen)):
        done += [each for each in chosen if each not in done and set(needs.within(found, each, chosen)) <= set(done)]
    assert sorted(done) == chosen


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "base: {namespace: shop}\n",
            "values are copied from the base application, which lives in `shop` (write `shop`)",
        ),
        ("", ""),
        ("base: {namespace: other}\n", ""),
    ],
)
def test_values_are_copied_from_the_bases_namespace_where_it_is_named(text: str, said: str) -> None:
    copied = "services:\n  web:\n    resources: [{kind: secret, from: {namespace: other, name: k}, keys: [A]}]\n"
    if not said:
        assert parse(copied + text).services["web"].resources
        return
    with pytest.raises(ConfigError) as caught:
        parse(copied + text)
    assert [str(each) for each in caught.value.problems] == [
        f".devstack.yaml:3:50 services.web.resources[0].from.namespace: {said}"
    ]
