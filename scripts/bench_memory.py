"""Memory of the bot's own processes (PSS) after a deploy and a thousand deliveries, once they are idle.

Called by `./scripts/bench memory`. Figures are reported, not asserted: exit code 1 only where something did not run.
"""

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

import playground
from playground.bench import memory, sample
from playground.bench.ours import Ours
from playground.bench.pipeline import TWO, Pipeline
from playground.demo.stage import Stage, forget, stage
from playground.places import places

RECEIVER_AIM = 90
WORKERS_AIM = 250  # MB, all of them together
IDLE_SECONDS = 60.0


def measured(on_stage: Stage, deliveries: int) -> tuple[list[memory.Tree], dict[int, int]]:
    """One deploy, then the deliveries, then idle processes; their memory and how the deliveries were answered."""
    pipeline = Pipeline(on_stage, print)
    ours = Ours(on_stage, pipeline.repository("memory", TWO), "ours")
    ours.opened(sample.stamped(TWO, pipeline.run))
    try:
        answered = memory.deliver(on_stage.bot, deliveries)
        found = memory.settled(on_stage.bot, IDLE_SECONDS)
    finally:
        ours.closed()
    return found, answered


def main() -> int:
    """0 where it was measured."""
    parser = argparse.ArgumentParser(prog="scripts/bench memory", description=__doc__)
    parser.add_argument("--deliveries", type=int, default=1000)
    parser.add_argument("--cluster", default="auto", choices=["auto", "current", "kind", "embedded"])
    parser.add_argument("--folder", type=Path, help="where repositories, logs and state lie; kept where given")
    parser.add_argument("--json", action="store_true", help="the figures as JSON on standard output")
    parser.add_argument("--end-cluster", action="store_true", help="take the playground down afterwards")
    args = parser.parse_args()
    console = Console(stderr=args.json, highlight=False)
    ground = playground.start(cluster=args.cluster)
    folder: Path = args.folder or places().state / "bench"
    forget(folder)
    try:
        with stage(ground, folder) as on_stage:
            found, answered = measured(on_stage, args.deliveries)
    finally:
        if args.folder is None:
            forget(folder)
        if args.end_cluster:
            playground.stop()
    report = summary(found, answered)
    show(console, found, report)
    if args.json:
        json.dump(report, sys.stdout, indent=2)
    return 0


def summary(found: list[memory.Tree], answered: dict[int, int]) -> dict[str, object]:
    """The figures, MB (2²⁰ bytes)."""
    workers = [tree for tree in found if tree.role != "receiver"]
    receiver = next(tree for tree in found if tree.role == "receiver")
    return {
        "trees": [
            {"role": each.role, "processes": each.processes, "mb": round(each.pss / memory.MEGA, 1)} for each in found
        ],
        "receiver_mb": round(receiver.pss / memory.MEGA, 1),
        "receiver_aim_mb": RECEIVER_AIM,
        "workers_mb": round(sum(tree.pss for tree in workers) / memory.MEGA, 1),
        "workers_processes": sum(tree.processes for tree in workers),
        "workers_aim_mb": WORKERS_AIM,
        "deliveries": {str(status): count for status, count in answered.items()},
    }


def show(console: Console, found: list[memory.Tree], report: dict[str, object]) -> None:
    """The same as a table."""
    table = Table(title="Memory of idle processes (PSS) after one deploy")
    for name in ("", "processes", "MB"):
        table.add_column(name, justify="left" if not name else "right")
    for tree in found:
        table.add_row(tree.role, str(tree.processes), f"{tree.pss / memory.MEGA:.1f}")
    console.print(table)
    for who in ("receiver", "workers"):
        mb, aim = float(str(report[f"{who}_mb"])), float(str(report[f"{who}_aim_mb"]))
        word = "[green]met[/]" if mb <= aim else "[red]missed[/]"
        console.print(f"{who}: {mb} MB, aim ≤ {aim:.0f} MB: {word}")
    console.print(f"worker processes: {report['workers_processes']}; deliveries by status: {report['deliveries']}")


if __name__ == "__main__":
    sys.exit(main())
