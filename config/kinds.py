"""The kinds of resources as Markdown for the docs, from their specs: written by `python -m config.schema`."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from config import tables
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
    yield from (f"### `{kind}`", "", tables.line(schema.get("description", "")), "")
    yield from tables.keys(schema, skip=COMMON)
    for name, shape in definitions.items():
        where = " · ".join(f"`{path}`" for path in _places(schema, definitions, name))
        yield from (f"{where}: {tables.line(shape.get('description', ''))}", "")
        yield from tables.keys(shape)


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
