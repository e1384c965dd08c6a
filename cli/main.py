"""`devstack`: the command line. Each command lives in a module of its own, which is imported when it is run."""

from typing import Annotated

import typer

from cli.lazy import Entry, LazyGroup

COMMANDS = {
    "validate": Entry("cli.validate", "validate", "Check a .devstack.yaml, the files it names, and its helmfile."),
    "up": Entry("cli.stack", "up", "Bring this folder's stack up, without GitHub."),
    "down": Entry("cli.stack", "down", "Take this folder's stack down."),
    "status": Entry("cli.stack", "status", "Say how this folder's stack stands."),
    "doctor": Entry("cli.doctor", "doctor", "Check all that the bot needs, and say what to change."),
    "routes": Entry("cli.routes", "routes", "Show who answers which host: feature or base."),
    "playground": Entry("cli.playground", "app", "A real cluster to try the bot on: up, down, status."),
    "version": Entry("cli.version", "version", "Say which version this is."),
}


class Devstack(LazyGroup):
    """The commands of this program."""

    table = COMMANDS


app = typer.Typer(
    cls=Devstack,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="A pull request becomes a live feature stack, and is gone when it closes.",
)


def _say_version(asked: bool) -> None:
    if asked:
        from cli.version import version

        version()
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", help="Say which version this is.", callback=_say_version, is_eager=True)
    ] = False,
) -> None:
    """A pull request becomes a live feature stack, and is gone when it closes."""


if __name__ == "__main__":
    app()
