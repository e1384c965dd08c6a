"""Resources in the ready-made chart's values: every kind is rendered, and what the hooks would refuse helm refuses."""

import json
from typing import Any

import pytest

from config import chart_schema
from hooks import table, task
from tests.helm.conftest import Rendered, Tools
from tests.helm.resources import RESOURCES
from tests.helm.schemas import errors

pytestmark = pytest.mark.helm

VALUES: dict[str, Any] = {
    "devstack_label": "feature1",
    "images": {"shop": {"ref": "registry.example.com/shop@sha256:1"}},
    "provision": {"image": "devstack/hooks:1"},
}


def told(rendered: Rendered) -> task.Task:
    """The task of the hooks' Pod, read as the hooks read it."""
    pod = next(each for each in rendered if each["kind"] == "Pod")
    (container,) = pod["spec"]["containers"]
    return task.parse({each["name"]: each["value"] for each in container["env"]})


def test_the_schema_is_up_to_date() -> None:
    assert chart_schema.FILE.read_text() == chart_schema.text(), "run `python -m config.schema`"


def test_there_is_an_example_of_every_kind() -> None:
    assert list(RESOURCES) == list(table.KINDS)


@pytest.mark.parametrize("kind", table.KINDS)
def test_every_kind_reaches_the_hooks_as_it_was_written(tools: Tools, kind: str) -> None:
    rendered = tools.template("service", {**VALUES, "resources": RESOURCES[kind]})
    assert errors(rendered) == []
    found = told(rendered)
    assert list(found.resources) == RESOURCES[kind]
    specs = task.specs(found)
    assert [spec.kind for spec in specs] == [kind] * len(specs)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        ({"name": "orders"}, "missing property 'kind'"),
        ({"kind": "sqss", "name": "orders"}, "/resources/0/kind': value must be one of"),
        ({"kind": "sqs"}, "missing property 'name'"),
        ({"kind": "sqs", "name": "orders", "fifi": True}, "additional properties 'fifi' not allowed"),
        ({"kind": "sqs", "name": "orders", "env": "A-B"}, "/resources/0/env"),
        ({"kind": "sqs", "name": "orders", "dlq": {"maxReceives": "5"}}, "/resources/0/dlq"),
        ({"kind": "secret", "from": {"name": "orders"}, "keys": ["A"]}, "/resources/0/from"),
        ({"kind": "secret", "set": {"A B": "x"}}, "A B"),
        ({"kind": "postgres", "database": "orders", "env": "URL", "migrate": {}}, "/resources/0/migrate"),
    ],
    ids=lambda each: json.dumps(each)[:60] if isinstance(each, dict) else "",
)
def test_what_the_hooks_would_refuse_is_refused_by_name(tools: Tools, resource: dict[str, Any], said: str) -> None:
    assert said in tools.refusal("service", {**VALUES, "resources": [resource]})


def test_a_list_is_wanted(tools: Tools) -> None:
    assert "/resources" in tools.refusal("service", {**VALUES, "resources": {"kind": "sqs", "name": "orders"}})
    said = tools.refusal("service", {**VALUES, "devstack": {"resources": {"shop": {"kind": "sqs"}}}})
    assert "resources of the service shop: a list is wanted" in said
