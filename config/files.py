"""The files that a config names: in the repository, for good, whatever symbolic links say."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from config.problems import CONFIG_FILE, Problem
from config.shapes import Project, Service

Kind = Literal["folder", "file"]
PACKED_MOST = 300 * 1024  # bytes; helm carries them in a ConfigMap and in the record of the release


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
        problems += _of_resources(root, name, service)
    return problems


def of_resources(service: Service) -> list[tuple[int, str]]:
    """The repository's files that a service's resources name (dumps, seeds), each with the resource's index."""
    return [(index, file) for index, spec in enumerate(service.resources) for file in _named(spec.model_dump())]


def packed(real: Path) -> bytes:
    """A file as it travels to the hook."""
    return gzip.compress(real.read_bytes(), mtime=0)


def _named(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "file" and isinstance(inner, str):
                yield inner
            else:
                yield from _named(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _named(inner)


def _of_resources(root: Path, name: str, service: Service) -> Iterator[Problem]:
    size = 0
    for index, file in of_resources(service):
        path = f"services.{name}.resources[{index}]"
        found = confined(root, file, kind="file", path=path)
        if isinstance(found, Problem):
            yield found
            continue
        size += len(packed(found))
        if size > PACKED_MOST:
            yield Problem(
                0, 0, path, f"`{file}` is too big to travel to the cluster: {size // 1024} KiB compressed, with the others",
                f"at most {PACKED_MOST // 1024} KiB in all; put it into a bucket and write `s3: s3://…`",
            )  # fmt: skip
            return


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
