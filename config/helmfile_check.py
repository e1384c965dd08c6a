"""Whether a repository's helmfile can be run here: readable by helmfile 1, and running nothing on the bot's machine.

helmfile has switches against hooks and template functions that run commands; they fail late and in words that say
little, so all is looked for beforehand. For `ref+…`, which can read files and run programs, it has no switch at all.
`check` reads what is written; `check_built` reads what helmfile makes of it, which no template can hide from. What is
left are values files that are templates: the worker has those filled in once in a jail (`workers/tools/jail.py`).
"""

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath

import yaml

from config import helmfile_files, helmfile_rules, helmfile_state
from config.files import confined
from config.helmfile_state import UNKNOWN, Finding
from config.problems import Problem

_PART = re.compile(r"^---\n# +Source: (.+)\n", re.MULTILINE)
_REFERENCE = re.compile(r"ref\+")


def check(root: Path, helmfile: str, *, skipped: Collection[str] = ()) -> list[Problem]:
    """Problems with the helmfile at `helmfile` (from the repository's `root`) and with all that it can pull in.

    `skipped` are folders that are not looked through: for a person's working tree, never for what is run.
    """
    return looked_through(root, helmfile, skipped)[0]


def looked_through(root: Path, helmfile: str, skipped: Collection[str] = ()) -> tuple[list[Problem], list[str]]:
    """The problems, and the folders of charts that the helmfile takes from outside of its own folder."""
    found = confined(root, helmfile, kind="file", path="helmfile")
    if isinstance(found, Problem):
        return [found], []
    top = root.resolve()
    main = found.relative_to(top).as_posix()
    texts, problems = helmfile_files.texts(top, found.parent, skipped)
    charts = charts_elsewhere(main, texts)
    for folder in charts:
        problems += helmfile_files.linked_out(top, top / folder)
    return [*problems, *problems_in(texts, main)], charts


def problems_in(files: Mapping[str, str], helmfile: str) -> list[Problem]:
    """Problems in the texts of `files` (by path from the repository's root), of which `helmfile` is the first read."""
    folder = PurePosixPath(helmfile).parent
    found: list[Problem] = []
    for name, text in files.items():
        found += helmfile_rules.references(name, text)
        is_state = name == helmfile or helmfile_rules.is_state(text)
        if is_state or name.endswith((".gotmpl", ".tpl")):
            found += [] if _of_a_chart(name, files) else helmfile_rules.functions(name, text)
        if is_state:
            found += helmfile_rules.state(name, text, folder)
            found += helmfile_rules.parts(name, text)
            if not name.endswith(".gotmpl"):
                found += helmfile_rules.templating(name, text)
    return sorted(dict.fromkeys(found), key=lambda problem: (problem.source != helmfile, problem.source, problem.line))


def charts_elsewhere(helmfile: str, texts: Mapping[str, str]) -> list[str]:
    """Folders of charts that a helmfile takes from the repository, but not from its own folder."""
    folder = PurePosixPath(helmfile).parent
    found: set[str] = set()
    for name, text in texts.items():
        if name != helmfile and not helmfile_rules.is_state(text):
            continue
        try:
            charts = [each.text for each in helmfile_state.findings(helmfile_state.blanked(text)) if each.kind == "chart"]
        except (yaml.YAMLError, RecursionError):
            continue
        for chart in charts:
            landed = posixpath.normpath(posixpath.join(posixpath.dirname(name), chart))
            if chart.startswith(".") and UNKNOWN not in chart and not landed.startswith(".."):
                found |= set() if PurePosixPath(landed).is_relative_to(folder) else {landed}
    return sorted(found)


def check_built(root: Path, helmfile: str, built: str) -> list[Problem]:
    """Problems with what `helmfile build` made of the helmfile, and with every file that it names.

    The same rules as for what was written, but with nothing unknown left; each file that is named is looked through,
    whatever it is called.
    """
    top = root.resolve()
    folder = PurePosixPath(helmfile).parent
    starts = list(_PART.finditer(built))
    ends = [start.start() for start in starts[1:]] + [len(built)]
    if not starts or starts[0].start() != 0:
        return [Problem(0, 0, "", "what helmfile makes of this file cannot be read", "", helmfile)]
    problems: list[Problem] = []
    for start, end in zip(starts, ends, strict=True):
        path = Path(start[1])
        if not path.is_relative_to(top):
            problems.append(Problem(0, 0, "", f"`{path}` is a helmfile from elsewhere, which is refused", "", helmfile))
            continue
        problems += _in_part(top, path.relative_to(top).as_posix(), built[start.end() : end], folder)
    return list(dict.fromkeys(problems))


def names_templates(built: str) -> bool:
    """Whether a good rendering names files that helmfile fills in only when it needs them."""
    found = helmfile_state.findings(_PART.sub("---\n", built))
    return any(each.kind == "file" and (each.text.endswith(".gotmpl") or set(each.text) & set("*?")) for each in found)


def _in_part(top: Path, name: str, text: str, folder: PurePosixPath) -> Iterator[Problem]:
    try:
        found = helmfile_state.findings(text)
        held = [each for each, _ in helmfile_state.scalars(text) if _REFERENCE.search(each)]
    except (yaml.YAMLError, RecursionError) as error:
        yield Problem(0, 0, "", f"what helmfile makes of this file cannot be read: {error}"[:300], "", name)
        return
    if held:
        yield Problem(0, 0, "", f"a `ref+…` reference is refused: `{held[0][:80]}`", "", name)
    for each in found:
        refused = list(helmfile_rules.problem_with(name, each, folder))
        yield from (Problem(0, 0, each.path, one.message, one.suggestion, name) for one in refused)
        if not refused:
            yield from _reached(top, name, each)


def _reached(top: Path, name: str, found: Finding) -> Iterator[Problem]:
    """What a path that is fine as such leads to. helmfile takes some paths from its state's folder, some from its own."""
    beside = posixpath.normpath(posixpath.join(posixpath.dirname(name), found.text))
    if found.kind == "chart":
        if (top / beside).is_dir() and not found.text.startswith(("http://", "https://", "oci://")):
            inside = confined(top, beside, kind="folder", path=found.path, source=name)
            yield from [inside] if isinstance(inside, Problem) else helmfile_files.linked_out(top, inside)
        return
    for path in {beside, posixpath.normpath(found.text)}:
        for match in helmfile_files.matching(top, path):
            text = helmfile_files.readable(top, match)
            if isinstance(text, Problem):
                yield text
                continue
            yield from helmfile_rules.references(match, text)
            if match.endswith(".gotmpl"):
                yield from helmfile_rules.functions(match, text)


def _of_a_chart(name: str, files: Mapping[str, str]) -> bool:
    """Whether a file is a template of a chart, which helm renders, not helmfile."""
    parents = PurePosixPath(name).parents
    return any(
        parent.name in ("templates", "charts") and f"{parent.parent}/Chart.yaml".removeprefix("./") in files
        for parent in parents
    )
