"""YAML that a stranger wrote, read with limits and with the line of every value."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from config.problems import ConfigError, Problem

SIZE_MOST = 64 * 1024  # bytes
NODES_MOST = 5000
DEPTH_MOST = 20
Place = tuple[int, int]  # line and column, from 1


@dataclass(frozen=True, slots=True)
class Document:
    """The values, and where each stands: path such as `("services", "orders", "port")` → line and column."""

    values: Any
    places: Mapping[tuple[str | int, ...], Place]


def load(data: bytes | str, source: str) -> Document:
    """Read one document. ConfigError for everything that a config file has no business to be."""

    def refuse(message: str, mark: yaml.Mark | None = None, suggestion: str = "", path: str = "") -> ConfigError:
        place = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        return ConfigError((Problem(message, path, *place, suggestion, source),))

    raw = data.encode() if isinstance(data, str) else data
    if len(raw) > SIZE_MOST:
        raise refuse(f"the file has {len(raw):,} bytes, at most {SIZE_MOST:,} are read")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refuse(f"the file is not UTF-8 (byte {error.start})") from error
    try:
        events = list(yaml.parse(text, Loader=yaml.SafeLoader))
        for event in events:
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise refuse(
                    "anchors and aliases are not allowed", event.start_mark, "write the value out where it is needed"
                )
        documents = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        problem = error.problem or "this is not YAML"
        hint = "indent with spaces" if "\\t" in problem else ""
        raise refuse(problem, error.problem_mark, hint) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise refuse(f"this is not YAML that can be read: {error}") from error
    if len(documents) > 1:
        raise refuse("the file has more than one document", documents[1].start_mark, "remove the line `---`")
    if not documents or documents[0] is None:
        raise refuse("the file is empty", suggestion="it must have at least `services:`")
    places: dict[tuple[str | int, ...], Place] = {}
    problems: list[Problem] = []
    for count, (path, node) in enumerate(_walk(documents[0], (), 0), 1):
        if count > NODES_MOST or len(path) > DEPTH_MOST:
            raise refuse(f"the file has more than {NODES_MOST} values, or is nested too deeply", node.start_mark)
        places[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
        problems += _node_problems(path, node, source)
    if problems:
        raise ConfigError(tuple(problems))
    return Document(yaml.SafeLoader.construct_document(yaml.SafeLoader(""), documents[0]), places)


def _walk(node: Node, path: tuple[str | int, ...], depth: int) -> Iterator[tuple[tuple[str | int, ...], Node]]:
    yield path, node
    if depth > DEPTH_MOST:
        return
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield from _walk(value, (*path, str(key.value)), depth + 1)
    elif isinstance(node, SequenceNode):
        for position, value in enumerate(node.value):
            yield from _walk(value, (*path, position), depth + 1)


def _node_problems(path: tuple[str | int, ...], node: Node, source: str) -> list[Problem]:
    """Keys that stand twice, tags that are not plain YAML, and values that secret stores would resolve."""
    line, column = node.start_mark.line + 1, node.start_mark.column + 1
    where = dotted(path)
    found = []
    if not node.tag.startswith("tag:yaml.org,2002:") or "python" in node.tag:
        found.append(Problem(f"the tag `{node.tag}` is not allowed", where, line, column, "", source))
    if isinstance(node, ScalarNode) and "ref+" in str(node.value):
        hint = "give the value itself, or take it from a Secret"
        found.append(Problem("`ref+…` is not resolved here", where, line, column, hint, source))
    if isinstance(node, MappingNode):
        seen: dict[str, int] = {}
        for key, _ in node.value:
            name, at = str(key.value), key.start_mark.line + 1
            if name in seen:
                message = f"the key `{name}` stands twice, first in line {seen[name]}"
                found.append(Problem(message, where, at, key.start_mark.column + 1, "remove one of them", source))
            seen.setdefault(name, at)
    return found


def dotted(path: tuple[str | int, ...]) -> str:
    """`services.orders.hosts[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text
