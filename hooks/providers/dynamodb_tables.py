"""Tables of DynamoDB, one at a time. They are made, changed and removed slowly: each step waits for the one before."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hooks.contract import Scope, Unreachable
from hooks.providers import aws_marks as marks
from hooks.providers import dynamodb_schema as schemas
from hooks.providers.aws_errors import unless

if TYPE_CHECKING:
    from hooks.world import World

GONE = frozenset({"ResourceNotFoundException", "ResourceNotFound", "TableNotFoundException"})
FIRST_WAIT, LONGEST_WAIT = 0.1, 2.0  # seconds between looks

Table = Mapping[str, Any]  # as DynamoDB describes it


def described(dynamodb: Any, table: str) -> Table | None:
    """What DynamoDB says of a table; None where there is none."""
    answer = unless(GONE, dynamodb.describe_table, TableName=table)
    if answer is None:
        return None
    found: Table = answer["Table"]
    return found


def schema(dynamodb: Any, table: Table) -> schemas.Schema:
    """The schema of a table, with its time to live."""
    answer = unless(GONE, dynamodb.describe_time_to_live, TableName=table["TableName"]) or {}
    return schemas.described(table, answer.get("TimeToLiveDescription"))


def tags(dynamodb: Any, table: Table) -> dict[str, str] | None:
    """The tags of a table; None where it is gone by now."""
    found: dict[str, str] = {}
    token: dict[str, str] = {}
    while True:
        answer = unless(GONE, dynamodb.list_tags_of_resource, ResourceArn=table["TableArn"], **token)
        if answer is None:
            return None
        found |= marks.read(answer.get("Tags", ()))
        if not answer.get("NextToken"):
            return found
        token = {"NextToken": answer["NextToken"]}


def own(dynamodb: Any, table: str, scope: Scope) -> tuple[Table, dict[str, str]] | None:
    """A table of ours and its tags; None where there is none. Foreign where it is somebody else's."""
    found = described(dynamodb, table)
    has = tags(dynamodb, found) if found else None
    if found is None or has is None:
        return None
    if not marks.ours(has, scope):
        raise marks.stranger(f"the table `{table}`", has, scope)
    return found, has


def make(world: "World", dynamodb: Any, table: str, wanted: schemas.Schema, scope: Scope, server: str) -> Table:
    """A new table, once it can be used."""
    dynamodb.create_table(TableName=table, Tags=marks.listed(scope), **schemas.creation(wanted))
    return _there(settled(world, dynamodb, table, server), table, server)


def alter(world: "World", dynamodb: Any, table: Table, has: schemas.Schema, wanted: schemas.Schema, server: str) -> Table:
    """The table with what can be changed of it, once it can be used."""
    for update in schemas.updates(has, wanted):
        dynamodb.update_table(TableName=table["TableName"], **update)
        table = _there(settled(world, dynamodb, table["TableName"], server), table["TableName"], server)
    return table


def live(dynamodb: Any, table: str, has: str, wanted: str) -> str:
    """Let items die by the attribute `wanted`, or live where it is empty. Gives a warning where AWS does not let us:
    it takes one change an hour."""
    for attribute, enabled in ((has, False), (wanted, True)):
        if has == wanted or not attribute:
            continue
        setting = {"Enabled": enabled, "AttributeName": attribute}
        busy = frozenset({"ValidationException"})
        if unless(busy, dynamodb.update_time_to_live, TableName=table, TimeToLiveSpecification=setting) is None:
            return f"the time to live of `{table}` is not as it should be yet: AWS takes one change of it an hour"
    return ""


def delete(world: "World", dynamodb: Any, table: str, server: str) -> None:
    """Remove a table with its items; it is gone when this returns."""
    settled(world, dynamodb, table, server)  # what is being made or changed cannot be removed
    unless(GONE, dynamodb.delete_table, TableName=table)
    while settled(world, dynamodb, table, server):
        _wait(world, LONGEST_WAIT, table, server)


def settled(world: "World", dynamodb: Any, table: str, server: str) -> Table | None:
    """The table, once nothing of it is being made or changed; None once it is gone."""
    wait = FIRST_WAIT
    while True:
        found = described(dynamodb, table)
        if found is None or _quiet(found):
            return found
        _wait(world, wait, table, server)
        wait = min(wait * 2, LONGEST_WAIT)


def _quiet(table: Table) -> bool:
    indexes = table.get("GlobalSecondaryIndexes") or ()
    return all(
        status in {"ACTIVE", "ARCHIVED", "INACCESSIBLE_ENCRYPTION_CREDENTIALS"}
        for status in (table["TableStatus"], *(each.get("IndexStatus", "ACTIVE") for each in indexes))
    )


def _wait(world: "World", seconds: float, table: str, server: str) -> None:
    if world.stop.is_set() or world.seconds_left <= seconds:
        raise Unreachable(server, f"the table `{table}` was not ready in time")
    world.sleep(seconds)


def _there(found: Table | None, table: str, server: str) -> Table:
    if found is None:
        raise Unreachable(server, f"the table `{table}` is not to be seen yet")
    return found
