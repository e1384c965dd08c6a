"""The files that a helmfile can reach: all that lie in its folder, whatever they are called and wherever they lie."""

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from config import helmfile_rules
from config.files import confined
from config.problems import Problem

SUFFIXES = (".yaml", ".yml", ".gotmpl", ".tpl", ".json", ".env")
SIZE_MOST = 1 << 20  # bytes of one file
FILES_MOST = 20_000
RARELY_COMMITTED = frozenset({"node_modules", ".venv", ".tox", ".terraform"})  # of a working tree, not of a commit


def texts(top: Path, folder: Path, skipped: Collection[str] = ()) -> tuple[dict[str, str], list[Problem]]:
    """The texts that helmfile may well read, by path from `top`, and the problems with all other files of the folder.

    Folders named in `skipped` are left out, which only those may ask for who run nothing afterwards.
    """
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for count, path in enumerate(_walk(folder, skipped)):
        name = path.relative_to(top).as_posix()
        if count == FILES_MOST:
            many = f"more than {FILES_MOST} files lie beneath the helmfile, they are not looked through"
            return found, [Problem(0, 0, "", many, "give it a folder of its own", name)]
        if path.is_symlink() and isinstance(problem := _linked(top, name), Problem):
            problems.append(problem)
        elif path.is_dir() or not path.is_file():
            continue
        elif name.endswith(SUFFIXES):
            text = readable(top, name)
            if isinstance(text, Problem):
                problems.append(text)
            else:
                found[name] = text
        elif path.stat().st_size <= SIZE_MOST:
            problems += helmfile_rules.literal_references(name, path.read_bytes())
    return found, problems


def readable(top: Path, name: str) -> str | Problem:
    """A file's text; a Problem where it lies elsewhere or is too large to be looked through."""
    inside = confined(top, name, kind="file")
    if isinstance(inside, Problem):
        return Problem(0, 0, "", inside.message, inside.suggestion, name)
    if inside.stat().st_size > SIZE_MOST:
        return Problem(0, 0, "", f"the file is larger than {SIZE_MOST >> 20} MiB", "", name)
    return inside.read_text(encoding="utf-8", errors="replace")


def matching(top: Path, pattern: str) -> list[str]:
    """What helmfile finds under a path from `top` that may have `*` and `?` in it, as paths from `top`."""
    exact = [pattern] if os.path.lexists(top / pattern) else []
    found = top.glob(pattern.replace("**", "*"))  # helmfile's `**` crosses no folder
    return sorted({*exact, *(path.relative_to(top).as_posix() for path in found)})


def linked_out(top: Path, folder: Path) -> list[Problem]:
    """Links in a folder that lead out of the repository; helm follows them."""
    names = (path.relative_to(top).as_posix() for path in _walk(folder, ()) if path.is_symlink())
    return [problem for name in names if isinstance(problem := _linked(top, name), Problem)]


def _linked(top: Path, name: str) -> Problem | None:
    target = (top / name).resolve()
    found = confined(top, name, kind="folder" if target.is_dir() else "file")
    return Problem(0, 0, "", found.message, found.suggestion, name) if isinstance(found, Problem) else None


def _walk(folder: Path, skipped: Collection[str]) -> Iterator[Path]:
    """Everything in a folder but git's own; links are told, not followed."""
    for place, folders, files in os.walk(folder):
        linked = [name for name in folders if Path(place, name).is_symlink()]
        folders[:] = sorted(name for name in folders if name not in linked and name != ".git" and name not in skipped)
        for name in sorted([*linked, *files]):
            yield Path(place, name)
