"""`devstack validate`: the same checks that the bot makes, before a push. Exit codes: 0 good, 1 problems, 2 no file."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from config import files, helmfile_check, helmfile_files
from config.problems import ConfigError, Problem
from config.project import CONFIG_FILE, Project, located, parse

PROBLEMS, NO_FILE = 1, 2


def validate(
    path: Annotated[Path, typer.Argument(help=f"A repository's folder, or its {CONFIG_FILE}.")] = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="As JSON: `ok`, `file`, `problems`, `project`.")] = False,
) -> None:
    """Check a .devstack.yaml, the files it names, and its helmfile.

    Exit codes: 0 when all is well, 1 when there are problems, 2 when there is no such file.
    """
    file = path / CONFIG_FILE if path.is_dir() else path
    try:
        text = file.read_bytes()
    except OSError as error:
        _no_file(file, error, as_json=as_json)
        raise typer.Exit(NO_FILE) from error
    project, problems = inspected(file.parent, text)
    if as_json:
        found = project.model_dump(mode="json") if project else None
        said = {"ok": not problems, "file": str(file), "problems": [asdict(each) for each in problems], "project": found}
        typer.echo(json.dumps(said, ensure_ascii=False))
    else:
        _show(file, text, project, problems)
    if problems:
        raise typer.Exit(PROBLEMS)


def inspected(root: Path, text: bytes) -> tuple[Project | None, list[Problem]]:
    """The project (None where the text is none) and all problems with it, its files and its helmfile."""
    try:
        project = parse(text)
    except ConfigError as error:
        return None, list(error.problems)
    problems = files.check(root, project)
    if project.helmfile is not None:
        problems += helmfile_check.check(root, project.helmfile, skipped=helmfile_files.RARELY_COMMITTED)
    return project, located(problems, text)


def _no_file(file: Path, error: OSError, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"ok": False, "file": str(file), "error": error.strerror, "problems": [], "project": None}))
        return
    from cli import display

    display.no_file(file, error)


def _show(file: Path, text: bytes, project: Project | None, problems: list[Problem]) -> None:
    from cli import display

    if problems:
        display.problems(file.parent, {CONFIG_FILE: text.decode("utf-8", "replace")}, problems)
    elif project is not None:
        display.summary(file, project)
