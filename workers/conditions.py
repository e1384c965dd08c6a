"""The conditions of a Stack, for `kubectl wait --for=condition=Ready` and for whoever watches from outside.

`Ready`: it is deployed as wished. `FollowsBase`: its routes are what its base asks for now; False says what of it is gone.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from model.routing import following
from model.stack import Phase, Status
from workers.report import sentences

READY = "Ready"
FOLLOWS = "FollowsBase"


def of(status: Status, now: datetime) -> tuple[dict[str, Any], ...]:
    """The conditions that a status amounts to. A condition's time is kept as long as its answer stays the same.

    It names the generation that was served, so that one of an older wish does not count for `kubectl wait`.
    """
    ready = status.phase is Phase.READY
    found = [(READY, ready, status.phase.value, status.message)]
    follows = following.of(status.receipts)
    if follows is not None:
        changed = (each for each in follows.problems if each.kind != "host-missing")
        said = " ".join(map(sentences.not_followed, changed))
        found.append((FOLLOWS, not said, "BaseChanged" if said else "Following", said))
    return tuple(_condition(status, now, *each) for each in found)


def _condition(status: Status, now: datetime, kind: str, holds: bool, reason: str, message: str) -> dict[str, Any]:
    answer = "True" if holds else "False"
    before = last(status.conditions, kind)
    since = before["lastTransitionTime"] if before and before["status"] == answer else f"{now:%Y-%m-%dT%H:%M:%SZ}"
    return {
        "type": kind,
        "status": answer,
        "reason": reason,
        "message": message,
        "observedGeneration": status.observed_generation,
        "lastTransitionTime": since,
    }


def last(conditions: Iterable[Mapping[str, Any]], kind: str = READY) -> Mapping[str, Any] | None:
    """A condition as it was written before."""
    return next((each for each in conditions if each["type"] == kind), None)
