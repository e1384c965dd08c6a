"""The marks as AWS's tags: how ours are told from others', and which names could be ours."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from hooks.contract import Foreign, Scope
from model.marks import LABEL_LABEL, LABEL_SERVICE, LABEL_STACK

MARK_SEED = "devstack.dev/seed"  # of what was copied in, a hash, once all of it is there
BOUND = 8  # questions to a server at the same time

_SHORTENED = re.compile(r"-[0-9a-f]{6}$")

Item = TypeVar("Item")
Result = TypeVar("Result")


def tags(scope: Scope) -> dict[str, str]:
    """What every thing that we make carries. AWS allows letters, digits and `_ . : / = + - @` in both halves."""
    return scope.marks


def listed(scope: Scope) -> list[dict[str, str]]:
    """The tags in the spelling of most services: `[{"Key": …, "Value": …}]`."""
    return [{"Key": key, "Value": value} for key, value in tags(scope).items()]


def read(found: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The tags of an answer in that spelling."""
    return {each["Key"]: each["Value"] for each in found}


def ours(found: Mapping[str, str], scope: Scope) -> bool:
    """Whether something with these tags is this service's, of this stack, under this label."""
    return all(found.get(key) == value for key, value in tags(scope).items())


def of_stack(found: Mapping[str, str], scope: Scope) -> bool:
    """Whether something with these tags is of this stack, under this label, whichever service has made it."""
    return found.get(LABEL_STACK) == scope.stack and found.get(LABEL_LABEL) == scope.label


def stranger(what: str, found: Mapping[str, str], scope: Scope) -> Foreign:
    """The error for something that is there and not ours; `what` as in "the queue `orders-feature1`"."""
    stack, service, label = found.get(LABEL_STACK), found.get(LABEL_SERVICE), found.get(LABEL_LABEL)
    if not stack:
        return Foreign(
            f"{what} exists already and devstack did not make it",
            "Give the resource another name, or remove that one if nobody needs it.",
        )
    whose = f"{what} belongs to " + (f"the service `{service}` of " if service else "")
    if stack == scope.stack and label == scope.label:
        return Foreign(f"{whose}this stack", "Give one of the two another name.")
    return Foreign(
        f"{whose}the stack `{stack}`" + (f" (label `{label}`)" if label else ""),
        "Give the resource another name, or the feature another label.",
    )


def could_be(name: str, scope: Scope) -> bool:
    """Whether a resource of this label could have this name. Of all names that are there this leaves few, whose tags
    then are asked for."""
    return name.endswith(f"-{scope.label}") or _SHORTENED.search(name) is not None


def side_by_side(ask: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """The answers in the order of the items, a few asked for at the same time. The first error is raised."""
    if len(items) < 2:
        return [ask(item) for item in items]
    with ThreadPoolExecutor(min(BOUND, len(items))) as pool:
        return list(pool.map(ask, items))
