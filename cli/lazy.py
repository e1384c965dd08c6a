"""A command group that imports a command when it is run, and knows of the others only what its table says."""

import importlib
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command is found: a module, and in it a function or a `typer.Typer`. `summary` is its line in the help."""

    module: str
    attribute: str
    summary: str


class LazyGroup(TyperGroup):
    """Shows the table's lines in its help; subclasses fill `table`."""

    table: dict[str, Entry] = {}  # noqa: RUF012 - a ClassVar by use; typer makes the instance

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]  # typer's own context is not public
        """The commands in the table's order, then those that are registered on the app itself."""
        return [*self.table, *(name for name in super().list_commands(ctx) if name not in self.table)]

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]  # as above
        """A stand-in while help is written; `resolve_command` has the real one."""
        entry = self.table.get(cmd_name)
        return super().get_command(ctx, cmd_name) if entry is None else TyperCommand(cmd_name, help=entry.summary)

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> Any:  # type: ignore[override]  # as above
        """The command that was asked for, imported now."""
        entry = self.table.get(args[0]) if args else None
        if entry is None:
            for name in self.table:  # known to "did you mean"
                self.commands.setdefault(name, TyperCommand(name))
            return super().resolve_command(ctx, args)
        return args[0], loaded(args[0], entry), args[1:]


def loaded(name: str, entry: Entry) -> Any:
    """The command of an entry; ImportError or AttributeError where the table is wrong."""
    found = getattr(importlib.import_module(entry.module), entry.attribute)
    if isinstance(found, typer.Typer):
        group = typer.main.get_command(found)
        group.name = name
        return group
    single = typer.Typer(add_completion=False)
    single.command(name)(found)
    return typer.main.get_command(single)
