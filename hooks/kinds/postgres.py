"""`postgres`: a database with a role of its own; empty, copied from a template, or loaded from a dump."""

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, StringConstraints

from hooks.contract import Made, Receipt, Scope, Several
from hooks.sql import making
from hooks.sql.spec import Database

if TYPE_CHECKING:
    from hooks.sql.postgres.server import Server
    from hooks.world import World

NAME_MOST = 63  # bytes; all names are ASCII


def _free(name: str) -> str:
    if name.lower().startswith("pg_"):
        raise ValueError("must not begin with `pg_`: those names are the server's own")
    return name


Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,62}$")]
Extension = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,62}$")]


class Spec(Database):
    """A PostgreSQL database of the feature's own, `<database>_<label>`, with a login role of the same name that owns it
    and everything in it."""

    default_provider: ClassVar[str] = "postgres"

    kind: Literal["postgres"]
    database: Annotated[Name, AfterValidator(_free)] = Field(examples=["orders"])
    """The base's name of it; the feature's own gets the label behind it."""
    template: Name | None = Field(None, examples=["orders_template"])
    """A database on the same server that is copied. Nobody may be connected to it at that moment: a template of its own,
    such as a nightly copy of the base's, serves better than the base's database."""
    extensions: Annotated[tuple[Extension, ...], Several] = Field((), max_length=50, examples=[["pgcrypto"]])
    """Extensions to make in it, by the server's admin. They stay when they are taken out of the list."""


def name(spec: Spec, scope: Scope) -> str:
    """`orders_feature1`, for database and role."""
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


def check(world: "World", spec: Spec, scope: Scope, before: Receipt | None) -> None:  # noqa: ARG001
    """Does the server answer, may we, is the name free or ours; is there what it is to be filled from?"""
    from hooks.providers import postgres
    from hooks.sql.postgres import script, state

    told = postgres.server(world, spec.server)
    with postgres.connection(world, spec.server) as connection:
        state.check_rights(connection, told)
        state.check_extensions(connection, spec.extensions, told)
    empty = making.checked(world, spec, _server(world, spec.server, scope, name(spec, scope)), script.pieces)
    if empty and spec.template is not None:
        with postgres.connection(world, spec.server) as connection:
            state.check_template(connection, spec.template, told)


def ensure(world: "World", spec: Spec, scope: Scope, before: Receipt | None) -> Made:
    """Role and database, filled, migrated and seeded."""
    server = _server(world, spec.server, scope, name(spec, scope), spec.template, spec.extensions)
    return making.ensure(world, spec, scope, server, before)


def remove(world: "World", receipt: Receipt, scope: Scope) -> bool:
    """Database and role. Where those of this name are not ours, ours are gone."""
    return _server(world, receipt.provider or Spec.default_provider, scope, receipt.name).drop()


def find(world: "World", scope: Scope, provider: str) -> list[Receipt]:
    """By the comments on databases and roles."""
    from hooks.providers import postgres
    from hooks.sql.postgres import state

    provider = provider or Spec.default_provider
    with postgres.connection(world, provider) as connection:
        names = state.marked(connection, scope)
    return [Receipt("postgres", each, scope.service, provider, id=each) for each in names]


def _server(world: "World", provider: str, scope: Scope, name: str, *wanted: Any) -> "Server":
    from hooks.sql.postgres.server import Server

    return Server(world, provider, scope, name, *wanted)
