"""What is wrong with resources that are right by themselves and wrong together. Pure; `config` asks the same."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hooks import plan
from hooks.contract import Scope, Spec

NOWHERE = Scope(stack="stack", label="label", service="service", release="release", namespace="namespace")


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem: which resource of the list it is about, counted from 0."""

    index: int
    sentence: str
    remedy: str


def findings(specs: Sequence[Spec]) -> list[Finding]:
    """Everything that is wrong, in the order of the resources."""
    items = plan.items(specs, NOWHERE)
    return sorted([*_twice(items), *_variables(items), *_circles(items)], key=lambda finding: finding.index)


def _twice(items: Sequence[plan.Item]) -> Iterator[Finding]:
    seen: dict[plan.Key, int] = {}
    for index, item in enumerate(items):
        first = seen.setdefault(item.key, index)
        if first != index:
            yield Finding(
                index,
                f"{item.kind} `{item.written}` is in the list twice (resources {first + 1} and {index + 1})",
                "Keep one of them, or give them names of their own.",
            )


def _variables(items: Sequence[plan.Item]) -> Iterator[Finding]:
    holders: dict[str, int] = {}
    for index, item in enumerate(items):
        for variable in dict.fromkeys(item.env):
            first = holders.setdefault(variable, index)
            if first != index and items[first].key != item.key:
                other = items[first]
                yield Finding(
                    index,
                    f"the variable `{variable}` is given by {other.kind} `{other.written}`"
                    f" and by {item.kind} `{item.written}`",
                    "Give one of them another name with its `env`.",
                )


def _circles(items: Sequence[plan.Item]) -> Iterator[Finding]:
    once = list({item.key: item for item in reversed(items)}.values())[::-1]
    try:
        plan.levels(once)
    except plan.Circle as circle:
        yield Finding(items.index(circle.items[0]), f"these wait for each other: {circle}", "Take one of the needs out.")
