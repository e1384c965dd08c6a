"""A table of DynamoDB: like the base's, or as it is written here."""

import hashlib
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from hooks import files
from hooks.contract import Made, Problem, Receipt, Scope, Several, Shape, Variable
from hooks.contract import Spec as AnySpec
from hooks.providers import aws, dynamodb_items, dynamodb_schema
from hooks.providers import aws_marks as marks
from hooks.providers import dynamodb_tables as tables
from hooks.providers.aws_errors import translated
from hooks.sql.spec import RepositoryFile

if TYPE_CHECKING:
    from hooks.world import World

NAME_MOST = 255
PAGE = 100
STREAMS = Literal["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]

TableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+$", min_length=1, max_length=NAME_MOST)]
IndexName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+$", min_length=3, max_length=NAME_MOST)]
AttributeName = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class Key(Shape):
    """An attribute that items are found by."""

    name: AttributeName
    """Its name."""
    type: Literal["S", "N", "B"] = "S"
    """S for text, N for numbers, B for bytes."""


class Index(Shape):
    """A second way to find items."""

    name: IndexName
    """Its name."""
    keys: Annotated[tuple[Key, ...], Several] = Field(min_length=1, max_length=2)
    """The attribute that items are found by, and the one that orders them, if any."""
    local: bool = False
    """Whether it begins with the table's own first key and is as consistent as the table. Cannot be changed later."""
    attributes: Annotated[tuple[AttributeName, ...], Several] | Literal["all", "keys"] = "all"
    """What it holds of each item: `all`, only the `keys`, or the attributes that are listed."""

    @property
    def index(self) -> dynamodb_schema.Index:
        """As a value."""
        keys = tuple(each.name for each in self.keys)
        if isinstance(self.attributes, str):
            return dynamodb_schema.Index(keys, "ALL" if self.attributes == "all" else "KEYS_ONLY")
        return dynamodb_schema.Index(keys, "INCLUDE", tuple(sorted(self.attributes)))


class Items(Shape):
    """What the table begins with; put there once, when it is new, and again where this or its file changes."""

    copy_: bool = Field(False, alias="copy")
    """Copy items of the table that it is like."""
    limit: int = Field(1000, ge=1, le=100_000)
    """How many are copied at most. Reading them uses the base table's capacity."""
    file: RepositoryFile | None = None
    """A file of the repository, path from its root: one item a line, as JSON, plain or in DynamoDB's own spelling."""

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if self.copy_ == (self.file is not None):
            raise ValueError("needs `copy: true` or `file`, and not both")
        if self.file and "limit" in self.model_fields_set:
            raise ValueError("`limit` goes with `copy` only")
        return self


class Spec(AnySpec):
    """A table of DynamoDB: `<name>-<label>`. Where its keys or local indexes change, it is made anew, with a warning;
    all else is altered."""

    default_provider = "aws"

    kind: Literal["dynamodb"]
    name: TableName = Field(examples=["orders"])
    """Name of the table, without the label."""
    like: TableName | None = None
    """A table of the base: keys, indexes, billing, stream and time to live are copied. Read anew at every deploy."""
    keys: Annotated[tuple[Key, ...], Several] = Field((), max_length=2)
    """Without `like`: the attribute that items are found by, and the one that orders them, if any."""
    indexes: Annotated[tuple[Index, ...], Several] = Field((), max_length=20)
    """Without `like`: further ways to find items."""
    ttl: AttributeName | None = None
    """Without `like`: the attribute that tells when an item dies."""
    stream: STREAMS | None = None
    """Without `like`: what the stream of changes holds."""
    items: Items | None = None
    """What it begins with."""
    env: Variable | None = Field(None, examples=["ORDERS_TABLE"])
    """Variable that gets the table's real name."""
    stream_env: Variable | None = Field(None, alias="streamEnv")
    """Variable that gets the ARN of the stream of changes."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.like is None) == (not self.keys):
            raise ValueError("needs `like` or `keys`, and not both")
        if self.like and (self.indexes or self.ttl or self.stream):
            raise ValueError("`indexes`, `ttl` and `stream` are copied from `like`")
        if self.items and self.items.copy_ and not self.like:
            raise ValueError("`items: {copy: true}` needs `like`")
        if self.stream_env and not self.like and not self.stream:
            raise ValueError("`streamEnv` needs `stream`")
        if self.env and self.env == self.stream_env:
            raise ValueError("`env` and `streamEnv` must be different variables")
        _types(self)
        return self


def name(spec: Spec, scope: Scope) -> str:
    """The table's real name."""
    return scope.name(spec.name, NAME_MOST)


def env(spec: Spec) -> tuple[str, ...]:
    """The variables that it gives."""
    return tuple(each for each in (spec.env, spec.stream_env) if each)


def needs(spec: Spec) -> tuple[tuple[str, str], ...]:  # noqa: ARG001
    """Nothing: the table that it is like is the base's."""
    return ()


def check(world: "World", spec: Spec, scope: Scope, before: Receipt | None) -> None:  # noqa: ARG001
    """Whether DynamoDB answers, the name is free or ours, and what it is made from is there."""
    with translated(world, spec.server, "dynamodb"):
        dynamodb = aws.client(world, spec.server, "dynamodb")
        tables.own(dynamodb, name(spec, scope), scope)
        wanted = _wanted(dynamodb, spec)
    if spec.items and spec.items.file:
        dynamodb_items.parse(files.read(world, spec.items.file), spec.items.file, wanted.keys)


def ensure(world: "World", spec: Spec, scope: Scope, before: Receipt | None) -> Made:  # noqa: ARG001
    """The table; its items stay, unless its keys changed."""
    table, server = name(spec, scope), aws.access(world, spec.server, "dynamodb").server
    with translated(world, spec.server, "dynamodb", busy=tables.GONE):
        dynamodb = aws.client(world, spec.server, "dynamodb")
        wanted, seeded, warning = _wanted(dynamodb, spec), "", ""
        found = tables.own(dynamodb, table, scope)
        there = tables.settled(world, dynamodb, table, server) if found else None
        has = there and tables.schema(dynamodb, there)
        if has and has.core != wanted.core:
            tables.delete(world, dynamodb, table, server)
            there, has = None, None
            warning = f"the table `{table}` was made anew, since its keys or local indexes changed: its items are lost"
        if there and has:
            there = tables.alter(world, dynamodb, there, has, wanted, server)
            seeded = found[1].get(marks.MARK_SEED, "") if found else ""
        else:
            there = tables.make(world, dynamodb, table, wanted, scope, server)
        warning = warning or tables.live(dynamodb, table, has.ttl if has else "", wanted.ttl)
        _seed(world, spec, dynamodb, there, wanted, seeded)
    given = {spec.env: table, spec.stream_env: there.get("LatestStreamArn", "")}
    return Made(id=there["TableArn"], values={key: value for key, value in given.items() if key}, warning=warning)


def remove(world: "World", receipt: Receipt, scope: Scope) -> bool:
    """The table, with its items."""
    server = aws.access(world, receipt.provider, "dynamodb").server
    with translated(world, receipt.provider, "dynamodb"):
        dynamodb = aws.client(world, receipt.provider, "dynamodb")
        there = tables.described(dynamodb, receipt.name)
        if there is None or not marks.ours(tables.tags(dynamodb, there) or {}, scope):
            return False
        tables.delete(world, dynamodb, receipt.name, server)
    return True


def find(world: "World", scope: Scope, provider: str) -> list[Receipt]:
    """All tables of this service under this label."""
    with translated(world, provider, "dynamodb"):
        dynamodb = aws.client(world, provider, "dynamodb")
        pages = dynamodb.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": PAGE})
        names = [each for page in pages for each in page["TableNames"] if marks.could_be(each, scope)]
        found = [each for each in marks.side_by_side(lambda each: tables.described(dynamodb, each), names) if each]
        tags = marks.side_by_side(lambda each: tables.tags(dynamodb, each), found)
    return [
        Receipt("dynamodb", each["TableName"], scope.service, provider, state="ready", id=each["TableArn"])
        for each, has in zip(found, tags, strict=True)
        if marks.ours(has or {}, scope)
    ]


def _wanted(dynamodb: Any, spec: Spec) -> dynamodb_schema.Schema:
    if spec.like is None:
        return dynamodb_schema.Schema(
            keys=tuple(each.name for each in spec.keys),
            types=_types(spec),
            indexes={each.name: each.index for each in spec.indexes if not each.local},
            local_indexes={each.name: each.index for each in spec.indexes if each.local},
            stream=spec.stream or "",
            ttl=spec.ttl or "",
        )
    base = tables.described(dynamodb, spec.like)
    if base is None:
        raise Problem(f"the base has no table `{spec.like}`", "Correct `like`, or create it there first.")
    return tables.schema(dynamodb, base)


def _types(spec: Spec) -> dict[str, str]:
    """Type of each attribute that is in a key. ValueError where it is given two."""
    types: dict[str, str] = {}
    for key in (*spec.keys, *(key for index in spec.indexes for key in index.keys)):
        if types.setdefault(key.name, key.type) != key.type:
            raise ValueError(f"the attribute `{key.name}` is given two types")
    return types


def _seed(
    world: "World", spec: Spec, dynamodb: Any, table: tables.Table, schema: dynamodb_schema.Schema, seeded: str
) -> None:
    wish, server = spec.items, aws.access(world, spec.server, "dynamodb").server
    if wish is None:
        return
    text = files.read(world, wish.file) if wish.file else ""
    digest = hashlib.sha256(f"{spec.like} {wish.model_dump_json()} {text}".encode()).hexdigest()[:16]
    if seeded == digest:
        return
    if wish.file:
        items = iter(dynamodb_items.parse(text, wish.file, schema.keys))
    else:
        items = dynamodb_items.copied(dynamodb, spec.like or "", wish.limit)
    dynamodb_items.put(world, dynamodb, table["TableName"], items, server)
    dynamodb.tag_resource(ResourceArn=table["TableArn"], Tags=[{"Key": marks.MARK_SEED, "Value": digest}])
