"""The Stack's CustomResourceDefinition says what model/stack.py says."""

import dataclasses
import re
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from model import stack
from tests.helm.conftest import CHARTS
from tests.helm.schemas import errors
from workers import stacks

pytestmark = pytest.mark.helm

DEFINITION = yaml.safe_load((CHARTS / "bot" / "crds" / "stack.yaml").read_text())
(VERSION,) = DEFINITION["spec"]["versions"]
SCHEMA = VERSION["schema"]["openAPIV3Schema"]["properties"]

SHA = "0123456789abcdef0123456789abcdef01234567"
SPEC = {
    "pr": "acme/storefront#7",
    "repository": "acme/storefront",
    "number": 7,
    "sha": SHA,
    "label": "feature1",
    "role": "Feature",
    "desired": "Up",
    "services": ["storefront"],
    "ttl": 21600,
    "expiresAt": "2026-01-02T03:04:05Z",
    "approvedSha": None,
}


def camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda match: match[1].upper(), name)


def manifest(**spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": f"{stack.GROUP}/{stack.VERSION}",
        "kind": "Stack",
        "metadata": {"name": "acme-storefront-12345-7"},
        "spec": SPEC | spec,
    }


def test_it_is_a_definition_that_kubernetes_takes() -> None:
    assert errors([DEFINITION]) == []


def test_names_are_the_models() -> None:
    spec = DEFINITION["spec"]
    assert (spec["group"], spec["names"]["plural"], VERSION["name"]) == (stack.GROUP, stack.PLURAL, stack.VERSION)
    assert DEFINITION["metadata"]["name"] == f"{stack.PLURAL}.{stack.GROUP}"
    assert spec["scope"] == "Cluster"
    assert VERSION["subresources"] == {"status": {}}


@pytest.mark.parametrize(("part", "value"), [("spec", stack.Spec), ("status", stack.Status)])
def test_every_field_of_the_model_is_described(part: str, value: type) -> None:
    assert {camel(field.name) for field in dataclasses.fields(value)} <= set(SCHEMA[part]["properties"])


def test_choices_are_the_models() -> None:
    fields = SCHEMA["spec"]["properties"]
    for name, choices in (("role", stack.Role), ("desired", stack.Desired), ("labelFrom", stack.LabelSource)):
        assert fields[name]["enum"] == [str(choice) for choice in choices]


def test_the_list_of_stacks_is_a_useful_page() -> None:
    columns = VERSION["additionalPrinterColumns"]
    assert [each["name"] for each in columns if not each.get("priority")] == [
        "PR",
        "Label",
        "Phase",
        "URL",
        "Age",
        "Expires",
    ]
    (expires,) = [each for each in columns if each["name"] == "Expires"]
    assert expires["type"] == "string"  # a date to come would be shown as <invalid>


def test_what_the_workers_write_is_taken() -> None:
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    spec = stack.Spec("acme/storefront", 7, SHA, "feature1", services=("storefront",), ttl=3600, expires_at=now)
    status = stack.Status(
        phase=stack.Phase.READY,
        urls=("http://feature1.example.com/",),
        services=(stack.Service("storefront", "r/x@sha256:1", "sha256:1", "abc", "ready", hosts=("example.com",)),),
        receipts=({"kind": "release", "name": "storefront-feature1"},),
        comment_id=2**40,
        run=stack.RunState("r1", "worker-1", 3, now, now, "build"),
        answers=(stack.Answer(2**40, "ada", "deploy", "done", ok=True),),
        retry_at=now,
    )
    base = stack.Spec("acme/orders", 0, "", "", role=stack.Role.BASE)
    assert errors([{**manifest(), "spec": stacks.spec_body(spec), "status": stacks.status_body(status)}]) == []
    assert errors([{**manifest(), "spec": stacks.spec_body(base)}]) == []


def test_a_stack_is_taken_and_a_wrong_one_is_not() -> None:
    assert errors([manifest()]) == []
    assert errors([manifest(role="Base", number=0, label="", services=None)]) == []
    for wrong in (
        {"label": "Feature_1"},
        {"role": "Other"},
        {"sha": "main"},
        {"number": -1},
        {"repository": "acme"},
        {"label": "a" * 41},
    ):
        assert errors([manifest(**wrong)]) != [], wrong
