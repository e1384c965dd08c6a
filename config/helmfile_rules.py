"""The rules for a helmfile's texts, one function a rule: name and text in, problems with their lines out."""

import posixpath
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from config.problems import Problem

_STATE_KEY = re.compile(r"^(releases|helmfiles|bases|environments|helmDefaults):", re.MULTILINE)
_ACTION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_COMMENT = re.compile(r"^\s*#")
_LATE = re.compile(r"\{\{-?\s*(\.Release\b|`)")  # filled in per release, in every file

_COMMAND_KEY = re.compile(
    r"^\s*(?:-\s+)?[\"']?(hooks|postRenderer|postRendererArgs|helmBinary|kustomizeBinary)[\"']?\s*:"
)
_COMMAND_FLAG = re.compile(r"--(post-renderer|kubeconfig|kube-[a-z-]+)\b")
_FUNCTION = re.compile(
    r"(?<![\w.$\"'/-])"
    r"(exec|envExec|readFile|readDir|readDirEntries|env|requiredEnv|expandenv|fetchSecretValue|expandSecretRefs|b64dec|b32dec)"
    r"(?![\w.:\"'/=-])"
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))")
_FILLING = set(" \t\r\n\"'`\\{}()|-")  # what can stand between the letters of a reference and vanish
_REFERENCE = re.compile(r"ref\+")
_SCHEME = re.compile(r"(?<!git)\+[A-Za-z0-9_.]*://")
_ENTRY = re.compile(r"^\s*(?:-\s+(?:path:\s*)?|path:\s*|bases:\s*|helmfiles:\s*)[\"']?([^\s\"'#]+)[\"']?\s*(?:#.*)?$")
_REMOTE = re.compile(r"^([a-z0-9+]+::|[a-z0-9+]+://|git@)", re.IGNORECASE)


def is_state(text: str) -> bool:
    """Whether a text looks like a helmfile, not like values."""
    return _STATE_KEY.search(text) is not None


def templating(name: str, text: str) -> Iterator[Problem]:
    """helmfile 1 renders templates only in files that end in `.gotmpl`."""
    lines = [
        number
        for number, line in enumerate(text.splitlines(), 1)
        if "{{" in line and not _COMMENT.match(line) and len(_LATE.findall(line)) < line.count("{{")
    ]
    if lines:
        more = f" (and on {len(lines) - 1} more lines)" if len(lines) > 1 else ""
        yield _problem(
            name, lines[0], f"a template stands here{more}, but helmfile 1 renders templates only in `.gotmpl` files",
            f"rename the file to `{name}.gotmpl`, also where it is named",
        )  # fmt: skip


def parts(name: str, text: str) -> Iterator[Problem]:
    """helmfile 1 wants environments and releases in two parts, so that the first can fill the second."""
    seen: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"---(\s|$)", line):
            seen.clear()
        elif key := re.match(r"(environments|releases):", line):
            seen[key[1]] = number
            if len(seen) == 2:
                first = next(iter(seen))
                yield _problem(
                    name, number, f"`{key[1]}` shares a part with `{first}` (line {seen[first]}); helmfile 1 refuses it",
                    "put a line `---` before this one",
                )  # fmt: skip
                seen.clear()


def commands(name: str, text: str) -> Iterator[Problem]:
    """What makes helmfile or helm run a program of the helmfile's choice, or talk to another cluster."""
    for number, line in enumerate(text.splitlines(), 1):
        if _COMMENT.match(line):
            continue
        if key := _COMMAND_KEY.match(line):
            hint = "use helm hooks in a chart: they run in the cluster" if key[1] == "hooks" else "remove it"
            yield _problem(name, number, f"`{key[1]}` runs commands on the bot's machine and is refused", hint)
        if flag := _COMMAND_FLAG.search(line):
            yield _problem(name, number, f"the argument `{flag[0]}` is refused", "remove it")


def functions(name: str, text: str) -> Iterator[Problem]:
    """Template functions that run commands, read the bot's files or environment, or decode hidden text."""
    for action in _ACTION.finditer(text):
        if action[0].startswith(("{{/*", "{{- /*")):
            continue
        unquoted = re.sub(r'"(?:[^"\\]|\\.)*"|`[^`]*`', lambda quoted: " " * len(quoted[0]), action[0])
        for function in _FUNCTION.finditer(unquoted):
            number = text.count("\n", 0, action.start() + function.start()) + 1
            yield _problem(
                name, number, f"the template function `{function[1]}` is refused",
                "write the value out, or read it from `.Values`",
            )  # fmt: skip


def references(name: str, text: str) -> Iterator[Problem]:
    """`ref+…`, which helmfile resolves on the bot's machine; also when escapes, quotes or templates part its letters."""
    bare, lines = _bare(text)
    seen: set[int] = set()
    for found in (*_REFERENCE.finditer(bare), *_SCHEME.finditer(bare)):
        number = lines[found.start()]
        if number not in seen:
            seen.add(number)
            yield _problem(
                name, number, "a `ref+…` reference is refused", "have the chart read a Secret of the cluster instead"
            )


def _bare(text: str) -> tuple[str, list[int]]:
    """The text without what can part a reference's letters, and the line of each character that is left."""
    kept: list[str] = []
    lines: list[int] = []
    number = 1
    position = 0
    while position < len(text):
        character, width = text[position], 1
        if character == "\\" and (escape := _ESCAPE.match(text, position)):
            code = int(escape[1] or escape[2] or escape[3], 16)
            character, width = (chr(code) if code < 0x110000 else "?"), len(escape[0])
        if character == "\n":
            number += 1
        if character not in _FILLING:
            kept.append(character)
            lines.append(number)
        position += width
    return "".join(kept), lines


def outside(name: str, text: str, folder: PurePosixPath) -> Iterator[Problem]:
    """Files from elsewhere, which nobody has looked through. Charts may come from anywhere: helm only renders them."""
    for number, line in enumerate(text.splitlines(), 1):
        entry = _ENTRY.match(line)
        if entry is None:
            continue
        path = entry[1]
        if _REMOTE.match(path):
            yield _problem(
                name, number, f"`{path}` is fetched from elsewhere, which is refused", "keep a copy in the repository"
            )
            continue
        landed = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
        if path.startswith("/") or landed.startswith("..") or (".." in path and not _within(landed, folder)):
            yield _problem(
                name, number, f"`{path}` lies outside of the helmfile's folder, which is not looked through",
                "move the helmfile up, or the file down",
            )  # fmt: skip


def _within(path: str, folder: PurePosixPath) -> bool:
    return folder == PurePosixPath(".") or PurePosixPath(path).is_relative_to(folder)


def _problem(name: str, line: int, message: str, suggestion: str) -> Problem:
    return Problem(line, 1, "", message, suggestion, name)
