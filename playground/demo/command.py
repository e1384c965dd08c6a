"""`./scripts/demo`: sets the playground up, plays the story, shows evidence, cleans up."""

import argparse
import json
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markdown import Markdown
from rich.panel import Panel

import playground
from playground.cluster.value import Playground
from playground.demo import base, screenshot
from playground.demo.stage import Stage, forget, stage
from playground.demo.story import STORY, Step, Story, merged_and_closed
from playground.errors import PlaygroundError
from playground.places import places


def main(argv: Sequence[str] | None = None) -> int:
    """0 only if every step held."""
    args = parsed(argv)
    console = Console(stderr=args.json, highlight=False)
    try:
        return told(args, console)
    except PlaygroundError as error:
        console.print(str(error), style="red", markup=False)
        return 1


def told(args: argparse.Namespace, console: Console) -> int:
    """The whole demo; PlaygroundError where something that it needs cannot be had."""
    started = time.monotonic()
    ground = playground.start(cluster=args.cluster)
    report: dict[str, Any] = {
        "cluster": ground.cluster,
        "setup_seconds": round(time.monotonic() - started, 1),
        "steps": [],
    }
    console.print(f"\nThe playground is up after [bold]{report['setup_seconds']} s[/]; now the story.\n")
    try:
        play(ground, console, report, stay=args.stay, picture=args.screenshot)
    finally:
        if not args.keep_cluster and not args.stay:
            playground.stop()
    report["seconds"] = round(time.monotonic() - started, 1)
    held = sum(step["ok"] for step in report["steps"])
    report["ok"] = held == len(STORY)
    colour = "green" if report["ok"] else "red"
    console.print(f"\n[bold {colour}]{held} of {len(STORY)} steps held[/] in {report['seconds']} s.")
    if args.json:
        json.dump(report, sys.stdout, indent=2)
    return 0 if report["ok"] else 1


def parsed(argv: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--cluster", default="auto", choices=["auto", "current", "kind", "embedded"])
    parser.add_argument("--stay", action="store_true", help="after the story keep everything up and print where to play")
    parser.add_argument("--keep-cluster", action="store_true", help="leave the cluster up for the next time")
    parser.add_argument("--screenshot", type=Path, help="a PNG of the first pull request's page, before it is merged")
    parser.add_argument("--json", action="store_true", help="a report as JSON on standard output")
    return parser.parse_args(argv)


def play(ground: Playground, console: Console, report: dict[str, Any], *, stay: bool, picture: Path | None) -> None:
    """All steps in order; the first that does not hold ends the story."""
    folder = places().state / "demo"
    forget(folder)
    with stage(ground, folder, needs=base.NEEDS) as on_stage:
        console.print(
            f"[dim]GitHub stand-in {on_stage.github.url} · receiver {on_stage.bot.url} · logs {on_stage.bot.logs}[/]\n"
        )
        story = Story(on_stage)
        for number, step in enumerate(STORY, 1):
            if picture is not None and step is merged_and_closed:
                repository, pull = story.pull("orders1")
                screenshot.take(f"{on_stage.github.url}/{repository}/pull/{pull}", picture)
            if not played(story, step, number, console, report):
                break
        if story.last_comment:
            console.print(
                Panel(
                    Markdown(without_marker(story.last_comment)),
                    title="the comment, before the merge",
                    border_style="dim",
                )
            )
        report["comment"] = story.last_comment
        if stay:
            wait_for_person(on_stage, console)
        clean_base(on_stage)
    forget(folder)


def played(story: Story, step: Step, number: int, console: Console, report: dict[str, Any]) -> bool:
    """One step with its time and evidence; False where it did not hold."""
    title = (step.__doc__ or step.__name__).strip()
    began = time.monotonic()
    try:
        evidence, ok = step(story), True
    except Exception as error:  # noqa: BLE001  whatever it is, the step did not hold
        evidence, ok = [*str(error).splitlines()[:40]], False
        report["trace"] = traceback.format_exc()
    seconds = time.monotonic() - began
    mark = "[green]✔[/]" if ok else "[red]✘[/]"
    console.print(f"{mark} [bold]{number:2}. {title}[/] [dim]{seconds:.1f} s[/]")
    for line in evidence:
        console.print(f"       {line}", markup=False, style="none" if ok else "red")
    report["steps"].append({"title": title, "ok": ok, "seconds": round(seconds, 1), "evidence": evidence})
    return ok


def without_marker(comment: str) -> str:
    """The comment without its hidden first line."""
    return comment.partition("\n")[2]


def wait_for_person(on_stage: Stage, console: Console) -> None:
    """Keep everything up until Enter or Ctrl-C."""
    console.print(f"\n[bold]Play on:[/] {on_stage.github.url}/ (open a pull request's page, comment `/devstack help`)")
    console.print(f"Traefik: {on_stage.playground.traefik_url} with a Host header. Press Enter or Ctrl-C to end.")
    try:
        input()
    except (EOFError, KeyboardInterrupt):
        console.print("ending")


def clean_base(on_stage: Stage) -> None:
    """Remove what the story left on purpose: the base application and the records of it."""
    for name in on_stage.stacks():
        on_stage.kubectl("delete", "stack", name, "--wait=true", "--timeout=60s")
    on_stage.kubectl("delete", "namespace", "shop", "--ignore-not-found", "--timeout=60s")
