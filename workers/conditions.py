"""The condition `Ready` of a Stack, for `kubectl wait --for=condition=Ready` and for whoever watches from outside."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from model.stack import Phase, Status

READY = "Ready"


def of(status: Status, now: datetime) -> tuple[dict[str, Any], ...]:
    """The conditions that a status amounts to. A condition's time is kept as long as its answer stays the same.

    It names the generation that was served, so that one of an older wish does not count for `kubectl wait`.
    """
    answer = "True" if status.phase is Phase.READY else "False"
    before = last(status.conditions)
    since = before["lastTransitionTime"] if before and before["status"] == answer else f"{now:%Y-%m-%dT%H:%M:%SZ}"
    return (
        {
            "type": READY,
            "status": answer,
            "reason": status.phase.value,
            "message": status.message,
            "observedGeneration": status.observed_generation,
            "lastTransitionTime": since,
        },
    )


def last(conditions: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The condition as it was written before."""
    return next((each for each in conditions if each["type"] == READY), None)
