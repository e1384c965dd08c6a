"""The rules for a helmfile's texts, one function a rule: name and text in, problems with their lines out."""

import posixpath
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

import yaml

from config import helmfile_state
from config.helmfile_state import UNKNOWN, Finding
from config.problems import Problem

_STATE_KEY = re.compile(r"^(releases|helmfiles|bases|environments|helmDefaults):", re.MULTILINE)
_ACTION = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_COMMENT = re.compile(r"^\s*#")
_LATE = re.compile(r"\{\{-?\s*(\.Release\b|`)")  # filled in per release, in every file

_COMMAND_KEY = re.compile(
    r"^\s*(?:-\s+)?[\"']?(hooks|postRenderer|postRendererArgs|helmBinary|kustomizeBinary)[\"']?\s*:"
)
_FLOW_LIST = re.compile(
    r"^\s*(?:-\s+)?[\"']?(values|valuesTemplate|secrets|bases|helmfiles|set|setString)[\"']?\s*:\s*\["
)
# What reaches out of the repository, hides what it says, or says something else each time: a helmfile that was found good
# must be the same when it is run.
_REACHING = "exec|envExec|readFile|readDir|readDirEntries|isFile|isDir|env|requiredEnv|expandenv|getHostByName"
_HIDING = "fetchSecretValue|expandSecretRefs|tpl|b64dec|b32dec|decryptAES"
_CHANGING = (
    "now|date|dateInZone|date_in_zone|ago|htmlDate|htmlDateInZone|rand[A-Z][A-Za-z]*|uuidv4|shuffle|bcrypt|htpasswd|encryptAES"
    "|gen[A-Z][A-Za-z]*"
)
_FUNCTION = re.compile(rf"(?<![\w.$\"'/-])({_REACHING}|{_HIDING}|{_CHANGING})(?![\w.:\"'/=-])")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))")
_FILLING = set(" \t\r\n\"'`\\{}()|-")  # what can stand between the letters of a reference and vanish
_REFERENCE = re.compile(r"ref\+")
_SCHEME = re.compile(r"(?<!git)\+[A-Za-z0-9_.]*://")
_LITERAL = re.compile(rb"ref\+[A-Za-z0-9]+://")
_REMOTE = re.compile(r"^([a-z0-9+]+::|[a-z0-9+]+://|git@)", re.IGNORECASE)
_FETCHED_BY_HELM = re.compile(r"^(oci|https?)://", re.IGNORECASE)  # helm only renders what it fetches


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


def state(name: str, text: str, folder: PurePosixPath) -> Iterator[Problem]:
    """What a helmfile must not have: programs of its choice, other clusters, files from elsewhere that nobody has looked
    through. One whose templates leave no YAML is looked through line by line; helmfile's own rendering is checked too.
    """
    try:
        found = helmfile_state.findings(helmfile_state.blanked(text))
    except (yaml.YAMLError, RecursionError):
        yield from commands(name, text)
        yield from flow_lists(name, text)
        return
    for each in found:
        yield from problem_with(name, each, folder)


def problem_with(name: str, found: Finding, folder: PurePosixPath) -> Iterator[Problem]:
    """Why a finding in the state `name` is refused, if it is. What a template puts together is seen later."""
    if found.kind == "refused":
        yield _problem(name, found.line, found.text, found.hint)
        return
    path = found.text
    chart = found.kind == "chart"
    if _REMOTE.match(path):
        if not (chart and _FETCHED_BY_HELM.match(path)):
            yield _problem(
                name, found.line, f"`{path}` is fetched from elsewhere, which is refused", "keep a copy in the repository"
            )
        return
    landed = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
    shown = path.replace(UNKNOWN, "…")
    if path.startswith(("/", "~")) or landed == ".." or landed.startswith("../"):
        yield _problem(name, found.line, f"`{shown}` leads out of the repository", "keep a copy in the repository")
    elif not chart and re.search(r"[:\[\]\\]", path):
        yield _problem(name, found.line, f"`{shown}` has a character that may mean more", "name the file without `:[]\\`")
    elif not chart and not _within(landed, folder):
        yield _problem(
            name, found.line, f"`{shown}` lies outside of the helmfile's folder, which is not looked through",
            "move the helmfile up, or the file down",
        )  # fmt: skip


def commands(name: str, text: str) -> Iterator[Problem]:
    """What makes helmfile or helm run a program of the helmfile's choice, told by its lines alone."""
    for number, line in enumerate(text.splitlines(), 1):
        if not _COMMENT.match(line) and (key := _COMMAND_KEY.match(line)):
            hint = helmfile_state.HELM_HOOKS if key[1] == "hooks" else "remove it"
            yield _problem(name, number, f"`{key[1]}` runs commands on the bot's machine and is refused", hint)


def flow_lists(name: str, text: str) -> Iterator[Problem]:
    """Lists of files in one line, in a state that is not YAML before it is rendered."""
    for number, line in enumerate(text.splitlines(), 1):
        if not _COMMENT.match(line) and (key := _FLOW_LIST.match(line)):
            yield _problem(
                name, number, f"the list of `{key[1]}` cannot be read, since the file is not YAML without its templates",
                "write one entry a line, and templates on lines of their own",
            )  # fmt: skip


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


def literal_references(name: str, data: bytes) -> Iterator[Problem]:
    """The same in a file that is most likely no text for helmfile: only what stands there as it is."""
    if found := _LITERAL.search(data):
        number = data.count(b"\n", 0, found.start()) + 1
        yield _problem(
            name, number, "a `ref+…` reference is refused", "remove it: helmfile could be told to read this file"
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


def _within(path: str, folder: PurePosixPath) -> bool:
    return folder == PurePosixPath(".") or PurePosixPath(path).is_relative_to(folder)


def _problem(name: str, line: int, message: str, suggestion: str) -> Problem:
    return Problem(line, 1, "", message, suggestion, name)
