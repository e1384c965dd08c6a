"""`devstack version`."""

import json
from importlib import metadata
from typing import Annotated

import typer


def version(as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """Say which version this is."""
    number = metadata.version("devstack")
    typer.echo(json.dumps({"name": "devstack", "version": number}) if as_json else f"devstack {number}")
