"""The JSON Schema of `.devstack.yaml` for editors, and its keys as a table for the docs: `python -m config.schema`."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from config import chart_schema, kinds
from config.shapes import BaseApplication, Build, Project, Service, Shape
from config.tables import keys

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
    described = schema() if shape is Project else schema()["$defs"][shape.__name__]
    yield from (f"### {title}", "")
    yield from keys(described)


def documented(page: str, begin: str, end: str, written: str) -> str:
    """The page with what was written between its marks; ValueError where it has none."""
    before, mark, rest = page.partition(begin)
    _, last, after = rest.partition(end)
    if not mark or not last:
        raise ValueError(f"the page has no `{begin}` … `{end}`")
    return f"{before}{begin}\n{written}{end}{after}"


PAGES: tuple[tuple[Path, str, str, Callable[[], str]], ...] = (
    (DOCS, BEGIN, END, tables),
    (kinds.DOCS, kinds.BEGIN, kinds.END, kinds.text),
)


def main() -> None:
    """Write the schemas and the pages."""
    FILE.write_text(text())
    chart_schema.FILE.write_text(chart_schema.text())
    for page, begin, end, write in PAGES:
        page.write_text(documented(page.read_text(), begin, end, write()))


if __name__ == "__main__":
    main()
