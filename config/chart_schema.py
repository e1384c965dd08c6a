"""The resources' part of the ready-made chart's values schema, from the kinds' own: helm refuses what the hooks would."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from hooks import table

FILE = Path(__file__).resolve().parent.parent / "helm" / "service" / "values.schema.json"
MARK = '\n  "$defs": '  # the file's last key; what stands before it is written by hand
NAMES = {"properties", "$defs"}  # under these, keys are names and no words of JSON Schema
FOR_PEOPLE = {"title", "description", "examples", "default", "discriminator"}  # every helm release keeps a copy
LOOKS_AROUND = ("(?=", "(?!", "(?<")  # helm's regular expressions cannot
MANY = re.compile(r"\{([01]),\d{4,}\}")  # nor can they count beyond a thousand


def definitions() -> dict[str, Any]:
    """`resources` and all that it refers to. A resource is told by its `kind` alone, so that a mistake in one key gives a
    sentence about that key, and not one about every kind."""
    made = TypeAdapter(table.Resource).json_schema()
    kinds: dict[str, str] = made["discriminator"]["mapping"]
    resource = {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"enum": list(kinds)}},
        "allOf": [
            {"if": {"required": ["kind"], "properties": {"kind": {"const": kind}}}, "then": {"$ref": reference}}
            for kind, reference in kinds.items()
        ],
    }
    found: dict[str, Any] = _bare(made["$defs"], names=True)
    return {"resources": {"type": "array", "maxItems": 50, "items": {"$ref": "#/$defs/resource"}},
            "resource": resource, **found}  # fmt: skip


def _bare(value: Any, *, names: bool = False) -> Any:
    """What helm checks by, without what is for people."""
    if isinstance(value, list):
        return [_bare(each) for each in value]
    if not isinstance(value, dict):
        return value
    if names:
        return {name: _bare(each) for name, each in value.items()}
    return dict(_words(value))


def _words(schema: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for word, value in schema.items():
        if word in FOR_PEOPLE or (word == "pattern" and any(each in value for each in LOOKS_AROUND)):
            continue
        if word == "pattern":
            yield word, MANY.sub(lambda count: "+" if count[1] == "1" else "*", value)
        elif word == "patternProperties":  # names that do not fit are refused, not passed over
            [(pattern, content)] = value.items()
            yield "propertyNames", _bare({"pattern": pattern})
            yield "additionalProperties", _bare(content)
        else:
            yield word, _bare(value, names=word in NAMES)


def text() -> str:
    """The file as it should be; ValueError where it has no place for the definitions."""
    before, mark, _ = FILE.read_text().partition(MARK)
    if not mark:
        raise ValueError(f'{FILE} has no last key "$defs"')
    rows = ",\n".join(f"    {json.dumps(name)}: {json.dumps(each)}" for name, each in definitions().items())
    return f"{before}{MARK}{{\n{rows}\n  }}\n}}\n"
