"""Tables on a real server."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hooks import files
from hooks.contract import Problem, Unreachable
from hooks.providers import aws_marks, dynamodb_schema, dynamodb_tables
from model import names
from tests.cluster.kinds import aws
from tests.cluster.kinds.aws import Answer, Place

pytestmark = [pytest.mark.cluster, pytest.mark.backends("moto")]

ID = [{"name": "id"}]


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with aws.place("dynamodb", request) as made:
        made.world = made.fresh(**{files.FOLDER_VARIABLE: str(tmp_path)})
        yield made


@pytest.fixture
def base(place: Place) -> str:
    """The base's table: two keys, both sorts of index, paid by units, with stream and time to live; three items."""
    table, dynamodb = f"orders-{place.id}", place.client()
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 4}
    stranger(
        place, table, [],
        AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in ("id", "at", "who")],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[{
            "IndexName": "by-who", "KeySchema": [{"AttributeName": "who", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["sum"]}, "ProvisionedThroughput": units,
        }],
        LocalSecondaryIndexes=[{
            "IndexName": "local-who",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "who", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }],
        BillingMode="PROVISIONED", ProvisionedThroughput=units,
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )  # fmt: skip
    dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"})
    for number in range(3):
        put(place, table, id=str(number), at="now", who="ada")
    return table


def stranger(place: Place, name: str, tags: list[dict[str, str]], **schema: Any) -> str:
    """A table that somebody else has made."""
    dynamodb = place.client()
    plain = {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST",
    }  # fmt: skip
    dynamodb.create_table(TableName=name, Tags=tags, **(schema or plain))
    place.later(lambda: dynamodb.delete_table(TableName=name))
    return name


def put(place: Place, table: str, **attributes: str) -> None:
    place.client().put_item(TableName=table, Item={key: {"S": value} for key, value in attributes.items()})


def items(place: Place, table: str) -> list[Any]:
    found = place.client().scan(TableName=table)["Items"]
    return sorted(found, key=str)


def schema(place: Place, table: str) -> dynamodb_schema.Schema:
    described = dynamodb_tables.described(place.client(), table)
    assert described
    return dynamodb_tables.schema(place.client(), described)


def test_a_table_is_made_as_it_is_written(place: Place) -> None:
    made = place.ensure(
        name="orders",
        keys=[{"name": "id"}, {"name": "at", "type": "N"}],
        indexes=[
            {"name": "by-who", "keys": [{"name": "who"}]},
            {"name": "by-sum", "keys": [{"name": "id"}, {"name": "sum", "type": "N"}], "local": True, "attributes": "keys"},
        ],
        ttl="until", stream="NEW_IMAGE", env="TABLE", streamEnv="STREAM",
    )  # fmt: skip
    table = made.values["TABLE"]
    assert table == f"orders-f{place.id}x"
    assert made.values["STREAM"].startswith(f"{made.id}/stream/")
    assert schema(place, table) == dynamodb_schema.Schema(
        keys=("id", "at"), types={"id": "S", "at": "N", "who": "S", "sum": "N"},
        indexes={"by-who": dynamodb_schema.Index(("who",))},
        local_indexes={"by-sum": dynamodb_schema.Index(("id", "sum"), "KEYS_ONLY")},
        stream="NEW_IMAGE", ttl="until",
    )  # fmt: skip
    tags = place.client().list_tags_of_resource(ResourceArn=made.id)["Tags"]
    assert sorted(tags, key=str) == sorted(aws.marked(place.scope), key=str)


def test_a_table_like_the_bases_is_like_it_and_empty(place: Place, base: str) -> None:
    table = place.ensure(name="orders", like=base, env="TABLE").values["TABLE"]
    assert schema(place, table) == schema(place, base)
    assert items(place, table) == []
    assert len(items(place, base)) == 3


def test_a_second_ensure_changes_nothing_and_keeps_the_items(place: Place, base: str) -> None:
    first = place.ensure(name="orders", like=base, env="TABLE", streamEnv="STREAM")
    put(place, first.values["TABLE"], id="mine", at="now")
    assert place.ensure(name="orders", like=base, env="TABLE", streamEnv="STREAM") == first
    assert len(items(place, first.values["TABLE"])) == 1


