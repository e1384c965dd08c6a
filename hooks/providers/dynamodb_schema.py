"""What a table of DynamoDB is like, as a value: read from a description, compared, written as a request. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Keys = tuple[str, ...]  # the attribute that spreads the items, then the one that orders them, if any
Units = tuple[int, int]  # reads and writes a second that are paid for

ROLES = ("HASH", "RANGE")


@dataclass(frozen=True, slots=True)
class Index:
    """A second way into a table."""

    keys: Keys
    projection: str = "ALL"  # ALL | KEYS_ONLY | INCLUDE
    attributes: tuple[str, ...] = ()  # with INCLUDE
    units: Units | None = None


@dataclass(frozen=True, slots=True)
class Schema:
    """A table without its items. `units` is None where each request is paid for by itself."""

    keys: Keys
    types: Mapping[str, str]  # of all attributes in keys: S | N | B
    indexes: Mapping[str, Index] = field(default_factory=dict)
    local_indexes: Mapping[str, Index] = field(default_factory=dict)
    units: Units | None = None
    stream: str = ""
    ttl: str = ""

    @property
    def core(self) -> tuple[Any, ...]:
        """What cannot be changed of a table that exists."""
        used = {*self.keys, *(key for index in self.local_indexes.values() for key in index.keys)}
        return self.keys, {key: self.types.get(key) for key in used}, dict(self.local_indexes)


def described(table: Mapping[str, Any], ttl: Mapping[str, Any] | None = None) -> Schema:
    """The schema of a table by what `DescribeTable` and `DescribeTimeToLive` say of it."""
    on_demand = table.get("BillingModeSummary", {}).get("BillingMode") == "PAY_PER_REQUEST"
    stream, lives = table.get("StreamSpecification") or {}, ttl or {}
    found = Schema(
        keys=_keys(table["KeySchema"]),
        types={each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]},
        indexes={
            each["IndexName"]: _index(each, priced=not on_demand)
            for each in table.get("GlobalSecondaryIndexes") or ()
            if each.get("IndexStatus") != "DELETING"
        },
        local_indexes={
            each["IndexName"]: _index(each, priced=False) for each in table.get("LocalSecondaryIndexes") or ()
        },
        units=None if on_demand else _units(table),
        stream=stream.get("StreamViewType", "") if stream.get("StreamEnabled") else "",
        ttl=lives.get("AttributeName", "") if lives.get("TimeToLiveStatus") in {"ENABLED", "ENABLING"} else "",
    )
    return replace(found, types={each["AttributeName"]: each["AttributeType"] for each in _definitions(found)})


def creation(schema: Schema) -> dict[str, Any]:
    """What `CreateTable` is to be asked, without name and tags."""
    wanted: dict[str, Any] = {
        "AttributeDefinitions": _definitions(schema),
        "KeySchema": _key_schema(schema.keys),
        **_billing(schema.units),
    }
    if schema.indexes:
        wanted["GlobalSecondaryIndexes"] = [_written(name, each, schema) for name, each in schema.indexes.items()]
    if schema.local_indexes:
        wanted["LocalSecondaryIndexes"] = [_written(name, each, None) for name, each in schema.local_indexes.items()]
    if schema.stream:
        wanted["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": schema.stream}
    return wanted


def updates(has: Schema, wanted: Schema) -> Iterator[dict[str, Any]]:
    """What `UpdateTable` is to be asked, one after the other: DynamoDB changes one index at a time.

    How many units are paid for is not followed: where the base scales by itself, it changes all the time.
    """
    kept = {name: index for name, index in has.indexes.items() if _shape(has, name) == _shape(wanted, name)}
    for name in (name for name in has.indexes if name not in kept):
        yield {"GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": name}}]}
    if (has.units is None) != (wanted.units is None):
        priced = [
            {"Update": {"IndexName": name, **_throughput(wanted.indexes[name].units or wanted.units)}} for name in kept
        ]
        yield {**_billing(wanted.units), **({"GlobalSecondaryIndexUpdates": priced} if priced and wanted.units else {})}
    if has.stream and has.stream != wanted.stream:
        yield {"StreamSpecification": {"StreamEnabled": False}}
    if wanted.stream and has.stream != wanted.stream:
        yield {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": wanted.stream}}
    for name, index in wanted.indexes.items():
        if name not in kept:
            kept[name] = index
            create = {"Create": _written(name, index, wanted)}
            yield {
                "GlobalSecondaryIndexUpdates": [create],
                "AttributeDefinitions": _definitions(replace(wanted, indexes=kept)),
            }


def _index(found: Mapping[str, Any], *, priced: bool) -> Index:
    projection = found.get("Projection", {})
    return Index(
        keys=_keys(found["KeySchema"]),
        projection=projection.get("ProjectionType", "ALL"),
        attributes=tuple(sorted(projection.get("NonKeyAttributes") or ())),
        units=_units(found) if priced else None,
    )


def _written(name: str, index: Index, table: Schema | None) -> dict[str, Any]:
    """`table` is given for indexes that are paid for by themselves."""
    more = {"NonKeyAttributes": list(index.attributes)} if index.projection == "INCLUDE" else {}
    units = (index.units or table.units) if table and table.units else None
    return {
        "IndexName": name,
        "KeySchema": _key_schema(index.keys),
        "Projection": {"ProjectionType": index.projection, **more},
        **(_throughput(units) if units else {}),
    }


def _shape(schema: Schema, name: str) -> tuple[Any, ...] | None:
    """What cannot be changed of an index."""
    index = schema.indexes.get(name)
    if index is None:
        return None
    return index.keys, [schema.types[key] for key in index.keys], index.projection, index.attributes


def _keys(schema: Iterable[Mapping[str, str]]) -> Keys:
    found = sorted(schema, key=lambda each: ROLES.index(each["KeyType"]))
    return tuple(each["AttributeName"] for each in found)


def _key_schema(keys: Keys) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": role} for name, role in zip(keys, ROLES, strict=False)]


def _definitions(schema: Schema) -> list[dict[str, str]]:
    """DynamoDB takes no definition of an attribute that is in no key."""
    indexes = (*schema.indexes.values(), *schema.local_indexes.values())
    used = dict.fromkeys([*schema.keys, *(key for index in indexes for key in index.keys)])
    return [{"AttributeName": name, "AttributeType": schema.types[name]} for name in used]


def _billing(units: Units | None) -> dict[str, Any]:
    return {"BillingMode": "PROVISIONED", **_throughput(units)} if units else {"BillingMode": "PAY_PER_REQUEST"}


def _throughput(units: Units | None) -> dict[str, Any]:
    reads, writes = units or (1, 1)
    return {"ProvisionedThroughput": {"ReadCapacityUnits": reads, "WriteCapacityUnits": writes}}


def _units(found: Mapping[str, Any]) -> Units:
    throughput = found.get("ProvisionedThroughput") or {}
    return max(1, throughput.get("ReadCapacityUnits", 1)), max(1, throughput.get("WriteCapacityUnits", 1))
