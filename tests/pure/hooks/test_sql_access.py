"""The URL that pods get, the password in it, and the mark."""

import string
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks import table
from hooks.contract import Scope
from hooks.sql.access import Access, new_password, password
from hooks.sql.mark import FILLING, READY, Mark, begun, ended, parsed, recorded

SCOPE = Scope(stack="acme-shop-7", label="f1", service="orders", release="orders-f1", namespace="n")
POSTGRES = table.module("postgres").Spec
SPEC = POSTGRES.model_validate({"kind": "postgres", "database": "orders", "env": "DATABASE_URL"})
PARTS = POSTGRES.model_validate(
    {"kind": "postgres", "database": "orders", "env": {"host": "DB_HOST", "port": "DB_PORT", "password": "DB_PASSWORD"}}
)


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40))
def test_any_password_comes_back_out_of_the_url(secret: str) -> None:
    url = Access("postgresql", "db:5432", "orders_f1", secret, "sslmode=require").url
    parts = urlsplit(url)
    assert (parts.hostname, parts.port, parts.path, parts.query) == ("db", 5432, "/orders_f1", "sslmode=require")
    assert unquote(parts.password or "") == secret
    assert password(SPEC, "orders_f1", {"OTHER": "x", "OLD_NAME": url}) == secret


@pytest.mark.parametrize(
    "value",
    ["", "secret", "postgresql://other:a@db/orders_f1", "postgresql://orders_f1:a@db/other", "http://[x", "//orders_f1:a@db/orders_f1"],
)  # fmt: skip
def test_values_of_others_are_not_taken_for_the_password(value: str) -> None:
    assert len(password(SPEC, "orders_f1", {"DATABASE_URL": value, "DB_PASSWORD": "b"})) > 30


def test_a_password_that_stands_by_itself() -> None:
    assert password(PARTS, "orders_f1", {"DB_PASSWORD": "b"}) == "b"
    assert len(password(PARTS, "orders_f1", {})) > 30


def test_new_passwords_differ_and_have_one_of_each_sort() -> None:
    made = {new_password() for _ in range(50)}
    assert len(made) == 50
    for each in made:
        assert set(each) <= set(string.ascii_letters + string.digits + "-_")
        assert all(
            set(each) & set(sort) for sort in (string.ascii_lowercase, string.ascii_uppercase, string.digits, "-_")
        )


def test_parts_of_the_access() -> None:
    access = Access("mysql", "[::1]:3306", "orders_f1", "pw")
    assert access.url == "mysql://orders_f1:pw@[::1]:3306/orders_f1"
    assert access.values(PARTS) == {"DB_HOST": "::1", "DB_PORT": "3306", "DB_PASSWORD": "pw"}
    several = Access("postgresql", "a:5432,b:5433", "orders_f1", "pw")
    assert several.url == "postgresql://orders_f1:pw@a:5432,b:5433/orders_f1"
    assert several.values(PARTS)["DB_HOST"] == "a"
    assert "pw" not in repr(access)


def test_marks_come_back_from_the_comment() -> None:
    mark = begun(SCOPE, "abc")
    assert (
        mark.text()
        == "devstack.dev/stack=acme-shop-7,devstack.dev/service=orders,devstack.dev/label=f1,state=filling,content=abc"
    )
    assert parsed(mark.text()) == mark
    done = ended(mark, "m", "")
    assert parsed(done.text()) == done
    assert (done.state, done.facts()) == (READY, {"content": "abc", "migrated": "m", "seeded": ""})
    assert done.belongs(SCOPE)
    assert not Mark("acme-shop-70", "orders", SCOPE.label).belongs(SCOPE)


@pytest.mark.parametrize(
    "comment", [None, "", "the orders", "devstack.dev/stack=x", "devstack.dev/stack=,devstack.dev/service=y", "a=b,=,=c"]
)
def test_other_comments_are_no_marks(comment: str | None) -> None:
    assert parsed(comment) is None


def test_what_is_on_record_stands_for_the_mark() -> None:
    facts = {"content": "", "migrated": "m", "seeded": "s", "more": 1}
    assert recorded(facts, SCOPE, filling=False) == Mark("acme-shop-7", "orders", SCOPE.label, READY, "", "m", "s")
    assert recorded(facts, SCOPE, filling=True).state == FILLING
    assert recorded({}, SCOPE, filling=False).state == FILLING
