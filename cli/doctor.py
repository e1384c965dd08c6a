"""`devstack doctor`: is this installation of the bot set up so that it can work? Says what to change where not."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from cli.checks.finding import Finding, Level

if TYPE_CHECKING:
    from rich.console import Console

    from cli.checks.running import Check, Result
    from config.settings import Settings

BAD, NO_SETTINGS = 1, 2
SIGNS = {Level.GOOD: ("✓", "green"), Level.WARNING: ("!", "yellow"), Level.BAD: ("✗", "red"), Level.SKIPPED: ("–", "dim")}


def doctor(
    only: Annotated[list[str] | None, typer.Argument(help="Names of checks; without one: all of them.")] = None,
    host: Annotated[
        list[str] | None, typer.Option(help="A base host to look at, instead of those of the stacks.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON: `ok`, `checks`.")] = False,
) -> None:
    """Check everything that the bot needs: cluster, rights, Traefik, DNS, certificate, registry, Redis, GitHub.

    Exit codes: 0 when nothing is bad (warnings may be there), 1 when something is, 2 when the settings are wrong.
    """
    from cli.checks.running import results
    from cli.checks.subject import Subject
    from cli.checks.table import CHECKS
    from workers.world import World

    checks = chosen(CHECKS, only or ())
    world = World(settled(as_json=as_json))
    found = results(checks, Subject(world, tuple(host or ())))
    hidden = world.masker.mask
    ok = shown_as_json(list(found), hidden) if as_json else shown(found, hidden)
    if not ok:
        raise typer.Exit(BAD)


def chosen(checks: "Sequence[Check]", only: Sequence[str]) -> "list[Check]":
    """The checks by name; typer's own error for a name that there is not."""
    known = [check.name for check in checks]
    for name in only:
        if name not in known:
            raise typer.BadParameter(f"there is no check `{name}`; there are {', '.join(known)}")
    return [check for check in checks if not only or check.name in only]


def settled(*, as_json: bool) -> "Settings":
    """The settings of the environment; where they name nothing, those of the playground that is up."""
    from pydantic import ValidationError

    from config import logging
    from config.settings import Settings

    for name, value in of_the_playground().items():
        os.environ.setdefault(name, value)
    try:
        settings = Settings()
    except ValidationError as errors:
        wrong = [f"DEVSTACK_{'_'.join(map(str, each['loc'])).upper()}: {each['msg']}" for each in errors.errors()]
        if as_json:
            typer.echo(json.dumps({"ok": False, "settings": wrong, "checks": []}, ensure_ascii=False))
        else:
            typer.echo("\n".join(f"✗ {each}" for each in wrong), err=True)
        raise typer.Exit(NO_SETTINGS) from errors
    logging.configure(settings.model_copy(update={"log_level": "CRITICAL", "log_format": "console"}))
    return settings


def of_the_playground() -> dict[str, str]:
    """What a playground that is up would tell the bot; nothing where the environment has settings, or there is none."""
    if any(name in os.environ for name in ("DEVSTACK_REGISTRY", "DEVSTACK_KUBECONFIG", "KUBERNETES_SERVICE_HOST")):
        return {}
    try:
        import playground
        from playground.demo.stage import bot_settings
        from playground.places import places
    except ImportError:  # the bot's images have none
        return {}
    found = playground.status().playground
    return bot_settings(found, places().state / "local") if found else {}


@dataclass(frozen=True, slots=True)
class Line:
    """One finding as it is shown."""

    check: str
    finding: Finding


def shown(found: "Iterable[Result]", hidden: Callable[[str], str]) -> bool:
    """Each result as it comes, then how many of what; whether nothing is bad."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    counts = dict.fromkeys(Level, 0)
    for result in found:
        for line in lines(result):
            counts[line.finding.level] += 1
            printed(console, line, hidden)
    said = ", ".join(f"{count} {level}" for level, count in counts.items() if count)
    console.print(f"\n[bold]{said or 'nothing was looked at'}[/]")
    return not counts[Level.BAD]


def lines(result: "Result") -> Iterator[Line]:
    """The name of a check stands at its first finding."""
    for index, finding in enumerate(result.findings):
        yield Line("" if index else result.check.name, finding)


def printed(console: "Console", line: Line, hidden: Callable[[str], str]) -> None:
    """A finding, and below it what to change."""
    from rich.text import Text

    sign, style = SIGNS[line.finding.level]
    plain = "dim" if line.finding.level is Level.SKIPPED else ""
    console.print(
        Text.assemble((f"{line.check:<12}", "bold"), (f"{sign} ", f"bold {style}"), (hidden(line.finding.said), plain))
    )
    if line.finding.remedy:
        console.print(Text.assemble(" " * 14, ("→ ", style), (hidden(line.finding.remedy), plain or "default")))


def shown_as_json(found: "Sequence[Result]", hidden: Callable[[str], str]) -> bool:
    """All results at once; whether nothing is bad."""
    checks = [
        {
            "check": result.check.name,
            "about": result.check.about,
            "seconds": round(result.seconds, 3),
            "findings": [
                {"level": each.level, "said": hidden(each.said), "remedy": hidden(each.remedy)}
                for each in result.findings
            ],
        }
        for result in found
    ]
    ok = not any(each.level is Level.BAD for result in found for each in result.findings)
    typer.echo(json.dumps({"ok": ok, "checks": checks}, ensure_ascii=False))
    return ok
