"""The files that a config names: in the repository, for good, whatever symbolic links say."""

from pathlib import Path
from typing import Literal

from config.problems import CONFIG_FILE, Problem
from config.shapes import Project

Kind = Literal["folder", "file"]


def confined(root: Path, relative: str, *, kind: Kind, path: str = "", source: str = CONFIG_FILE) -> Path | Problem:
    """The real place of a path inside `root`; a Problem where it leads out of it, or is not there, or of another kind.

    `path` is where the config names it. Symbolic links are followed and must stay inside.
    """
    top = root.resolve()
    try:
        real = (top / relative).resolve()
        exists = real.exists()
    except (OSError, RuntimeError, ValueError):  # a circle of links, a name that is too long, a zero byte
        return Problem(0, 0, path, f"`{relative}` cannot be followed", "", source)
    if Path(relative).is_absolute() or not real.is_relative_to(top) or ".." in Path(relative).parts:
        return Problem(0, 0, path, f"`{relative}` leads out of the repository", "", source)
    if real.is_relative_to(top / ".git"):
        return Problem(0, 0, path, f"`{relative}` leads into git's own folder", "", source)
    if not exists:
        return Problem(0, 0, path, f"there is no {kind} `{relative}`", _nearby(top, relative, kind), source)
    if (kind == "folder") is not real.is_dir() or (kind == "file" and not real.is_file()):
        return Problem(0, 0, path, f"`{relative}` is not a {kind}", "", source)
    return real


def check(root: Path, project: Project) -> list[Problem]:
    """Problems with the folders and files that a project names. Their lines: `config.project.located`."""
    problems: list[Problem] = []
    for name, service in project.services.items():
        at = f"services.{name}.build"
        context = confined(root, service.build.context, kind="folder", path=f"{at}.context")
        dockerfile = confined(root, service.build.dockerfile, kind="file", path=f"{at}.dockerfile")
        problems += [
            _with_context(root, found, service.build.context, service.build.dockerfile)
            for found in (context, dockerfile)
            if isinstance(found, Problem)
        ]
    return problems


def _with_context(root: Path, problem: Problem, context: str, dockerfile: str) -> Problem:
    """The usual mistake: a Dockerfile that is written from its context instead of from the root."""
    beside = f"{context}/{dockerfile}"
    if not problem.path.endswith(".dockerfile") or not (root / beside).is_file():
        return problem
    return Problem(0, 0, problem.path, problem.message, f"paths start at the repository's root: `{beside}`")


def _nearby(top: Path, relative: str, kind: Kind) -> str:
    """A sibling whose name differs in case alone, or a Dockerfile in that folder."""
    wanted = top / relative
    try:
        siblings = list(wanted.parent.iterdir()) if wanted.parent.resolve().is_relative_to(top) else []
    except OSError:
        return ""
    for sibling in siblings:
        if sibling.name.lower() == wanted.name.lower() and sibling.is_dir() is (kind == "folder"):
            return f"did you mean `{(Path(relative).parent / sibling.name).as_posix()}`?"
    return ""