def test_what_the_base_changes_the_feature_follows(place: Place, base: str) -> None:
    table, dynamodb = place.ensure(name="orders", like=base, env="TABLE").values["TABLE"], place.client()
    put(place, table, id="mine", at="now")
    dynamodb.update_table(TableName=base, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-who"}}])
    create = {
        "IndexName": "by-at", "KeySchema": [{"AttributeName": "at", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"}, "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    }  # fmt: skip
    definitions = [{"AttributeName": each, "AttributeType": "S"} for each in ("id", "at", "who")]
    dynamodb.update_table(
        TableName=base, AttributeDefinitions=definitions, GlobalSecondaryIndexUpdates=[{"Create": create}]
    )
    dynamodb.update_table(TableName=base, BillingMode="PAY_PER_REQUEST")
    dynamodb.update_table(TableName=base, StreamSpecification={"StreamEnabled": False})
    dynamodb.update_time_to_live(TableName=base, TimeToLiveSpecification={"Enabled": False, "AttributeName": "until"})
    assert place.ensure(name="orders", like=base, env="TABLE").warning == ""
    assert schema(place, table) == schema(place, base)
    assert list(schema(place, table).indexes) == ["by-at"]
    assert len(items(place, table)) == 1


def test_a_changed_index_is_altered(place: Place) -> None:
    index = {"name": "by-who", "keys": [{"name": "who"}]}
    table = place.ensure(name="orders", keys=ID, indexes=[index], env="T").values["T"]
    put(place, table, id="mine")
    place.ensure(name="orders", keys=ID, indexes=[{**index, "keys": [{"name": "sum", "type": "N"}]}], stream="KEYS_ONLY")
    assert schema(place, table).indexes == {"by-who": dynamodb_schema.Index(("sum",))}
    assert schema(place, table).stream == "KEYS_ONLY"
    assert len(items(place, table)) == 1


def test_changed_keys_make_a_new_table_and_that_is_said(place: Place) -> None:
    table = place.ensure(name="orders", keys=ID, env="T").values["T"]
    put(place, table, id="mine")
    made = place.ensure(name="orders", keys=[{"name": "number", "type": "N"}])
    assert made.warning == (
        f"the table `{table}` was made anew, since its keys or local indexes changed: its items are lost"
    )
    assert schema(place, table).keys == ("number",)
    assert items(place, table) == []
    assert place.ensure(name="orders", keys=[{"name": "number", "type": "N"}]).warning == ""


def test_items_of_the_base_are_copied_once(place: Place, base: str) -> None:
    wish = {"copy": True, "limit": 2}
    table = place.ensure(name="orders", like=base, items=wish, env="T").values["T"]
    assert len(items(place, table)) == 2
    put(place, table, id="mine", at="now")
    place.ensure(name="orders", like=base, items=wish)
    assert len(items(place, table)) == 3
    place.ensure(name="orders", like=base, items={"copy": True})
    assert len(items(place, table)) == 4
    assert len(items(place, base)) == 3


def test_many_items_are_copied_page_by_page(place: Place, base: str) -> None:
    for number in range(70):
        put(place, base, id=f"more{number}", at="now")
    table = place.ensure(name="orders", like=base, items={"copy": True, "limit": 60}, env="T").values["T"]
    assert len(items(place, table)) == 60


def test_items_of_a_file_in_both_spellings(place: Place, tmp_path: Path) -> None:
    lines = [
        {"id": "1", "sum": 12.5, "count": 3, "paid": True, "note": None, "lines": [{"sku": "a"}, "b"], "empty": {}},
        {"id": {"S": "2"}, "tags": {"SS": ["x"]}, "blob": {"B": "aGVsbG8="}},
    ]
    text = "\n\n".join(json.dumps(each) for each in lines)
    (tmp_path / names.file_key("seed/items.jsonl")).write_bytes(gzip.compress(text.encode()))
    table = place.ensure(name="orders", keys=ID, items={"file": "seed/items.jsonl"}, env="T").values["T"]
    found = {each["id"]["S"]: each for each in items(place, table)}
    assert found["1"] == {
        "id": {"S": "1"}, "sum": {"N": "12.5"}, "count": {"N": "3"}, "paid": {"BOOL": True}, "note": {"NULL": True},
        "lines": {"L": [{"M": {"sku": {"S": "a"}}}, {"S": "b"}]}, "empty": {"M": {}},
    }  # fmt: skip
    assert found["2"] == {"id": {"S": "2"}, "tags": {"SS": ["x"]}, "blob": {"B": b"hello"}}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"id": "1"}\n{"id"', "line 2: no JSON"),
        ("[1]", "line 1: no JSON object"),
        ('{"name": "x"}', "line 1: the item has no `id`"),
    ],
)
def test_a_file_with_errors_is_told_with_its_line_before_anything_is_made(
    place: Place, tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / names.file_key("items.jsonl")).write_bytes(gzip.compress(text.encode()))
    with pytest.raises(Problem) as raised:
        place.check(name="orders", keys=ID, items={"file": "items.jsonl"})
    assert raised.value.sentence == f"`items.jsonl`, {words}"


def test_a_base_table_that_is_not_there_is_told_before_anything_is_made(place: Place) -> None:
    with pytest.raises(Problem, match="the base has no table `nowhere`"):
        place.check(name="orders", like="nowhere")


def test_a_table_that_was_deleted_by_hand_is_made_again(place: Place, base: str) -> None:
    first = place.ensure(name="orders", like=base, items={"copy": True}, env="T")
    place.client().delete_table(TableName=first.values["T"])
    assert place.ensure(name="orders", like=base, items={"copy": True}, env="T") == first
    assert len(items(place, first.values["T"])) == 3


def test_removed_is_gone_and_removing_again_is_no_fault(place: Place) -> None:
    table = place.ensure(name="orders", keys=ID, env="T").values["T"]
    put(place, table, id="mine")
    assert place.remove(name="orders", keys=ID)
    assert place.find() == []
    assert table not in place.client().list_tables()["TableNames"]
    assert not place.remove(name="orders", keys=ID)


@pytest.mark.parametrize("tags", aws.STRANGERS)
def test_a_table_of_somebody_else_is_left_alone(place: Place, tags: list[dict[str, str]]) -> None:
    name = stranger(place, f"orders-f{place.id}x", tags)
    put(place, name, id="theirs")
    assert place.foreign(name="orders", keys=[{"name": "other"}]).sentence.startswith(f"the table `{name}` ")
    assert len(items(place, name)) == 1


def test_tables_of_the_base_and_of_other_features_are_safe(place: Place, base: str) -> None:
    other = place.of("orders", label=f"f{place.id}x-2", stack="acme-shop-2")
    place.module.ensure(place.world, place.spec(name="orders", keys=ID), other, None)
    place.ensure(name="orders", like=base)
    assert [each.name for each in place.find()] == [f"orders-f{place.id}x"]
    assert place.remove(name="orders", like=base)
    assert len(items(place, base)) == 3
    [left] = place.find(other)
    assert place.module.remove(place.world, left, other)


def test_a_table_takes_its_time(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS makes and removes tables within seconds; this server at once. So its answers are made as slow as AWS's."""
    real, looks = dynamodb_tables.described, iter(["CREATING", "CREATING", "ACTIVE"])

    def slow(dynamodb: Any, table: str) -> Any:
        found = real(dynamodb, table)
        return found and {**found, "TableStatus": next(looks, "ACTIVE")}

    slept: list[float] = []
    place.world.sleep = slept.append
    monkeypatch.setattr(dynamodb_tables, "described", slow)
    place.module.ensure(place.world, place.spec(name="orders", keys=ID), place.scope, None)
    assert slept == [0.1, 0.2]
    looks = iter(["DELETING"] * 9)
    place.world.deadline = place.world.clock() + 0.05
    with pytest.raises(Unreachable, match="was not ready in time"):
        place.module.remove(place.world, place.receipt(name="orders", keys=ID), place.scope)


def test_a_seed_is_marked_only_when_all_of_it_is_there(place: Place, base: str) -> None:
    place.ensure(name="orders", like=base, items={"copy": True})
    described = dynamodb_tables.described(place.client(), f"orders-f{place.id}x")
    assert described
    assert aws_marks.MARK_SEED in (dynamodb_tables.tags(place.client(), described) or {})


def test_a_server_that_is_down() -> None:
    aws.down("dynamodb", name="orders", keys=ID)


def test_wrong_credentials() -> None:
    aws.wrong_credentials("dynamodb", name="orders", keys=ID)


def test_too_few_rights() -> None:
    aws.denied("dynamodb", name="orders", keys=ID)


def test_throttled() -> None:
    aws.throttled("dynamodb", name="orders", keys=ID)


@pytest.mark.parametrize("code", ["LimitExceededException", "ResourceInUseException"])
def test_tables_that_are_being_made_are_worth_another_try(code: str) -> None:
    with aws.answering("dynamodb", Answer(400, code, "Attempt to change a resource which is still in use")) as env:
        assert code in aws.said("dynamodb", env, Unreachable, name="orders", keys=ID)
