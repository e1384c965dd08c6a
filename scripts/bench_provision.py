"""Provisioning by one hook beside one Job each, in one run, in interleaved rounds; and the size of the hook image.

Called by `./scripts/bench provision`. Figures are reported, not asserted: exit code 1 only where something did not run.
"""

import argparse
import json
import sys

from rich.console import Console

import playground
from playground.bench import table
from playground.bench.provision import Provision


def main() -> int:
    """0 where every row was measured."""
    parser = argparse.ArgumentParser(prog="scripts/bench provision", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="interleaved rounds")
    parser.add_argument("--cluster", default="auto", choices=["auto", "current", "kind", "embedded"])
    parser.add_argument("--json", action="store_true", help="all samples as JSON on standard output")
    parser.add_argument("--end-cluster", action="store_true", help="take the playground down afterwards")
    args = parser.parse_args()
    console = Console(stderr=args.json, highlight=False, width=None if sys.stdout.isatty() else 140)
    ground = playground.start(cluster=args.cluster)
    try:
        rows = Provision(ground, lambda text: console.print(text, style="dim", markup=False)).play(args.rounds)
    finally:
        if args.end_cluster:
            playground.stop()
    table.show(console, list(rows.values()), title="Provisioning as part of a release, beside other ways")
    if args.json:
        json.dump([row.as_json() for row in rows.values()], sys.stdout, indent=2)
    return 1 if any(row.faults for row in rows.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
