"""Whether a repository's helmfile can be run here: readable by helmfile 1, and running nothing on the bot's machine.

helmfile has switches against hooks and template functions that run commands; they fail late and in words that say
little, so all is looked for beforehand. For `ref+…`, which can read files and run programs, it has no switch at all.
These checks read text: they find what is written, not what a template could put together at run time. What stands
against that is that only commits of people with write access, or approved ones, come this far.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from config import helmfile_rules
from config.files import confined
from config.problems import Problem

SUFFIXES = (".yaml", ".yml", ".gotmpl", ".tpl", ".json", ".env")
SIZE_MOST = 1 << 20  # bytes of one file
FILES_MOST = 5000
_CHART_PARTS = {"templates", "charts", "crds"}  # read by helm alone, which runs nothing
_OTHERS = {".git", "node_modules", ".venv"}


def check(root: Path, helmfile: str) -> list[Problem]:
    """Problems with the helmfile at `helmfile` (from the repository's `root`) and with all that it can pull in."""
    found = confined(root, helmfile, kind="file", path="helmfile")
    if isinstance(found, Problem):
        return [found]
    top = root.resolve()
    main = found.relative_to(top).as_posix()
    files: dict[str, str] = {}
    problems: list[Problem] = []
    for path in _candidates(found.parent):
        name = path.relative_to(top).as_posix()
        inside = confined(root, name, kind="file")
        if isinstance(inside, Problem):
            problems.append(Problem(0, 0, "", inside.message, inside.suggestion, name))
        elif len(files) == FILES_MOST:
            many = f"more than {FILES_MOST} files lie beneath the helmfile, they are not looked through"
            return [Problem(0, 0, "", many, "give it a folder of its own", main)]
        elif inside.stat().st_size > SIZE_MOST:
            problems.append(Problem(0, 0, "", f"the file is larger than {SIZE_MOST >> 20} MiB", "", name))
        else:
            files[name] = inside.read_text(encoding="utf-8", errors="replace")
    return [*problems, *problems_in(files, main)]


def _candidates(folder: Path) -> Iterator[Path]:
    """Files that helmfile could read as its own, as values or as a template."""
    for place, folders, files in os.walk(folder):
        is_chart = "Chart.yaml" in files
        folders[:] = sorted(name for name in folders if name not in (_CHART_PARTS | _OTHERS if is_chart else _OTHERS))
        for name in sorted(files):
            if name.endswith(SUFFIXES):
                yield Path(place) / name


def problems_in(files: Mapping[str, str], helmfile: str) -> list[Problem]:
    """Problems in the texts of `files` (by path from the repository's root), of which `helmfile` is the first read."""
    folder = PurePosixPath(helmfile).parent
    found: list[Problem] = []
    for name, text in files.items():
        rules = [helmfile_rules.references]
        if name.endswith((".gotmpl", ".tpl")):
            rules.append(helmfile_rules.functions)
        if name == helmfile or helmfile_rules.is_state(text):
            rules += [helmfile_rules.commands, helmfile_rules.parts]
            found += helmfile_rules.outside(name, text, folder)
            if not name.endswith(".gotmpl"):
                rules.append(helmfile_rules.templating)
        for rule in rules:
            found += rule(name, text)
    return sorted(dict.fromkeys(found), key=lambda problem: (problem.source != helmfile, problem.source, problem.line))
