"""What 1, 50 and 500 live labels on one base host cost: time on the way, memory, time until a new label is routed.

Called by `./scripts/bench routing`. Figures are reported, not asserted: exit code 1 only where something did not run or an
answer came from the wrong side.
"""

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

import playground
from playground.bench.routing import Routing
from playground.bench.routing_figures import AIM_ROUTED, AIMS, WAYS, Figures, shown
from playground.places import places
from playground.progress import Progress
from playground.toolset import build, router


def main() -> int:
    """0 where all was measured and every answer was right."""
    parser = argparse.ArgumentParser(prog="scripts/bench routing", description=__doc__)
    parser.add_argument("--labels", type=int, nargs="+", default=[1, 50, 500])
    parser.add_argument("--rounds", type=int, default=5, help="each with all numbers of labels, interleaved")
    parser.add_argument("--rate", type=float, default=500.0, help="requests a second, whether answered or not")
    parser.add_argument("--seconds", type=float, default=5.0, help="of a round, for each number of labels")
    parser.add_argument("--fast-lane", action="store_true", help="with a rule of the base for requests without context")
    parser.add_argument("--cluster", default="auto", choices=["auto", "current", "kind", "embedded"])
    parser.add_argument("--json", action="store_true", help="all samples as JSON on standard output")
    parser.add_argument("--end-cluster", action="store_true", help="take the playground down afterwards")
    args = parser.parse_args()
    console = Console(stderr=args.json, highlight=False, width=None if sys.stdout.isatty() else 140)
    ground = playground.start(cluster=args.cluster)
    cache, progress = places().cache, Progress(console)
    load, program = build.load_tool(cache, progress), router.program(cache, progress)
    try:
        with tempfile.TemporaryDirectory(prefix="bench-routing-") as folder:
            routing = Routing(
                ground, load, program, Path(folder), lambda text: console.print(text, style="dim", markup=False),
                sorted(set(args.labels)), args.rate, args.seconds, args.fast_lane,
            )  # fmt: skip
            found = routing.play(args.rounds)
    finally:
        if args.end_cluster:
            playground.stop()
    show(console, found, args.rate)
    if args.json:
        json.dump(found.as_json(), sys.stdout, indent=2)
    return 0


def show(console: Console, found: Figures, rate: float) -> None:
    """The figures as tables: median of the rounds, and the extremes."""
    times = Table(title=f"{rate:g} requests a second, from the planned moment to the last byte (ms: median, min–max)")
    for name in ("", *(f"{count} labels {part}" for part in AIMS for count in found.counts)):
        times.add_column(name, justify="right" if name else "left")
    for kind in found.kinds:
        cells = [shown(found.latency[count, kind, part]) for part in AIMS for count in found.counts]
        times.add_row(kind, *cells)
    console.print(times)
    added = Table(title=f"Added to {found.counts[0]} (ms: median of the rounds' differences, min–max)")
    for name in ("", "labels", *(name for part in AIMS for name in (part, "aim", ""))):
        added.add_column(name, justify="right" if name else "left")
    rows: dict[tuple[str, int], list[str]] = {}
    for each in found.added():
        verdict = "[green]met[/]" if each.held else "[red]missed[/]"
        rows.setdefault((each.kind, each.count), []).extend((shown(each.samples), f"≤ {AIMS[each.part]:g}", verdict))
    for (kind, count), row in rows.items():
        added.add_row(kind, str(count), *row)
    console.print(added)
    proxy = Table(title="The proxy (median, min–max)")
    for name in ("labels", "memory, MB", "processor a request, µs", *(f"new label routed, s: {way}" for way in WAYS)):
        proxy.add_column(name, justify="right")
    for count in found.counts:
        proxy.add_row(
            str(count), shown(found.memory[count], 0), shown([each * 1e6 for each in found.cpu[count]], 0),
            *(shown(found.until_routed[count, way]) for way in WAYS),
        )  # fmt: skip
    console.print(proxy)
    word = "[green]met[/]" if found.routed_held else "[red]missed[/]"
    console.print(f"a new label beside {found.counts[-1]} others is routed within {AIM_ROUTED:g} s: {word}")
    console.print(f"the load's own delay, p99: {statistics.median(found.late):.2f} ms", style="dim")


if __name__ == "__main__":
    sys.exit(main())
