"""The bot beside the bare commands that do the same work by hand, in one run, in interleaved pairs.

Called by `./scripts/bench pipeline`. Figures are reported, not asserted: exit code 1 only where something did not run.
"""

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console

import playground
from playground.bench import table
from playground.bench.pipeline import Pipeline
from playground.demo.stage import forget, stage
from playground.places import places


def main() -> int:
    """0 where every row was measured."""
    parser = argparse.ArgumentParser(prog="scripts/bench pipeline", description=__doc__)
    parser.add_argument("--pairs", type=int, default=7, help="interleaved pairs of each row")
    parser.add_argument("--cluster", default="auto", choices=["auto", "current", "kind", "embedded"])
    parser.add_argument("--folder", type=Path, help="where repositories, logs and state lie; kept where given")
    parser.add_argument("--json", action="store_true", help="all samples as JSON on standard output")
    parser.add_argument("--end-cluster", action="store_true", help="take the playground down afterwards")
    args = parser.parse_args()
    console = Console(stderr=args.json, highlight=False, width=None if sys.stdout.isatty() else 140)
    ground = playground.start(cluster=args.cluster)
    folder: Path = args.folder or places().state / "bench"
    forget(folder)
    try:
        with stage(ground, folder) as on_stage:
            rows = Pipeline(on_stage, lambda text: console.print(text, style="dim", markup=False)).play(args.pairs)
    finally:
        if args.folder is None:
            forget(folder)
        if args.end_cluster:
            playground.stop()
    table.show(console, list(rows.values()))
    if args.json:
        json.dump([row.as_json() for row in rows.values()], sys.stdout, indent=2)
    return 1 if any(row.faults for row in rows.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
