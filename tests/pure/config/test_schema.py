"""The published schema says what the parser does, and the files that are written from it are up to date."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from config import schema
from config.project import ConfigError, parse

ROOT = Path(__file__).parents[3]
GOOD = [
    "services: {web: {}}",
    "services: {web: {hosts: [example.com], port: 80, health: /x, env: {A: 'on'}}}\nttl: 1h30m\nhelmfile: a/h.yaml.gotmpl",
    "services: {a: {build: {context: ., dockerfile: a/Dockerfile, target: x, args: {A: b}}, watch: ['a/*']}}\ndeploy: command",
    "services: {a: {port: 0, command: [x], envFrom: [a.b], resources: [{kind: sqs, name: q, env: Q}]}}",
    "services: {a: {health: null}}\nhelmfile: null\nnamespace: base\nbase: {deploy: true, namespace: shop}\nheader: x-y",
]
BAD = [
    "{}",
    "services: {}",
    "services: {Web: {}}",
    "services: {web: {host: a.com}}",
    "services: {web: {hosts: a.com}}",
    "services: {web: {hosts: [A.com]}}",
    "services: {web: {hosts: [localhost]}}",
    "services: {web: {hosts: [a.com, a.com]}}",
    "services: {web: {port: -1}}",
    "services: {web: {port: '80'}}",
    "services: {web: {env: {A: 1}}}",
    "services: {web: {env: {A-B: x}}}",
    "services: {web: {health: x}}",
    "services: {web: {build: {context: ../x}}}",
    "services: {web: {build: {context: /x}}}",
    "services: {web: {build: {context: a/..}}}",
    r"services: {web: {build: {context: 'a\b'}}}",
    "services: {web: {build: {target: --x}}}",
    "services: {web: {watch: ['!x']}}",
    "services: {web: {}}\nttl: 6",
    "services: {web: {}}\nttl: soon",
    "services: {web: {}}\ndeploy: true",
    "services: {web: {}}\nnamespace: own",
    "services: {web: {}}\nheader: 'x y'",
    "services: {web: {}}\nhelmfile: Makefile",
    "services: {web: {}}\nbase: {namespace: Shop}",
    "services: {web: {}}\nresources: {}",
    "services: {web: {resources: [{kind: sqz, name: a}]}}",
    "services: {web: {resources: [{kind: sqs, name: a, fito: true}]}}",
    "services: {web: {resources: [{kind: postgres}]}}",
]


def valid(value: Any) -> bool:
    return jsonschema.Draft202012Validator(schema.schema()).is_valid(value)


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema.schema())


@pytest.mark.parametrize("text", GOOD)
def test_parser_and_schema_accept_the_same(text: str) -> None:
    parse(text)
    assert valid(yaml.safe_load(text))


@pytest.mark.parametrize("text", BAD)
def test_parser_and_schema_refuse_the_same(text: str) -> None:
    with pytest.raises(ConfigError):
        parse(text)
    assert not valid(yaml.safe_load(text))


def test_the_files_are_up_to_date() -> None:
    assert schema.FILE.read_text() == schema.text(), "run `python -m config.schema`"
    for page, begin, end, write in schema.PAGES:
        text = page.read_text()
        assert schema.documented(text, begin, end, write()) == text, "run `python -m config.schema`"


def test_every_key_is_described() -> None:
    for definition in (schema.schema(), *schema.schema()["$defs"].values()):
        for key, each in definition["properties"].items():
            assert each.get("description") or key == "kind", (definition["title"], key)


def test_configs_in_the_docs_and_examples_are_good() -> None:
    pages = [part for page, *_ in schema.PAGES for part in page.read_text().split("```yaml\n")[1:]]
    texts = [page.partition("```")[0] for page in pages if "\nservices:" in f"\n{page}"]
    texts += [path.read_text() for path in (ROOT / "examples").glob("*/*/.devstack.yaml")]
    assert len(texts) >= 4
    for text in texts:
        parse(text)


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="has no"):
        schema.documented("# nothing", "<!-- a -->", "<!-- b -->", "")
