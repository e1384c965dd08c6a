"""The samples of all rounds, what many labels add to few, and the aims."""

import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from playground.bench.figures import spread

AIMS = {"p50": 0.3, "p99": 1.0}  # milliseconds that most labels may add to fewest
AIM_ROUTED = 2.0  # seconds
AT_ONCE, BEHIND = "all at once", "middlewares before"  # how a new label's objects are applied
WAYS = (AT_ONCE, BEHIND)


@dataclass(frozen=True, slots=True)
class Added:
    """What `count` labels add to `few`, milliseconds, one sample a round."""

    kind: str
    count: int
    few: int
    part: str
    samples: tuple[float, ...]

    @property
    def median(self) -> float:
        """Of the rounds' differences: each round met the machine in one mood."""
        return statistics.median(self.samples)

    @property
    def held(self) -> bool:
        """Whether the aim is met."""
        return self.median <= AIMS[self.part]


@dataclass
class Figures:
    """By number of labels; times in milliseconds, routed and used in seconds, memory in MB (2²⁰ bytes)."""

    latency: dict[tuple[int, str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    cpu: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    memory: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    until_routed: dict[tuple[int, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    late: list[float] = field(default_factory=list)

    def times(self, count: int, kind: str, p50: float, p99: float) -> None:
        """One kind of request in one round."""
        self.latency[count, kind, "p50"].append(p50)
        self.latency[count, kind, "p99"].append(p99)

    def used(self, count: int, cpu: float, memory: float) -> None:
        """What the proxy used: processor seconds a request, memory after the round."""
        self.cpu[count].append(cpu)
        self.memory[count].append(memory)

    def routed(self, count: int, way: str, seconds: float) -> None:
        """A new label, until it was routed."""
        self.until_routed[count, way].append(seconds)

    @property
    def counts(self) -> list[int]:
        """The numbers of labels."""
        return sorted(self.cpu)

    @property
    def kinds(self) -> list[str]:
        """The kinds of requests."""
        return list(dict.fromkeys(kind for _, kind, _ in self.latency))

    def added(self) -> Iterator[Added]:
        """Each number of labels held against the smallest."""
        few, *more = self.counts
        for kind in self.kinds:
            for part in AIMS:
                for count in more:
                    pairs = zip(self.latency[count, kind, part], self.latency[few, kind, part], strict=True)
                    yield Added(kind, count, few, part, tuple(one - other for one, other in pairs))

    @property
    def routed_held(self) -> bool:
        """Whether a new label beside the most others is routed in time, applied as the bot does."""
        return statistics.median(self.until_routed[self.counts[-1], BEHIND]) <= AIM_ROUTED

    def as_json(self) -> dict[str, Any]:
        """All figures."""
        return {
            "latency_ms": [
                {"labels": count, "kind": kind, "part": part, **(spread(samples) or {})}
                for (count, kind, part), samples in self.latency.items()
            ],
            "added_ms": [
                {"labels": each.count, "to": each.few, "kind": each.kind, "part": each.part, "held": each.held,
                 **(spread(each.samples) or {})}
                for each in self.added()
            ],
            "cpu_us_a_request": {count: spread([each * 1e6 for each in self.cpu[count]]) for count in self.counts},
            "memory_mb": {count: spread(self.memory[count]) for count in self.counts},
            "routed_s": [
                {"labels": count, "applied": way, **(spread(samples) or {})}
                for (count, way), samples in self.until_routed.items()
            ],
            "generator_late_p99_ms": spread(self.late),
        }  # fmt: skip


def shown(samples: Sequence[float], digits: int = 2) -> str:
    """Median and extremes."""
    if not samples:
        return "–"
    return f"{statistics.median(samples):.{digits}f} ({min(samples):.{digits}f}–{max(samples):.{digits}f})"
