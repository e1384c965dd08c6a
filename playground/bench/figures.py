"""Samples, their median and spread, and what they are held against."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Row:
    """One comparison. `aim` is the largest ratio of ours to bare, or, where `absolute`, the most seconds of ours."""

    key: str
    title: str
    aim: float
    absolute: bool = False
    ours: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    ours_spent: list[Mapping[str, float]] = field(default_factory=list)
    bare_spent: list[Mapping[str, float]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def ratio(self) -> float | None:
        """The median of the pairs' ratios: each pair met the machine in the same mood."""
        ratios = [one / other for one, other in zip(self.ours, self.bare, strict=False) if other]
        return statistics.median(ratios) if ratios else None

    @property
    def held(self) -> bool | None:
        """Whether the aim is met; None where nothing was measured."""
        if self.absolute:
            return statistics.median(self.ours) <= self.aim if self.ours else None
        return self.ratio <= self.aim if self.ratio is not None else None

    def as_json(self) -> dict[str, Any]:
        """All figures, seconds."""
        return {
            "row": self.key, "title": self.title, "aim": self.aim, "absolute": self.absolute,
            "ours": spread(self.ours), "bare": spread(self.bare),
            "ratio": self.ratio, "held": self.held, "faults": self.faults,
            "ours_steps": medians(self.ours_spent), "bare_steps": medians(self.bare_spent),
        }  # fmt: skip


def spread(samples: Sequence[float]) -> dict[str, Any] | None:
    """Median, extremes and the samples themselves, in seconds; None for none."""
    if not samples:
        return None
    return {
        "median": statistics.median(samples),
        "min": min(samples),
        "max": max(samples),
        "samples": [round(each, 3) for each in samples],
    }


def medians(spent: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The median seconds of each part."""
    names = dict.fromkeys(name for each in spent for name in each)
    return {name: round(statistics.median(each.get(name, 0.0) for each in spent), 3) for name in names}
