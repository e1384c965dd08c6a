"""Items that a table begins with: copied from the base's table, or lines of JSON in the repository."""

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

from hooks.contract import Problem, Unreachable

if TYPE_CHECKING:
    from hooks.world import World

BATCH = 25  # items that DynamoDB takes at once
PAGE = 1000
TRIES = 6
TYPES = frozenset({"S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"})

Item = dict[str, Any]  # attributes as DynamoDB writes them: {"id": {"S": "1"}}


def parse(text: str, path: str, keys: Sequence[str]) -> list[Item]:
    """The items of a file: one JSON object a line, plain or in DynamoDB's own spelling. Problem with the line."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            item = json.loads(line, parse_float=Decimal)
        except ValueError as error:
            raise Problem(f"`{path}`, line {number}: no JSON", "Each line is one item: a JSON object.") from error
        if not isinstance(item, dict):
            raise Problem(f"`{path}`, line {number}: no JSON object", "Each line is one item: a JSON object.")
        missing = [key for key in keys if item.get(key) in (None, "")]
        if missing:
            raise Problem(f"`{path}`, line {number}: the item has no `{missing[0]}`", "Every item has the table's keys.")
        try:
            found.append(_binary(item) if _typed(item) else {key: _attribute(value) for key, value in item.items()})
        except ValueError as error:
            raise Problem(f"`{path}`, line {number}: {error}", "Write the item as DynamoDB has it.") from error
    return found


def copied(dynamodb: Any, table: str, most: int) -> Iterator[Item]:
    """The items of a table, at most so many, in no order."""
    start: dict[str, Any] = {}
    while most > 0:
        answer = dynamodb.scan(TableName=table, Limit=min(PAGE, most), **start)
        yield from answer["Items"]
        most -= len(answer["Items"])
        if not answer.get("LastEvaluatedKey"):
            return
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def put(world: "World", dynamodb: Any, table: str, items: Iterable[Item], server: str) -> None:
    """Write the items; what has the same key is overwritten."""
    left = iter(items)
    while batch := list(islice(left, BATCH)):
        _put(world, dynamodb, table, [{"PutRequest": {"Item": item}} for item in batch], server)


def _put(world: "World", dynamodb: Any, table: str, requests: list[Any], server: str) -> None:
    wait = 0.1
    for _ in range(TRIES):
        answer = dynamodb.batch_write_item(RequestItems={table: requests})
        requests = answer.get("UnprocessedItems", {}).get(table, [])
        if not requests:
            return
        if world.stop.is_set() or world.seconds_left <= wait:
            break
        world.sleep(wait)
        wait *= 2
    raise Unreachable(server, f"the table `{table}` takes no more items at the moment")


def _typed(item: Item) -> bool:
    """Whether every attribute is written as `{"S": …}`."""
    return all(isinstance(value, dict) and len(value) == 1 and TYPES.issuperset(value) for value in item.values())


def _binary(value: Any) -> Any:
    """DynamoDB's own spelling, with bytes where it has base64."""
    if isinstance(value, dict):
        if len(value) == 1 and isinstance(value.get("B"), str):
            return {"B": base64.b64decode(value["B"], validate=True)}
        if len(value) == 1 and isinstance(value.get("BS"), list):
            return {"BS": [base64.b64decode(each, validate=True) for each in value["BS"]]}
        return {key: _binary(each) for key, each in value.items()}
    return [_binary(each) for each in value] if isinstance(value, list) else value


def _attribute(value: Any) -> dict[str, Any]:
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case int() | Decimal():
            return {"N": str(value)}
        case str():
            return {"S": value}
        case list():
            return {"L": [_attribute(each) for each in value]}
    return {"M": {key: _attribute(each) for key, each in value.items()}}
