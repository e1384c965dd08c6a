"""YAML of a stranger as plain values that know their lines. Only what JSON can say: no anchors, tags, documents.

The parser's events are looked through before anything is built from them, so that a file can neither blow up
(aliases), nor recurse too deep, nor name a type.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from config.problems import CONFIG_FILE, ConfigError, Problem

SIZE_MOST = 64 * 1024  # bytes
DEPTH_MOST = 12
PROBLEMS_MOST = 50  # more would not be read

Path = tuple[str | int, ...]
Place = tuple[int, int]  # line and column, from 1

_BOOLEAN_WORDS = re.compile(r"(?i:yes|no|on|off)")
_PLAIN = "tag:yaml.org,2002:"


@dataclass
class Tree:
    """A document: its values, where each stands (a mapping's entry stands where its key does), how it was written."""

    data: Any = None
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)
    written: dict[Path, str] = field(default_factory=dict)  # of each scalar
    problems: list[Problem] = field(default_factory=list)  # such as duplicate keys: the rest can still be looked at

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Line and column of a value (or of its key); of the nearest one around it where there is none."""
        for end in range(len(path), 0, -1):
            first, second = (self.keys, self.values) if key or end < len(path) else (self.values, self.keys)
            found = first.get(path[:end]) or second.get(path[:end])
            if found:
                return found
        return self.values.get((), (1, 1))


def spelled(path: Path) -> str:
    """`services.orders.hosts[1]`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def read(text: str | bytes, source: str = CONFIG_FILE) -> Tree:
    """The document in a text. ConfigError where it cannot be built: syntax, size, encoding, anchors, tags, documents."""
    decoded = _decoded(text, source)
    try:
        problems = list(_refused(decoded, source))
        if problems:
            raise ConfigError(problems[:PROBLEMS_MOST])
        node = yaml.compose(decoded, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise ConfigError([_syntax(error, source)]) from error
    except yaml.reader.ReaderError as error:
        place = _place_at(decoded, error.position)
        raise ConfigError(
            [Problem(*place, "", f"the character U+{ord(decoded[error.position]):04X} is not allowed", "", source)]
        ) from error
    if node is None:
        raise ConfigError(
            [
                Problem(
                    0,
                    0,
                    "",
                    "the file is empty",
                    "it can be as short as `services: {web: {hosts: [example.com]}}`",
                    source,
                )
            ]
        )
    tree = Tree()
    tree.data = _Builder(tree, source).value(node, ())
    return tree


def _decoded(text: str | bytes, source: str) -> str:
    size = len(text.encode(errors="surrogatepass")) if isinstance(text, str) else len(text)
    if size > SIZE_MOST:
        raise ConfigError([Problem(0, 0, "", f"the file has {size:,} bytes, at most {SIZE_MOST:,} are read", "", source)])
    if isinstance(text, str):
        return text.removeprefix("\ufeff")
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _place_at(text[: error.start].decode("utf-8", "replace"), error.start)
        raise ConfigError(
            [Problem(*place, "", f"the byte 0x{text[error.start]:02x} is not UTF-8", "save the file as UTF-8", source)]
        ) from error


def _place_at(text: str, position: int) -> Place:
    before = text[:position]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _refused(text: str, source: str) -> Iterator[Problem]:
    """Problems seen in the events alone; stops early where going on would be costly."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        mark = event.start_mark
        place = (mark.line + 1, mark.column + 1) if mark else (0, 0)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if documents > 1:
            hint = "remove the `---`; there is one config a repository"
            yield Problem(*place, "", "a second document begins here", hint, source)
            return
        if depth > DEPTH_MOST:
            yield Problem(*place, "", f"nested deeper than {DEPTH_MOST} levels", "", source)
            return
        if isinstance(event, yaml.NodeEvent):
            yield from (Problem(*place, "", message, hint, source) for message, hint in _extras(event))


def _extras(event: yaml.NodeEvent) -> Iterator[tuple[str, str]]:
    """What YAML can and JSON cannot."""
    if isinstance(event, yaml.AliasEvent):
        yield f"the alias `*{event.anchor}` is not supported", "write the value out"
    elif event.anchor is not None:
        yield f"the anchor `&{event.anchor}` is not supported", "write the value out where it is needed"
    if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
        yield f"the tag `{event.tag.replace(_PLAIN, '!!')}` is not supported", "write the plain value"


def _syntax(error: yaml.MarkedYAMLError, source: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    place = (mark.line + 1, mark.column + 1) if mark else (0, 0)
    said = error.problem or "this is not YAML"
    if "\\t" in said:
        return Problem(*place, "", "a tab stands where YAML wants spaces", "indent with spaces", source)
    context = f" {error.context}" if error.context else ""
    return Problem(*place, "", f"not YAML: {said}{context}", "", source)


class _Builder:
    """Turns composed nodes into values and notes their places. The nodes' depth was bounded before."""

    def __init__(self, tree: Tree, source: str) -> None:
        self._tree = tree
        self._source = source
        self._loader = yaml.SafeLoader("")

    def value(self, node: yaml.Node, path: Path) -> Any:
        self._tree.values[path] = _place(node)
        match node:
            case yaml.MappingNode():
                return self._mapping(node, path)
            case yaml.SequenceNode():
                return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
            case yaml.ScalarNode():
                self._tree.written[path] = node.value
                return self._scalar(node, path)
            case _:
                raise TypeError(f"YAML has no other nodes than these: {node!r}")

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, path)
            if key is None:
                continue
            here = (*path, key)
            if key in found:
                self._say(key_node, here, f"`{key}` is set twice, first on line {self._tree.keys[here][0]}", "remove one")
                continue
            self._tree.keys[here] = _place(key_node)
            found[key] = self.value(value_node, here)
        return found

    def _key(self, node: yaml.Node, path: Path) -> str | None:
        if not isinstance(node, yaml.ScalarNode):
            self._say(node, path, "a key must be a word", "")
            return None
        if node.tag == f"{_PLAIN}merge":
            self._say(node, path, "merge keys (`<<`) are not supported", "write the values out")
            return None
        if node.tag != f"{_PLAIN}str":
            kind = "a boolean" if node.tag == f"{_PLAIN}bool" else "no text"
            self._say(node, path, f"YAML reads the key `{node.value}` as {kind}", f'put it in quotes: `"{node.value}":`')
            return None
        return str(node.value)

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Any:
        kind = node.tag.removeprefix(_PLAIN)
        if kind in ("timestamp", "value", "merge"):
            return node.value  # dates mean nothing here: what was written counts
        try:
            return self._loader.construct_object(node)
        except (ValueError, yaml.YAMLError):  # such as an integer of five thousand digits
            self._say(node, path, "this value cannot be read", "put it in quotes")
            return None

    def _say(self, node: yaml.Node, path: Path, message: str, suggestion: str) -> None:
        self._tree.problems.append(Problem(*_place(node), spelled(path), message, suggestion, self._source))


def _place(node: yaml.Node) -> Place:
    return node.start_mark.line + 1, node.start_mark.column + 1


def boolean_word(written: str) -> bool:
    """Whether a text is one of the words that YAML 1.1 reads as a boolean although it looks like a word."""
    return _BOOLEAN_WORDS.fullmatch(written) is not None
