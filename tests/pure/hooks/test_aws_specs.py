"""What a service owner writes of AWS's resources: what is taken, and what is said of the rest."""

import json
import subprocess
import sys
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from hooks import table

KINDS = ("sqs", "sns", "s3", "dynamodb", "secretsmanager", "ssm")
ID = [{"name": "id"}]
SET = {"MODE": "preview"}


def spec(kind: str, **fields: Any) -> Any:
    return table.module(kind).Spec.model_validate_json(json.dumps({"kind": kind, **fields}))


GOOD: list[tuple[str, dict[str, Any], tuple[str, ...], tuple[tuple[str, str], ...]]] = [
    ("sqs", {"name": "orders", "fifo": False, "dlq": {"maxReceives": 5}, "env": "ORDERS_QUEUE_URL"},
     ("ORDERS_QUEUE_URL",), ()),
    ("sqs", {"name": "o", "env": "A", "arnEnv": "B", "dlq": {"maxReceives": 1, "env": "C"}}, ("A", "B", "C"), ()),
    ("sqs", {"name": "o", "attributes": {"visibilityTimeout": 1, "delay": 2, "retention": 60, "maxMessageSize": 1024}},
     (), ()),
    ("sns", {"name": "order-events", "subscribe": [{"sqs": "orders", "filter": {"type": ["created"]}}],
             "env": "ORDER_EVENTS_ARN"}, ("ORDER_EVENTS_ARN",), (("sqs", "orders"),)),
    ("sns", {"name": "e", "subscribe": [{"sqs": "a"}, {"sqs": "b", "filter": {"a": {"b": ["c"]}}, "filterOn": "body"}]},
     (), (("sqs", "a"), ("sqs", "b"))),
    ("s3", {"name": "uploads", "seed": [{"from": "s3://base/x/"}, {"file": "seed/a.json", "key": "a"}], "env": "B"},
     ("B",), ()),
    ("dynamodb", {"name": "orders", "like": "orders", "items": {"copy": True, "limit": 5}, "env": "T", "streamEnv": "S"},
     ("T", "S"), ()),
    ("dynamodb", {"name": "orders", "keys": ID, "indexes": [{"name": "by-id", "keys": ID, "attributes": ["a"]}]}, (), ()),
    ("secretsmanager", {"name": "a/b", "from": "base", "keys": ["API_KEY"], "set": SET, "env": "A", "valueEnv": "V"},
     ("A", "V"), ()),
    ("secretsmanager", {"name": "a", "generate": {"TOKEN": {"length": 40}}}, (), ()),
    ("ssm", {"name": "/shop/orders", "from": "/shop/orders", "keys": ["deep/KEY"], "set": SET, "env": "P"}, ("P",), ()),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "fields", "env", "needs"), GOOD)
