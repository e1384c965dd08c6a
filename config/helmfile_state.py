"""A helmfile's state as data: what it names (files, charts) and what of it is refused, wherever and however written.

The same rules hold for the text as it was written, with its templates blanked out, and for what helmfile makes of it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import yaml

DEPTH_MOST = 100
UNKNOWN = "\ue000"  # stands for what a template would have put there
_RUNS = "runs commands on the bot's machine and is refused"
_READS = "reads files of the bot's machine and is refused"
_LEADS = "leads to another cluster and is refused"
REFUSED = {
    **dict.fromkeys(
        ("hooks", "postRenderer", "postRendererArgs", "helmBinary", "kustomizeBinary", "transformers"), _RUNS
    ),
    **dict.fromkeys(("caFile", "certFile", "keyFile", "registryConfig", "keyring", "lockFilePath"), _READS),
    "env": "reads the bot's environment and is refused",
    "kubeContext": _LEADS,
    "valuesPathPrefix": "changes where paths lead and is refused",
    "llm": "sends the log elsewhere and is refused",
}
DEFAULTS = frozenset({("helmBinary", "helm"), ("kustomizeBinary", "kustomize")})  # helmfile writes them out by itself
FILES = frozenset({"values", "valuesTemplate", "secrets", "bases", "jsonPatches", "strategicMergePatches"})
SETS = frozenset({"set", "setTemplate", "setString"})
CHARTS = frozenset({"chart", "chartPath", "directory"})
ARGUMENTS = frozenset({"args", "syncArgs", "diffArgs", "templateArgs"})
NAMED = frozenset({"environments", "templates"})  # their keys are names that people give
DATA = frozenset({"labels", "commonLabels", "renderedvalues"})  # whatever stands in there is only data
HELM_HOOKS = "use helm hooks in a chart: they run in the cluster"

_FLAG = re.compile(
    r"(?:^|\s)(-f\S*|--(?:values|post-renderer|output-dir|keyring|plugins?)\b"
    r"|--(?:kube|registry|repository)[a-z-]*|--[a-z-]*-file\b)"
)
_ACTION = re.compile(r"\{\{(?:`[^`]*`|\"(?:[^\"\\\n]|\\.)*\"|[^`\"}]|\}(?!\}))*\}\}")
_CONTROL = re.compile(
    r"\{\{-?\s*(?:/\*|if\b|else\b|end\b|range\b|with\b|define\b|block\b|break\b|continue\b|\$[\w]*\s*:?=)"
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A file or a chart that the state names, or what of it is refused. `line` counts from 1."""

    kind: Literal["file", "chart", "refused"]
    text: str  # the path, or why it is refused
    line: int
    path: str  # as in `releases[0].set[1].file`
    hint: str = "remove it"


def blanked(text: str) -> str:
    """The text with its templates taken out, line by line where it was: YAML again, if it was written with care."""

    def blank(action: re.Match[str]) -> str:
        left = "" if _CONTROL.match(action[0]) else UNKNOWN
        return left + "\n" * action[0].count("\n")

    lines = _ACTION.sub(blank, text).split("\n")
    return "\n".join("" if line.strip() and not line.replace(UNKNOWN, "").strip() else line for line in lines)


def findings(text: str) -> list[Finding]:
    """All that a YAML text of one or more documents names or must not have; yaml.YAMLError where it is none."""
    walk = _Walk()
    for document in yaml.compose_all(text, Loader=_Bounded):
        if document is not None:
            walk.mapping(document, "")
    return walk.found


def scalars(text: str) -> Iterator[tuple[str, int]]:
    """Every text in a YAML text, keys too, with its line; yaml.YAMLError."""
    for event in yaml.parse(text, Loader=_Bounded):
        if isinstance(event, yaml.ScalarEvent):
            yield event.value, _line(event)


class _Bounded(yaml.SafeLoader):
    """Goes no deeper than DEPTH_MOST: each level makes every further token dearer, so a deep nest would take hours."""

    depth = 0

    def get_event(self) -> yaml.Event:
        """The next event, of which documents are composed too."""
        event: yaml.Event = super().get_event()  # type: ignore[no-untyped-call]
        self.depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if self.depth > DEPTH_MOST:
            raise yaml.YAMLError(f"line {_line(event)} is nested deeper than {DEPTH_MOST} levels")
        return event


class _Walk:
    """Goes through a state's own structure, and stays out of the values in it: those are data."""

    def __init__(self) -> None:
        self.found: list[Finding] = []
        self._seen: set[int] = set()

    def mapping(self, node: yaml.Node, path: str) -> None:
        if id(node) in self._seen:
            return  # an alias of what was looked at, or a circle of them
        self._seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self.mapping(item, f"{path}[{index}]")
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
                self._entry(name, key, value, f"{path}.{name}".lstrip("."))

    def _entry(self, name: str, key: yaml.Node, value: yaml.Node, path: str) -> None:
        if isinstance(value, yaml.ScalarNode) and (name, value.value) in DEFAULTS:
            return
        if name in REFUSED:
            hint = HELM_HOOKS if name == "hooks" else "remove it"
            self._say("refused", f"`{name}` {REFUSED[name]}", key, path, hint)
            return
        for names, look in (
            (SETS, self._sets),
            (ARGUMENTS, self._arguments),
            (FILES, self._files),
            (CHARTS, self._charts),
            (NAMED, self._named),
            ({"helmfiles"}, self._helmfiles),
        ):
            if name in names:
                look(value, path)
                return
        if name not in DATA:
            self.mapping(value, path)

    def _named(self, value: yaml.Node, path: str) -> None:
        for key, inner in value.value if isinstance(value, yaml.MappingNode) else ():
            self.mapping(inner, f"{path}.{key.value}")

    def _arguments(self, value: yaml.Node, path: str) -> None:
        for item in _scalars_of(value):
            if flag := _FLAG.search(item.value):
                self._say("refused", f"the argument `{flag[1]}` is refused", item, path)

    def _charts(self, value: yaml.Node, path: str) -> None:
        for item in _scalars_of(value):
            self._say("chart", item.value, item, path)

    def _files(self, value: yaml.Node, path: str) -> None:
        for item in _scalars_of(value):
            self._say("file", item.value, item, path)

    def _helmfiles(self, value: yaml.Node, path: str) -> None:
        self._files(value, path)
        for item in value.value if isinstance(value, yaml.SequenceNode) else ():
            for key, inner in item.value if isinstance(item, yaml.MappingNode) else ():
                if key.value in ("path", "values"):
                    self._files(inner, f"{path}.{key.value}")

    def _sets(self, value: yaml.Node, path: str) -> None:
        for item in value.value if isinstance(value, yaml.SequenceNode) else ():
            for key, _ in item.value if isinstance(item, yaml.MappingNode) else ():
                if key.value == "file":
                    self._say("refused", f"`file` under `{path.rpartition('.')[2]}` {_READS}", key, path, "use `value`")

    def _say(self, kind: Any, text: str, node: yaml.Node, path: str, hint: str = "remove it") -> None:
        self.found.append(Finding(kind, str(text), _line(node), path, hint))


def _scalars_of(value: yaml.Node) -> list[yaml.ScalarNode]:
    items = value.value if isinstance(value, yaml.SequenceNode) else [value]
    return [item for item in items if isinstance(item, yaml.ScalarNode)]


def _line(there: yaml.Node | yaml.Event) -> int:
    return there.start_mark.line + 1 if there.start_mark else 0
