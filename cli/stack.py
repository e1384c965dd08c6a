"""`devstack up|down|status`: the bot's own pipelines for a folder on a laptop, without GitHub."""

import json
import os
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from config.settings import Settings
    from model.stack import Stack
    from workers.local import LocalForge, LocalWorld

Folder = Annotated[Path, typer.Argument(help="A folder with a git repository; what is committed counts.")]
AsJson = Annotated[bool, typer.Option("--json", help="The Stack as JSON.")]
BaseBranch = Annotated[str, typer.Option("--base", help="The branch that the change is compared with.")]
FAILED, NO_STACK = 1, 3
HOURS = 6


def up(
    folder: Folder = Path(),
    base: BaseBranch = "main",
    label: Annotated[str, typer.Option(help="The feature's label; the folder's name where it is left out.")] = "",
    service: Annotated[list[str] | None, typer.Option(help="Deploy this service whether it was touched or not.")] = None,
    as_json: AsJson = False,
) -> None:
    """Bring this folder's stack up: build, deploy, verify, as the bot does for a pull request.

    Exit codes: 0 when it is live, 1 when it failed.
    """
    from model import names
    from model.stack import Desired, Spec
    from workers import converge

    world, forge, name = opened(folder, base, quiet=as_json)
    pull = forge.pull(forge.repository, 1)
    if pull is None:
        raise typer.Exit(FAILED)
    chosen = names.checked_label(label or names.dns_label(forge.folder.name, names.LABEL_MAX))
    wanted = Spec(
        repository=forge.repository,
        number=1,
        sha=pull.head_sha,
        label=chosen,
        desired=Desired.UP,
        reason="command line",
        services=tuple(service or ()),
        expires_at=datetime.now(UTC) + timedelta(hours=HOURS),
        requested_by="you",
    )
    stack = world.stacks.get(name) or world.stacks.create(name, wanted)
    world.stacks.update_spec(name, lambda spec: replace(wanted, attempt=(spec or stack.spec).attempt + 1))
    converge.converge(world, name)
    after = world.stacks.get(name)
    show(after, as_json=as_json)
    if after is None or after.status.phase.value != "Ready":
        raise typer.Exit(FAILED)


def down(folder: Folder = Path(), base: BaseBranch = "main", as_json: AsJson = False) -> None:
    """Take this folder's stack down and prove that nothing is left. Exit codes: 0 when it is gone, 1 when not."""
    from workers import converge

    world, _, name = opened(folder, base, quiet=as_json)
    world.stacks.request_delete(name)
    converge.converge(world, name)
    after = world.stacks.get(name)
    if as_json:
        typer.echo(json.dumps({"gone": after is None}))
    if after is not None:
        raise typer.Exit(FAILED)


def status(folder: Folder = Path(), base: BaseBranch = "main", as_json: AsJson = False) -> None:
    """Say how this folder's stack stands. Exit codes: 0, or 3 where there is none."""
    world, _, name = opened(folder, base, quiet=True)
    stack = world.stacks.get(name)
    show(stack, as_json=as_json)
    if stack is None:
        raise typer.Exit(NO_STACK)


def opened(folder: Path, base: str, *, quiet: bool) -> "tuple[LocalWorld, LocalForge, str]":
    """The world of a folder. Says what is missing where the settings name no cluster or no registry."""
    from rich.console import Console
    from rich.markdown import Markdown

    from config import logging
    from workers.faults import Fault
    from workers.local import LocalForge, LocalWorld, git, local_settings, stack_name

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    said: list[str] = []

    def tell(body: str, final: bool) -> None:
        headline = body.splitlines()[1].lstrip("# ").replace("`", "")
        if final and not quiet:
            console.print(Markdown(body.partition("\n")[2]))
        elif not quiet and said[-1:] != [headline]:
            said.append(headline)
            console.print(f"[dim]{headline}[/]")

    try:
        top = Path(git(folder.resolve(), "rev-parse", "--show-toplevel"))
        forge = LocalForge(top, base, tell)
        settings = local_settings(settled())
        logging.configure(settings.model_copy(update={"log_level": "ERROR", "log_format": "console"}))
        world = LocalWorld(settings, forge)
    except Fault as fault:
        console.print(f"[red]✗[/] {fault}")
        raise typer.Exit(FAILED) from fault
    return world, forge, stack_name(forge)


def settled() -> "Settings":
    """The settings from the environment; where they name no registry, those of the playground that is up."""
    from config.settings import Settings

    if os.environ.get("DEVSTACK_REGISTRY"):
        return Settings()
    import playground
    from playground.demo.stage import bot_settings
    from playground.places import places

    found = playground.status().playground
    if found is None:
        typer.echo(
            "No cluster to work with: run `devstack playground up`, or set DEVSTACK_KUBECONFIG and DEVSTACK_REGISTRY.",
            err=True,
        )
        raise typer.Exit(FAILED)
    for name, value in bot_settings(found, places().state / "local").items():
        os.environ.setdefault(name, value)
    return Settings()


def show(stack: "Stack | None", *, as_json: bool) -> None:
    """The Stack, as JSON or in one line."""
    if as_json:
        typer.echo(json.dumps(asdict(stack) if stack else None, default=str))
    elif stack is None:
        typer.echo("There is no stack of this folder. `devstack up` makes one.")
    else:
        urls = " ".join(stack.status.urls)
        typer.echo(f"{stack.status.phase.value}  {stack.spec.label}  {stack.spec.sha[:7]}  {urls}")
