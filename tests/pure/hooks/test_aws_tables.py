"""Tables of DynamoDB as values: written, read back, compared; and the items of a file."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks.contract import Problem
from hooks.providers import dynamodb_items
from hooks.providers.dynamodb_schema import Index, Schema, creation, described, updates

attributes = st.sampled_from("abcdefgh")
keys = st.lists(attributes, min_size=1, max_size=2, unique=True).map(tuple)
names = st.text("xyz", min_size=3, max_size=5)
units = st.tuples(st.integers(1, 9), st.integers(1, 9))
projections = st.one_of(
    st.sampled_from([("ALL", ()), ("KEYS_ONLY", ())]),
    st.lists(attributes, min_size=1, unique=True).map(lambda found: ("INCLUDE", tuple(sorted(found)))),
)


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    own: tuple[str, ...] = draw(keys)
    priced = draw(st.none() | units)

    def index(first: str | None, price: Any) -> Index:
        found = (first, draw(attributes.filter(lambda each: each != first))) if first else draw(keys)
        projection, held = draw(projections)
        return Index(found, projection, held, price)

    indexes = {name: index(None, priced and draw(units)) for name in draw(st.lists(names, max_size=3, unique=True))}
    local = {f"l{name}": index(own[0], None) for name in draw(st.lists(names, max_size=2, unique=True))}
    used = {*own, *(key for each in (*indexes.values(), *local.values()) for key in each.keys)}
    return Schema(
        own, {each: draw(st.sampled_from("SNB")) for each in used}, indexes, local, priced,
        draw(st.sampled_from(["", "NEW_IMAGE", "KEYS_ONLY"])),
    )  # fmt: skip


def answer(schema: Schema) -> dict[str, Any]:
    """How DynamoDB describes a table that was made so."""
    asked = creation(schema)
    return {**asked, "BillingModeSummary": {"BillingMode": asked["BillingMode"]}}


@given(schemas())
def test_what_is_made_is_what_is_read(schema: Schema) -> None:
    assert described(answer(schema)) == schema


@given(schemas())
def test_nothing_is_to_be_done_where_nothing_changed(schema: Schema) -> None:
    assert list(updates(schema, schema)) == []


@given(schemas(), schemas())
def test_one_index_is_changed_at_a_time_and_all_of_them_in_the_end(has: Schema, wanted: Schema) -> None:
    there = dict(has.indexes)
    for update in updates(has, wanted):
        changes = [each for each in update.get("GlobalSecondaryIndexUpdates", []) if "Update" not in each]
        assert len(changes) <= 1
        for each in changes:
            if "Delete" in each:
                del there[each["Delete"]["IndexName"]]
            else:
                name = each["Create"]["IndexName"]
                assert name not in there
                there[name] = wanted.indexes[name]
        if "AttributeDefinitions" in update:  # of just what is in keys at that moment, or DynamoDB refuses it
            used = {
                *wanted.keys,
                *(key for index in (*there.values(), *wanted.local_indexes.values()) for key in index.keys),
            }
            assert {each["AttributeName"] for each in update["AttributeDefinitions"]} == used
    assert {name: index.keys for name, index in there.items()} == {
        name: index.keys for name, index in wanted.indexes.items()
    }


def test_an_index_whose_key_changes_its_type_is_made_anew() -> None:
    index = {"by-sum": Index(("sum",))}
    steps = list(
        updates(Schema(("id",), {"id": "S", "sum": "S"}, index), Schema(("id",), {"id": "S", "sum": "N"}, index))
    )
    assert [next(iter(each["GlobalSecondaryIndexUpdates"][0])) for each in steps] == ["Delete", "Create"]
    assert steps[1]["AttributeDefinitions"][1] == {"AttributeName": "sum", "AttributeType": "N"}


def test_an_older_table_says_nothing_of_how_it_is_paid() -> None:
    table = {
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
    }
    ttl = {"TimeToLiveStatus": "ENABLED", "AttributeName": "until"}
    assert described(table, ttl) == Schema(("id",), {"id": "S"}, units=(5, 6), ttl="until")
    assert described(table, {**ttl, "TimeToLiveStatus": "DISABLED"}).ttl == ""


def test_how_much_is_paid_for_is_not_followed_but_whether_it_is() -> None:
    index = Index(("who",), units=(1, 1))
    one = Schema(("id",), {"id": "S", "who": "S"}, {"by-who": index}, units=(5, 5))
    assert list(updates(one, Schema(("id",), one.types, {"by-who": index}, units=(9, 9)))) == []
    free = Schema(("id",), one.types, {"by-who": Index(("who",))})
    assert [each["BillingMode"] for each in updates(one, free)] == ["PAY_PER_REQUEST"]
    [paid] = updates(free, one)
    assert paid["BillingMode"] == "PROVISIONED"
    assert paid["GlobalSecondaryIndexUpdates"][0]["Update"]["IndexName"] == "by-who"


def test_what_makes_a_new_table_necessary() -> None:
    one = Schema(("id",), {"id": "S", "who": "S"}, {"by-who": Index(("who",))})
    assert one.core == Schema(("id",), {"id": "S"}).core
    assert one.core != Schema(("id",), {"id": "N"}).core
    assert one.core != Schema(("id", "at"), {"id": "S", "at": "S"}).core
    assert one.core != Schema(("id",), {"id": "S", "who": "S"}, {}, {"local": Index(("id", "who"))}).core


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3),
    max_leaves=8,
)


def back(value: dict[str, Any]) -> Any:
    [(kind, held)] = value.items()
    match kind:
        case "NULL":
            return None
        case "N":
            return int(held)
        case "L":
            return [back(each) for each in held]
        case "M":
            return {key: back(each) for key, each in held.items()}
    return held


@given(st.lists(st.dictionaries(st.text("abc", min_size=1), plain, max_size=4), max_size=4))
def test_plain_items_are_what_they_were(items: list[dict[str, Any]]) -> None:
    lines = "\n".join(json.dumps({"id": "1", **each}) for each in items)
    found = dynamodb_items.parse(lines, "items.jsonl", ["id"])
    assert [back({"M": each}) for each in found] == [{"id": "1", **each} for each in items]


def test_numbers_keep_every_digit() -> None:
    [item] = dynamodb_items.parse('{"id": 1, "sum": 0.1000000000000000055511151231}', "f", ["id"])
    assert item["sum"] == {"N": "0.1000000000000000055511151231"}


@pytest.mark.parametrize(
    "line", ['{"id": {"S": "1"}, "x": {"B": "no base64!"}}', '{"id": {"S": "1"}, "x": {"BS": ["?"]}}']
)
def test_bytes_that_are_no_base64(line: str) -> None:
    with pytest.raises(Problem, match="`f`, line 1"):
        dynamodb_items.parse(line, "f", ["id"])
