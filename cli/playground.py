"""`devstack playground up | down | status`: a real cluster to try the bot on."""

import json
from enum import StrEnum
from typing import Annotated, Literal

import typer
from rich.console import Console

app = typer.Typer(no_args_is_help=True, help="A real cluster with Traefik, a registry and Redis, to try the bot on.")
DOWN = 3  # as systemctl's status says it
SIDES: tuple[Literal["cluster", "loopback"], ...] = ("cluster", "loopback")


class Cluster(StrEnum):
    """The kinds of cluster."""

    auto = "auto"
    current = "current"
    kind = "kind"
    embedded = "embedded"


class Installable(StrEnum):
    """What may be put into the kubeconfig's cluster."""

    traefik = "traefik"
    registry = "registry"


Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON; progress goes to standard error.")]


@app.command()
def up(
    cluster: Annotated[
        Cluster,
        typer.Option(
            help="embedded: Kubernetes as processes of this host (Linux, root; compiled on first use). "
            "kind: Kubernetes in Docker, by kind (Linux; written but never tried). "
            "current: the kubeconfig's cluster; it needs Traefik v3's resources, DEVSTACK_REGISTRY and "
            "DEVSTACK_PREVIEW_BASE_URL, or --install. auto: kind where docker and kind answer, else embedded; "
            "never current."
        ),
    ] = Cluster.auto,
    zone: Annotated[
        list[str] | None,
        typer.Option(help="A name that, with all names under it, leads to Traefik inside the cluster. May be repeated."),
    ] = None,
    install: Annotated[
        list[Installable] | None, typer.Option(help="Put this into the kubeconfig's cluster. May be repeated.")
    ] = None,
    backends: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            metavar="NAMES",
            help="Servers in the cluster that features may need, by commas: localstack, moto, postgres, mariadb, redis, "
            "rabbitmq, kafka; or all. Their images are made on first use.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Bring the playground up; heal it after a crash; do nothing where it is up."""
    from playground import PlaygroundError, start
    from playground.backends import NAMES, ensure
    from playground.backends.table import chosen
    from playground.lifecycle import ZONES

    names = [name.strip() for given in backends or () for name in given.split(",")]
    try:
        chosen(names := list(NAMES) if "all" in names else names)  # before anything is started
        found = start(cluster.value, zones=tuple(zone or ZONES), install=tuple(part.value for part in install or ()))
        servers = ensure(found, names) if names else None
    except PlaygroundError as error:
        raise _failed(error) from error
    if as_json:
        told = {"backends": {side: servers.environment(side) for side in SIDES}} if servers else {}
        typer.echo(json.dumps(found.as_json() | told, indent=2))
        return
    console = Console(highlight=False)
    console.print(f"[bold green]The playground is up[/] ({found.cluster}).")
    console.print(f"  export KUBECONFIG={found.kubeconfig}\n  export PATH={found.tools}:$PATH")
    console.print(f"  registry {found.registry}   traefik {found.traefik_url}   zones {', '.join(found.zones)}")
    console.print(f"  state and logs in {found.state}")
    if servers:
        console.print(f"  {', '.join(servers.names)}: what hooks are told, seen from this host")
        for name, value in servers.environment("loopback").items():
            console.print(f"    export {name}={value}", markup=False, soft_wrap=True)


@app.command()
def down(as_json: Json = False) -> None:
    """End what `up` started and remove it; only the cache stays."""
    from playground import PlaygroundError, stop

    try:
        was_up = stop()
    except PlaygroundError as error:
        raise _failed(error) from error
    if as_json:
        typer.echo(json.dumps({"was_up": was_up}))
    else:
        typer.echo("The playground is down." if was_up else "No playground was up.")


@app.command()
def status(as_json: Json = False) -> None:
    """Show what runs. Exit code 0: all of it; 3: not all, or nothing."""
    from playground import status as look

    found = look()
    if as_json:
        playground = found.playground.as_json() if found.playground else None
        typer.echo(json.dumps({"up": found.up, "parts": found.parts, "playground": playground}, indent=2))
    elif not found.parts:
        typer.echo("No playground is up; `devstack playground up` starts one.")
    else:
        for name, state in found.parts.items():
            typer.echo(f"{name:28} {state}")
    if not found.up:
        raise typer.Exit(DOWN)


def _failed(error: Exception) -> typer.Exit:
    Console(stderr=True, highlight=False).print(str(error), style="red", markup=False)
    return typer.Exit(1)
