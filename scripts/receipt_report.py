"""What the measurement of the receiver found, for people: a row a load, and which aims were met."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ABOUT = {
    "bare": "uvicorn that only checks the HMAC",
    "naive": "FastAPI, SET NX, send_task in a thread",
    "ours": "devstack's receiver: HMAC, parse, claim and enqueue in one step",
}
AIM_PER_SECOND, AIM_TIMES_NAIVE, AIM_P99_MS, AIM_MEMORY_MB = 3000, 4.0, 50.0, 90.0
AIM_CONNECTIONS = 32


@dataclass(frozen=True, slots=True)
class Row:
    """One receiver under one load: medians over the rounds, with the lowest and the highest rate. Times in ms."""

    receiver: str
    size: int
    connections: int
    per_second: float
    lowest: float
    highest: float
    p50: float
    p99: float
    generator: float  # share of a core that offering the load took: near 1, it was the limit


def report(rounds: int, seconds: float, offered: float, result: dict[str, Any], rows: list[Row]) -> str:
    """The whole result as text."""
    before, after = result["load"]
    lines = [f"{name:6} {about}" for name, about in ABOUT.items()]
    lines.append(f"{result['cores']} cores, load average {before:.1f} before and {after:.1f} after")
    lines.append(f"medians of {rounds} interleaved rounds of {seconds:g} s")
    lines += ["", *table(rows), ""]
    for size, paced in result["offered"].items():
        times = ", ".join(f"{name} {paced[name]:.1f} ms" for name in ("p50", "p99", "worst"))
        lines.append(f"{offered:g} offered a second, {size} bytes: {paced['per_second']:.0f}/s answered, {times}")
    for when, memory in result["memory_mb"].items():
        lines.append(f"memory of ours, {when}: {memory['pss']:.0f} MB PSS, {memory['rss']:.0f} MB RSS")
    kept = result["durability"]
    lines.append(f"receiver and Redis killed with -9 under load: {kept['taken']} answered 202, {kept['missing']} lost")
    return "\n".join([*lines, "", *aims(result, rows)])


def table(rows: list[Row]) -> Iterator[str]:
    """A line a load."""
    yield f"{'body':>6} {'conn':>4}  {'receiver':8} {'per s':>7} {'low-high':>13} {'p50':>6} {'p99':>7} {'x naive':>7}  generator"
    for each in rows:
        span = f"{each.lowest:.0f}-{each.highest:.0f}"
        yield (
            f"{each.size:6} {each.connections:4}  {each.receiver:8} {each.per_second:7.0f} {span:>13} "
            f"{each.p50:6.1f} {each.p99:7.1f} {times_naive(each, rows):7.1f}  {each.generator:.0%} of a core"
        )


def times_naive(row: Row, rows: list[Row]) -> float:
    """How often the naive receiver's rate under the same load."""
    same = (row.size, row.connections)
    naive = next(each for each in rows if each.receiver == "naive" and (each.size, each.connections) == same)
    return row.per_second / naive.per_second


def aims(result: dict[str, Any], rows: list[Row]) -> Iterator[str]:
    """Each aim, and whether it was met."""
    for row in rows:
        if row.receiver == "ours" and row.connections == AIM_CONNECTIONS:
            load = f"at {row.connections} connections, {row.size} bytes"
            times = times_naive(row, rows)
            yield aim(row.per_second >= AIM_PER_SECOND, f"{row.per_second:.0f}/s of {AIM_PER_SECOND} {load}")
            yield aim(times >= AIM_TIMES_NAIVE, f"{times:.1f} times the naive receiver of {AIM_TIMES_NAIVE:g} {load}")
    for size, paced in result["offered"].items():
        yield aim(
            paced["p99"] < AIM_P99_MS, f"p99 {paced['p99']:.1f} ms of {AIM_P99_MS:g} at the offered rate, {size} bytes"
        )
    most = max(memory["rss"] for memory in result["memory_mb"].values())
    yield aim(most <= AIM_MEMORY_MB, f"{most:.0f} MB RSS of {AIM_MEMORY_MB:g}")
    yield aim(not result["durability"]["missing"], "nothing lost that was answered 202")


def aim(met: bool, text: str) -> str:
    """One aim's line."""
    return f"{'met   ' if met else 'MISSED'}  {text}"
