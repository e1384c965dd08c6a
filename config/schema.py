"""The JSON Schema of `.devstack.yaml` for editors, and its keys as a table for the docs: `python -m config.schema`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from config.shapes import BaseApplication, Build, Project, Service, Shape

DRAFT = "https://json-schema.org/draft/2020-12/schema"
FILE = Path(__file__).with_name("devstack.schema.json")
DOCS = Path(__file__).resolve().parent.parent / "docs" / "devstack-yaml.md"
BEGIN = "<!-- keys: written by `python -m config.schema` -->"
END = "<!-- end of keys -->"
TABLES: tuple[tuple[str, type[Shape]], ...] = (
    ("At the top", Project),
    ("`services.<name>`", Service),
    ("`services.<name>.build`", Build),
    ("`base`", BaseApplication),
)


def schema() -> dict[str, Any]:
    """The schema as JSON values. What takes two keys to be wrong (a host twice) only `devstack validate` sees."""
    made = Project.model_json_schema()
    whole = {
        "$schema": DRAFT,
        **made,
        "title": ".devstack.yaml",
        "description": "What a repository tells devstack about itself: its services and how they are deployed.",
    }
    tidied: dict[str, Any] = _tidied(whole)
    return tidied


def _tidied(value: Any) -> Any:
    """Descriptions as one line; names of free keys refused where they do not fit, not passed over."""
    if isinstance(value, dict) and "patternProperties" in value:
        [(pattern, content)] = value["patternProperties"].items()
        rest = {key: each for key, each in value.items() if key != "patternProperties"}
        return _tidied({**rest, "propertyNames": {"pattern": pattern}, "additionalProperties": content})
    if isinstance(value, dict):
        return {key: " ".join(each.split()) if key == "description" and isinstance(each, str) else _tidied(each)
                for key, each in value.items()}  # fmt: skip
    return [_tidied(each) for each in value] if isinstance(value, list) else value


def text() -> str:
    """The schema as it stands in its file."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def tables() -> str:
    """The keys as Markdown, one table a level."""
    return "\n".join(line for title, shape in TABLES for line in _table(title, shape))


def _table(title: str, shape: type[Shape]) -> Iterator[str]:
    definitions = schema()["$defs"]
    properties = schema()["properties"] if shape is Project else definitions[shape.__name__]["properties"]
    yield from (f"### {title}", "", "| key | value | default | meaning |", "| :-- | :-- | :-- | :-- |")
    for key, described in properties.items():
        example = described.get("examples", [None])[0]
        shown = f" Such as `{_example(example)}`." if example is not None else ""
        cells = (f"`{key}`", _kind(described), _default(described), f"{described['description']}{shown}")
        yield f"| {' | '.join(each.replace('|', chr(92) + '|') for each in cells)} |"
    yield ""


def _example(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _kind(described: dict[str, Any]) -> str:
    if "enum" in described:
        return " or ".join(f"`{word}`" for word in described["enum"])
    if "anyOf" in described:
        return _kind(next(each for each in described["anyOf"] if each.get("type") != "null"))
    if described.get("type") == "array":
        return "list of texts"
    if "minimum" in described:
        return f"number, {described['minimum']} to {described['maximum']}"
    return {"string": "text", "boolean": "`true` or `false`"}.get(described.get("type", ""), "mapping")


def _default(described: dict[str, Any]) -> str:
    if "default" not in described or described["default"] in (None, "", [], {}) or isinstance(described["default"], dict):
        return ""
    return f"`{json.dumps(described['default']).strip(chr(34))}`"


def documented(page: str) -> str:
    """The page with the tables between its marks; ValueError where it has none."""
    before, mark, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not mark or not end:
        raise ValueError(f"the page has no `{BEGIN}` … `{END}`")
    return f"{before}{BEGIN}\n{tables()}{END}{after}"


def main() -> None:
    """Write both files."""
    FILE.write_text(text())
    DOCS.write_text(documented(DOCS.read_text()))


if __name__ == "__main__":
    main()
