"""JSON Schema as tables in Markdown, for the docs."""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any


def keys(shape: Mapping[str, Any], skip: Collection[str] = ()) -> Iterator[str]:
    """The keys of a mapping's JSON Schema as the lines of a table."""
    yield from ("| key | value | default | meaning |", "| :-- | :-- | :-- | :-- |")
    required = shape.get("required", ())
    for key, described in shape.get("properties", {}).items():
        if key in skip:
            continue
        default = "**required**" if key in required else _default(described)
        example = described.get("examples", [None])[0]
        shown = f" Such as `{_example(example)}`." if example is not None else ""
        cells = (f"`{key}`", _value(described), default, f"{line(described.get('description', ''))}{shown}")
        yield f"| {' | '.join(each.replace('|', chr(92) + '|') for each in cells)} |"
    yield ""


def line(written: str) -> str:
    """A description on one line."""
    return " ".join(written.split())


def _example(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


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
    if value in (None, "", []) or isinstance(value, dict):
        return ""
    return f"`{json.dumps(value).strip(chr(34))}`"
