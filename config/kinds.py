"""The kinds of resources as Markdown for the docs, from their specs: written by `python -m config.schema`."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hooks import table

DOCS = Path(__file__).resolve().parent.parent / "docs" / "provisioning.md"
BEGIN = "<!-- kinds: written by `python -m config.schema` -->"
END = "<!-- end of kinds -->"
COMMON = ("kind", "provider")  # every kind has them: described once, above the tables


def text() -> str:
    """One section a kind, in the table's order."""
    return "\n".join(line for kind in table.KINDS for line in _section(kind))


def _section(kind: str) -> Iterator[str]:
    schema: Mapping[str, Any] = table.module(kind).Spec.model_json_schema()
    definitions = schema.get("$defs", {})
    yield from (f"### `{kind}`", "", _line(schema.get("description", "")), "")
    yield from _keys(schema, skip=COMMON)
    for name, shape in definitions.items():
        where = " · ".join(f"`{path}`" for path in _places(schema, definitions, name))
        yield from (f"{where}: {_line(shape.get('description', ''))}", "")
        yield from _keys(shape)


def _keys(shape: Mapping[str, Any], skip: tuple[str, ...] = ()) -> Iterator[str]:
    yield from ("| key | value | default | meaning |", "| :-- | :-- | :-- | :-- |")
    required = shape.get("required", ())
    for key, described in shape.get("properties", {}).items():
        if key in skip:
            continue
        default = "**required**" if key in required else _default(described)
        example = described.get("examples", [None])[0]
        shown = f" Such as `{json.dumps(example, ensure_ascii=False).strip(chr(34))}`." if example is not None else ""
        cells = (f"`{key}`", _value(described), default, f"{_line(described.get('description', ''))}{shown}")
        yield f"| {' | '.join(each.replace('|', chr(92) + '|') for each in cells)} |"
    yield ""


def _line(written: str) -> str:
    return " ".join(written.split())


def _value(described: Mapping[str, Any]) -> str:
    if "$ref" in described:
        return "mapping"
    if "enum" in described:
        return " or ".join(f"`{word}`" for word in described["enum"])
    if "const" in described:
        return f"`{described['const']}`"
    several = [each for each in described.get("anyOf", described.get("oneOf", ())) if each.get("type") != "null"]
    if several:
        return " or ".join(dict.fromkeys(_value(each) for each in several))
    kind = described.get("type", "")
    if kind == "array":
        inner = _value(described.get("items", {}))
        return f"list of {inner}s" if inner in ("text", "number", "mapping") else f"list of {inner}"
    if kind == "integer" and "minimum" in described and "maximum" in described:
        return f"number, {described['minimum']} to {described['maximum']}"
    known = {"string": "text", "integer": "number", "number": "number", "boolean": "`true` or `false`"}
    return known.get(kind, "mapping" if kind == "object" else "anything")


def _default(described: Mapping[str, Any]) -> str:
    value = described.get("default")
    if value in (None, "", [], {}):
        return ""
    return f"`{json.dumps(value).strip(chr(34))}`"


def _places(schema: Mapping[str, Any], definitions: Mapping[str, Any], name: str) -> list[str]:
    """The keys under which a shape is used, such as `subscribe[]` or `migrate`."""
    found = []
    for holder, owner in ((schema, ""), *((each, key) for key, each in definitions.items() if key != name)):
        for key, described in holder.get("properties", {}).items():
            if f'"#/$defs/{name}"' in json.dumps(described):
                above = _places(schema, definitions, owner)[:1] if owner else [""]
                dots = f"{above[0]}." if above and above[0] else ""
                found.append(f"{dots}{key}{'[]' if described.get('type') == 'array' else ''}")
    return found
