"""`devstack routes`: who answers which host under which condition, from the cluster's own objects."""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from config.settings import Settings
    from model.routing.routing_table import Row

FAILED, NONE = 1, 3
PIPE_WIDTH = 200  # columns where nobody looks


def routes(
    feature: Annotated[str, typer.Argument(help="A label, or a Stack's name; all of them where it is left out.")] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="As JSON: `routes`, in the order in which they are tried.")
    ] = False,
    as_mermaid: Annotated[bool, typer.Option("--mermaid", help="As a Mermaid flowchart.")] = False,
) -> None:
    """Show who answers which host: without a header, with it, and on preview hosts. Reads the cluster, changes nothing.

    Exit codes: 0, 1 where the cluster does not answer, 3 where there is no such feature.
    """
    from rich.console import Console

    from workers.faults import Fault

    settings = settled()
    try:
        found = standing(settings)
    except Fault as fault:
        Console(stderr=True, highlight=False).print(str(fault), style="red", markup=False)
        raise typer.Exit(FAILED) from fault
    shown = of_feature(found, feature) if feature else found
    if as_json:
        typer.echo(json.dumps({"routes": [asdict(each) | {"side": each.side} for each in shown]}))
    elif as_mermaid:
        from workers.report import picture

        typer.echo(picture.mermaid(picture.of_routes(shown)))
    else:
        table(shown, settings.context_header)
    if feature and not shown:
        typer.echo(f"No routes of a feature {feature!r}.", err=True)
        raise typer.Exit(NONE)


def settled() -> "Settings":
    """The settings from the environment; where nothing names a cluster, that of the playground that is up."""
    from config.settings import Settings

    if not any(os.environ.get(name) for name in ("DEVSTACK_KUBECONFIG", "KUBECONFIG", "KUBERNETES_SERVICE_HOST")):
        import playground

        found = playground.status().playground
        if found is not None:
            os.environ["DEVSTACK_KUBECONFIG"] = str(found.kubeconfig)
    return Settings()


def standing(settings: "Settings") -> "list[Row]":
    """All routes, as the cluster has them now."""
    from model.routing import routing_table
    from workers.pipeline import seen
    from workers.world import World

    found = seen.look(World(settings))
    return routing_table.rows(found.routes, found.features)


def of_feature(found: "Sequence[Row]", feature: str) -> "list[Row]":
    """A feature's own rows, and those of the base on the same hosts; none where the feature has none."""
    own = [each for each in found if each.when != "plain" and feature in (each.label, each.stack)]
    hosts = {each.host for each in own}
    return [each for each in found if each in own or (each.when == "plain" and each.host in hosts)]


def table(found: "Sequence[Row]", header: str) -> None:
    """The hosts, and under each its routes as they are tried."""
    from itertools import groupby

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=PIPE_WIDTH)
    for host, rows in groupby(found, lambda row: row.host):
        console.print(Text(host or "any host", "bold"))
        shown = Table(box=None, padding=(0, 2, 0, 2), show_header=False)
        for row in rows:
            when = {"plain": "otherwise", "header": f"{header}: {row.label}", "preview": f"preview of {row.label}"}
            who = Text(row.label, "bold green") if row.own else Text("base", "dim")
            shown.add_row(Text(when[row.when]), Text(row.rest), who, Text("\n".join(row.targets)))
        console.print(shown)
    if not found:
        console.print("No routes.")