def test_what_can_be_written(
    kind: str, fields: dict[str, Any], env: tuple[str, ...], needs: tuple[tuple[str, str], ...]
) -> None:
    found = spec(kind, **fields)
    module = table.module(kind)
    assert module.env(found) == env
    assert module.needs(found) == needs
    assert found.server == "aws"
    assert spec(kind, **fields, provider="other").server == "other"
    assert module.Spec.model_validate({"kind": kind, **fields}) == found  # as YAML gives it
    jsonschema.validate({"kind": kind, **fields}, module.Spec.model_json_schema())


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("sqs", {}, "name"),
    ("sqs", {"name": "orders.fifo"}, "name"),
    ("sqs", {"name": "x" * 72}, "name"),
    ("sqs", {"name": "orders", "colour": "red"}, "colour"),
    ("sqs", {"name": "orders", "fifo": "yes"}, "fifo"),
    ("sqs", {"name": "orders", "env": "NOT-A-VARIABLE"}, "env"),
    ("sqs", {"name": "orders", "env": "A", "arnEnv": "A"}, "must be different variables"),
    ("sqs", {"name": "orders", "dlq": {"maxReceives": 0}}, "dlq.maxReceives"),
    ("sqs", {"name": "orders", "dlq": {}}, "dlq.maxReceives"),
    ("sqs", {"name": "orders", "attributes": {"delay": 901}}, "attributes.delay"),
    ("sqs", {"name": "orders", "attributes": {"contentBasedDeduplication": True}}, "set `fifo: true`"),
    ("sns", {"name": "events", "subscribe": [{"sqs": "a", "filter": {"type": "created"}}]}, "must be a list"),
    ("sns", {"name": "events", "subscribe": [{"sqs": "a", "filter": {"a": {"b": ["c"]}}}]}, "must be a list"),
    ("sns", {"name": "events", "subscribe": [{"sqs": "a"}, {"sqs": "a"}]}, "the queue `a` twice"),
    ("sns", {"name": "events", "contentBasedDeduplication": True}, "set `fifo: true`"),
    ("sns", {"name": "events", "subscribe": [{"url": "https://example.com"}]}, "url"),
    ("s3", {"name": "Uploads"}, "name"),
    ("s3", {"name": "with.dots"}, "name"),
    ("s3", {"name": "uploads", "seed": [{}]}, "needs `from` or `file`"),
    ("s3", {"name": "uploads", "seed": [{"from": "s3://base", "file": "a"}]}, "and not both"),
    ("s3", {"name": "uploads", "seed": [{"from": "https://example.com"}]}, "from"),
    ("s3", {"name": "uploads", "seed": [{"file": "../../etc/passwd"}]}, "without `..`"),
    ("s3", {"name": "uploads", "seed": [{"file": "a", "limit": 3}]}, "goes with `from` only"),
    ("s3", {"name": "uploads", "seed": [{"file": "a", "key": ""}]}, "`key` is empty"),
    ("dynamodb", {"name": "orders"}, "needs `like` or `keys`"),
    ("dynamodb", {"name": "orders", "like": "o", "keys": ID}, "and not both"),
    ("dynamodb", {"name": "orders", "like": "o", "ttl": "until"}, "copied from `like`"),
    ("dynamodb", {"name": "orders", "keys": ID, "items": {"copy": True}}, "needs `like`"),
    ("dynamodb", {"name": "orders", "like": "o", "items": {}}, "needs `copy: true` or `file`"),
    ("dynamodb", {"name": "orders", "like": "o", "items": {"file": "a", "limit": 3}}, "goes with `copy` only"),
    ("dynamodb", {"name": "orders", "keys": ID, "streamEnv": "S"}, "needs `stream`"),
    ("dynamodb", {"name": "orders", "keys": ID, "stream": "ALL"}, "stream"),
    ("dynamodb", {"name": "orders", "like": "o", "env": "A", "streamEnv": "A"}, "must be different variables"),
    ("dynamodb", {"name": "orders", "keys": ID, "indexes": [{"name": "by-id", "keys": [{"name": "id", "type": "N"}]}]},
     "the attribute `id` is given two types"),
    ("secretsmanager", {"name": "a"}, "it needs `from`, `set` or `generate`"),
    ("secretsmanager", {"name": "a", "text": "x", "set": SET}, "or `text` and none of these"),
    ("secretsmanager", {"name": "a", "from": "b"}, "say which `keys` to copy"),
    ("secretsmanager", {"name": "a", "from": "b", "keys": ["A"], "whole": True}, "and not both"),
    ("secretsmanager", {"name": "a", "keys": ["A"], "set": SET}, "need `from`"),
    ("secretsmanager", {"name": "a", "set": SET, "generate": {"MODE": {}}}, "in `set` and in `generate`"),
    ("secretsmanager", {"name": "a", "from": "b", "keys": ["A"], "generate": {"A": {}}}, "is copied and in `generate`"),
    ("secretsmanager", {"name": "a", "set": SET, "env": "A", "valueEnv": "A"}, "must be different variables"),
    ("ssm", {"name": "orders", "set": SET}, "name"),
    ("ssm", {"name": "/orders/", "set": SET}, "name"),
    ("ssm", {"name": "/aws/orders", "set": SET}, "AWS keeps paths"),
    ("ssm", {"name": "/orders"}, "it gives nothing"),
    ("ssm", {"name": "/orders", "set": {"a b": "x"}}, "set"),
    ("ssm", {"name": "/a" * 14, "set": {"b/c": "x"}}, "lies too deep"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "fields", "words"), BAD)
def test_what_cannot_be_written_is_told(kind: str, fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as raised:
        spec(kind, **fields)
    told = [f"{'.'.join(map(str, each['loc']))} {each['msg']}" for each in raised.value.errors()]
    assert any(words in each for each in told), told


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_is_explained(kind: str) -> None:
    schema = table.module(kind).Spec.model_json_schema()
    assert schema["description"]
    for shape in (schema, *(each for each in schema.get("$defs", {}).values() if "properties" in each)):
        silent = [key for key, each in shape["properties"].items() if "description" not in each]
        assert set(silent) <= {"kind"}


@pytest.mark.parametrize("kind", KINDS)
def test_reading_a_spec_loads_no_client(kind: str) -> None:
    program = (
        f"import sys, hooks.kinds.{kind};"
        "print(*[each for each in ('botocore', 'boto3', 'urllib3', 'kafka', 'psycopg') if each in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.strip() == ""
