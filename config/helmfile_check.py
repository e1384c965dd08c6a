"""A pull request's helmfile, looked through before helmfile reads it: what cannot work, and what may not run."""

import re
from collections.abc import Iterator
from pathlib import Path

from config.problems import Problem

READ_MOST = 1 << 20  # bytes of one file
SUFFIXES = (".yaml", ".yml", ".gotmpl", ".tpl")
_TEMPLATE = re.compile(r"\{\{")
_TOP_KEY = re.compile(r"^(environments|releases|helmfiles|repositories|hooks)\s*:", re.MULTILINE)
_HOOKS = re.compile(r"^(?P<indent>[ \t-]*)hooks\s*:", re.MULTILINE)
_RUNS = re.compile(r"\{\{[^}]*\b(exec|readFile|readDir|readDirEntries|fetchSecretValue|expandSecretRefs)\b")


def check(root: Path, helmfile: str) -> list[Problem]:
    """Everything that keeps a repository's helmfile from being used. `root` is the checkout."""
    path = root / helmfile
    if path.is_symlink() or not path.resolve().is_relative_to(root.resolve()) or not path.is_file():
        return [Problem(f"there is no file `{helmfile}` in the repository", "helmfile")]
    text = path.read_text(errors="replace")
    return [*_for_version_1(helmfile, text), *_forbidden(root, path)]


def _for_version_1(name: str, text: str) -> Iterator[Problem]:
    """The two changes that helmfile 1 demands of a helmfile written for version 0."""
    template = _TEMPLATE.search(text)
    if template and not name.endswith(".gotmpl"):
        message = "helmfile 1 reads templates only in files that end in `.gotmpl`"
        yield Problem(
            message,
            "",
            _line(text, template.start()),
            0,
            f"rename it to `{name}.gotmpl` and name that in .devstack.yaml",
            name,
        )
    parts = re.split(r"^---\s*$", text, flags=re.MULTILINE)
    for part in parts:
        keys = {match.group(1) for match in _TOP_KEY.finditer(part)}
        if "environments" in keys and "releases" in keys:
            releases = re.search(r"^releases\s*:", text, re.MULTILINE)
            message = "helmfile 1 wants environments and releases in two parts"
            yield Problem(
                message,
                "",
                _line(text, releases.start() if releases else 0),
                0,
                "put a line `---` before `releases:`",
                name,
            )


def _forbidden(root: Path, helmfile: Path) -> Iterator[Problem]:
    """What would run commands or fetch secrets on the worker, in any file that the helmfile may pull in."""
    for path in sorted(helmfile.parent.rglob("*")):
        relative = str(path.relative_to(root))
        if ".git/" in relative or path.suffix not in SUFFIXES or not path.is_file():
            continue
        if not path.resolve().is_relative_to(root.resolve()):
            yield Problem("leads out of the repository", "", 0, 0, "", relative)
            continue
        text = path.read_bytes()[:READ_MOST].decode(errors="replace")
        if "ref+" in text:
            yield Problem(
                "`ref+…` is not resolved here", "", _line(text, text.index("ref+")), 0, "give the value itself", relative
            )
        if "templates/" in relative:
            continue  # helm's own templates: they run in helm, which has none of these
        runs = _RUNS.search(text)
        if runs:
            yield Problem(
                f"`{runs.group(1)}` is not allowed in a pull request's helmfile",
                "",
                _line(text, runs.start()),
                0,
                "",
                relative,
            )
        if "helmfile" in path.name and (hooks := _HOOKS.search(text)):
            message = "helmfile's own `hooks:` would run commands on the worker"
            yield Problem(
                message, "", _line(text, hooks.start()), 0, "use helm hooks, which run in the cluster", relative
            )


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
