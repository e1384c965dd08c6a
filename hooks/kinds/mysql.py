"""`mysql`: a database of MySQL or MariaDB with a user of its own; empty, copied from a template, or loaded from a dump."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, StringConstraints

from hooks.contract import Made, Receipt, Scope
from hooks.sql import making
from hooks.sql.spec import Database

if TYPE_CHECKING:
    from hooks.sql.mysql.server import Server
    from hooks.world import World

NAME_MOST = 32  # MySQL's limit for users; databases may have 64, and share the name

# In lower case: whether `Orders` and `orders` are one depends on the server's disk.
Name = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_-]{0,62}$")]
Template = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,62}$")]


class Spec(Database):
    """A database of the feature's own on MySQL or MariaDB, `<database>_<label>`, with a user of the same name that has
    all rights in it and none outside."""

    default_provider: ClassVar[str] = "mysql"

    kind: Literal["mysql"]
    database: Name = Field(examples=["orders"])
    """The base's name of it; the feature's own gets the label behind it."""
    template: Template | None = Field(None, examples=["orders"])
    """A database on the same server that is copied: tables with their rows, views, routines and triggers."""


def name(spec: Spec, scope: Scope) -> str:
    """`orders_feature1`, for database and user."""
    return scope.name(spec.database, NAME_MOST, "_")


def env(spec: Spec) -> tuple[str, ...]:
    """As many as the spec names."""
    return tuple(spec.variables.values())


def needs(spec: Spec) -> tuple[tuple[str, str], ...]:  # noqa: ARG001
    """Nothing: the template is the base's."""
    return ()


def files(spec: Spec) -> tuple[str, ...]:
    """The files of the repository that the hook must have."""
    return spec.repository_files


def check(world: "World", spec: Spec, scope: Scope, before: Receipt | None) -> None:
    """Does the server answer, may we, is the name free or ours; is there what it is to be filled from?"""
    from hooks.providers import mysql
    from hooks.sql.mysql import script, state

    told = mysql.server(world, spec.server)
    with mysql.connection(world, spec.server) as connection:
        state.check_rights(connection, told)
        server = _server(world, spec.server, scope, name(spec, scope), before)
        if making.checked(world, spec, server, script.pieces) and spec.template is not None:
            state.check_template(connection, spec.template, told)


def ensure(world: "World", spec: Spec, scope: Scope, before: Receipt | None) -> Made:
    """Database and user, filled, migrated and seeded."""
    server = _server(world, spec.server, scope, name(spec, scope), before, spec.template)
    return making.ensure(world, spec, scope, server, before)


def remove(world: "World", receipt: Receipt, scope: Scope) -> bool:
    """Database and user. Where the database of this name is not ours, ours is gone."""
    return _server(world, receipt.provider or Spec.default_provider, scope, receipt.name, receipt).drop()


def find(world: "World", scope: Scope, provider: str) -> list[Receipt]:
    """By the comments on databases, which MariaDB has since 10.5; on MySQL there is none, and the record must do."""
    from hooks.providers import mysql
    from hooks.sql.mysql import state

    provider = provider or Spec.default_provider
    with mysql.connection(world, provider) as connection:
        names = state.marked(connection, scope)
    return [Receipt("mysql", each, scope.service, provider, id=each) for each in names]


def _server(
    world: "World", provider: str, scope: Scope, name: str, before: Receipt | None, template: str | None = None
) -> "Server":
    from hooks.sql.mysql.server import Server

    return Server(world, provider, scope, name, before, template)
