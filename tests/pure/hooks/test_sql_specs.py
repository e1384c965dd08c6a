"""What a service owner may write of a database, and the names that come of it."""

import json
import re
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hooks import table
from hooks.contract import Scope

KINDS = ("postgres", "mysql")
LEAST = {"database": "orders", "env": "DATABASE_URL"}


def spec(kind: str, **fields: Any) -> Any:
    written = {"kind": kind, **LEAST, **fields}
    return table.module(kind).Spec.model_validate(written)


def scope(label: str) -> Scope:
    return Scope(stack="acme-shop-7", label=label, service="orders", release=f"orders-{label}", namespace="n")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "fields",
    [
        {"template": "orders"},
        {"template": "Orders-Base_2"},
        {"dump": {"file": "db/orders.sql"}},
        {"dump": {"s3": "s3://acme-dumps/orders/2026 11.sql.gz", "provider": "archive"}},
        {"migrate": {"command": ["./migrate"]}},
        {"migrate": {"image": "self", "command": ["./migrate"], "args": ["--all"], "env": {"LEVEL": "3"}}},
        {"seed": {"file": "db/seed.sql"}},
        {"seed": {"command": ["./seed", ""], "image": "example/seeds:1"}},
        {"env": {"host": "DB_HOST", "password": "DB_PASSWORD"}},
        {"provider": "legacy"},
    ],
)
def test_specs_that_are_right(kind: str, fields: dict[str, Any]) -> None:
    found = spec(kind, **fields)
    assert table.module(kind).needs(found) == ()
    schema = table.module(kind).Spec.model_json_schema()
    jsonschema.Draft202012Validator(schema).validate({"kind": kind, **LEAST, **fields})
    assert found == table.module(kind).Spec.model_validate_json(json.dumps({"kind": kind, **LEAST, **fields}))


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"database": "orders; DROP DATABASE x"}, "pattern"),
    ({"database": 'orders"'}, "pattern"),
    ({"database": "orders`"}, "pattern"),
    ({"database": "orders'"}, "pattern"),
    ({"database": "orders%"}, "pattern"),
    ({"database": "orders.x"}, "pattern"),
    ({"database": "orders\n"}, "pattern"),
    ({"database": "orders\0"}, "pattern"),
    ({"database": "größe"}, "pattern"),
    ({"database": "1orders"}, "pattern"),
    ({"database": "-orders"}, "pattern"),
    ({"database": ""}, "pattern"),
    ({"database": "o" * 64}, "pattern"),
    ({"template": "a b"}, "pattern"),
    ({"template": "../x"}, "pattern"),
    ({"template": "orders", "dump": {"file": "a.sql"}}, "one of them only"),
    ({"dump": {}}, "needs `file` or `s3`"),
    ({"dump": {"file": "a.sql", "s3": "s3://acme/a.sql"}}, "not both"),
    ({"dump": {"file": "/etc/passwd"}}, "from the repository's root"),
    ({"dump": {"file": "db/../../a.sql"}}, "from the repository's root"),
    ({"dump": {"file": "db//a.sql"}}, "from the repository's root"),
    ({"dump": {"file": "a.sql", "provider": "x"}}, "goes with `s3`"),
    ({"dump": {"s3": "https://acme/a.sql"}}, "pattern"),
    ({"dump": {"s3": "s3://acme"}}, "pattern"),
    ({"dump": "a.sql"}, "Script"),
    ({"migrate": {"image": "self"}}, "Field required"),
    ({"migrate": {"command": []}}, "at least 1"),
    ({"migrate": {"command": "./migrate"}}, "tuple"),
    ({"migrate": {"command": ["a"], "image": "a b"}}, "pattern"),
    ({"migrate": {"command": ["a"], "env": {"A-B": "x"}}}, "pattern"),
    ({"seed": {}}, "needs one of"),
    ({"seed": {"file": "a.sql", "command": ["x"]}}, "needs one of"),
    ({"seed": {"file": "a.sql", "image": "x"}}, "go with `command`"),
    ({"seed": {"command": ["x"], "provider": "x"}}, "goes with `s3`"),
    ({"env": "DATABASE-URL"}, "pattern"),
    ({"env": {}}, "names no variable"),
    ({"env": {"url": "A", "host": "A"}}, "names a variable twice"),
    ({"env": {"path": "A"}}, "Extra inputs"),
    ({"databse": "x"}, "Extra inputs"),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("fields", "words"), WRONG)
def test_specs_that_are_wrong(kind: str, fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(words)):
        spec(kind, **fields)


def test_names_that_only_one_of_them_refuses() -> None:
    with pytest.raises(ValidationError, match="names are the server's own"):
        spec("postgres", database="pg_orders")
    with pytest.raises(ValidationError, match="pattern"):
        spec("mysql", database="Orders")
    assert table.module("postgres").name(spec("postgres", database="Orders"), scope("f1")) == "Orders_f1"
    with pytest.raises(ValidationError, match="pattern"):
        spec("postgres", extensions=['a"; DROP'])
    with pytest.raises(ValidationError, match="Extra inputs"):
        spec("mysql", extensions=["pgcrypto"])


def test_files_and_variables_that_a_spec_names() -> None:
    found = spec("postgres", dump={"file": "a.sql"}, seed={"file": "b.sql"}, env={"url": "U", "password": "P"})
    module: Any = table.module("postgres")
    assert module.files(found) == ("a.sql", "b.sql")
    assert module.files(spec("postgres", dump={"s3": "s3://acme/a.sql"}, seed={"command": ["x"]})) == ()
    assert module.env(found) == ("U", "P")
    assert found.named_by == "database"
    assert found.server == "postgres"


LABELS = st.from_regex(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?", fullmatch=True)
BASES = st.from_regex(r"[a-oq-z_][a-z0-9_-]{0,62}", fullmatch=True)
LIMITS = {"postgres": 63, "mysql": 32}


@pytest.mark.parametrize("kind", KINDS)
@given(BASES, LABELS)
def test_names_are_short_enough_and_recognisable(kind: str, base: str, label: str) -> None:
    name = table.module(kind).name(spec(kind, database=base), scope(label))
    assert len(name.encode()) <= LIMITS[kind]
    assert re.fullmatch(r"[a-z0-9_-]+", name)
    assert name.startswith(base[:16].rstrip("-_."))
    assert name != base


@pytest.mark.parametrize("kind", KINDS)
@given(BASES, LABELS, LABELS)
def test_features_do_not_share_a_name(kind: str, base: str, one: str, two: str) -> None:
    names = {table.module(kind).name(spec(kind, database=base), scope(label)) for label in (one, two)}
    assert len(names) == len({label.replace("-", "_") for label in (one, two)})
