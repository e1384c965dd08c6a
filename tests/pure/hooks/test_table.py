"""The table of kinds: each keeps the contract, all are cheap to import, and one union reads them all."""

import inspect
import json
import subprocess
import sys
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from hooks import table
from hooks.contract import Kind, Spec

CLIENTS = {"boto3", "botocore", "kafka", "psycopg", "pymysql", "redis", "urllib3", "tenacity", "requests", "kubernetes"}
FUNCTIONS = ("name", "env", "needs", "check", "ensure", "remove", "find")


@pytest.mark.parametrize("kind", table.KINDS)
def test_a_kind_has_all_names_of_the_contract(kind: str) -> None:
    module: Any = table.module(kind)
    assert issubclass(module.Spec, Spec)
    assert get_args(module.Spec.model_fields["kind"].annotation) == (kind,)
    for function in FUNCTIONS:
        wanted = list(inspect.signature(getattr(Kind, function)).parameters)
        assert [each.strip("_") for each in inspect.signature(getattr(module, function)).parameters] == wanted, function
    assert module.Spec.named_by == "marker" or module.Spec.named_by in module.Spec.model_fields


@pytest.mark.parametrize("kind", table.KINDS)
def test_every_field_of_a_kind_is_described(kind: str) -> None:
    schema = table.module(kind).Spec.model_json_schema()
    for name, shown in schema["properties"].items():
        assert name == "kind" or shown.get("description"), f"{kind}.{name}"
    assert schema["description"]
    assert schema["additionalProperties"] is False


def test_a_kind_that_is_not_in_the_table_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        table.module("fax")


def test_one_union_reads_every_kind_and_tells_them_apart() -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(table.Resource)
    mapping = adapter.json_schema()["discriminator"]["mapping"]
    assert set(mapping) == set(table.KINDS)
    found = adapter.validate_json(json.dumps({"kind": "secret", "set": {"A": "x"}}))
    assert isinstance(found, table.module("secret").Spec)
    with pytest.raises(ValidationError, match="does not match any of the expected tags"):
        adapter.validate_python({"kind": "fax"})


def test_specs_are_read_without_loading_any_client() -> None:
    code = "import sys, hooks.table, hooks.rules, hooks.task; hooks.table.Resource; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not CLIENTS & set(loaded)
    assert not {"config", "workers", "bot"} & set(loaded)


def test_a_run_that_needs_a_secret_only_loads_no_client_of_another_server() -> None:
    code = "import sys, hooks.__main__, hooks.ensure, hooks.remove; from hooks import table; table.module('secret'); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not CLIENTS & set(loaded)
    assert [each for each in loaded if each.startswith("hooks.kinds.")] == ["hooks.kinds.secret"]
