"""One database with its role on a PostgreSQL server: made, marked, filled, dropped."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hooks.contract import Foreign, Problem, Scope, Unreachable
from hooks.providers import postgres
from hooks.sql.access import Access
from hooks.sql.mark import Mark
from hooks.sql.postgres import ownership, running, state
from hooks.sql.source import Source
from model import names

if TYPE_CHECKING:
    import psycopg

    from hooks.world import World

_ELSEWHERE = """
SELECT d.datname FROM pg_database d
 WHERE d.datallowconn AND d.oid IN (SELECT dbid FROM pg_shdepend
        WHERE refclassid = 'pg_authid'::regclass AND refobjid = %s::regrole AND dbid <> 0)
"""


@dataclass(frozen=True, slots=True)
class Server:
    """See `hooks.sql.making.Server`."""

    world: "World"
    provider: str
    scope: Scope
    name: str
    template: str | None = None
    extensions: Sequence[str] = ()

    def look(self) -> Mark | None:
        """The mark of the database; None where there is none."""
        with self._admin() as connection:
            state.end_other_runs(connection)
            return self._found(connection).ours().mark

    def access(self, password: str) -> Access:
        """What the service's pods are told."""
        told = postgres.server(self.world, self.provider)
        return Access("postgresql", told.hosts_for_pods, self.name, password, told.query_for_pods)

    def make(self, password: str, mark: Mark) -> list[str]:
        """Role, database with the mark, extensions; all owned by the role."""
        with self._admin() as connection:
            self._role(connection, password)
            self._create(connection)
            self._shut(connection, mark)
        self._inside(all_of_it=True)
        return []

    def keep(self, password: str) -> list[str]:
        """The role with its password, as owner; nobody else may connect; the extensions."""
        with self._admin() as connection:
            found = self._found(connection).ours()
            self._role(connection, password)
            if found.owner != self.name:
                connection.execute(self._sql("ALTER DATABASE {name} OWNER TO {name}"))
            if found.mark is not None:
                self._shut(connection, found.mark)
        self._inside(all_of_it=found.owner != self.name)
        return []

    def run(self, source: Source, password: str, *, atomic: bool) -> list[str]:
        """Run a script as the role."""
        with postgres.connection(self.world, self.provider, self.name, login=(self.name, password)) as connection:
            return running.run(connection, source, self.world, atomic=atomic)

    def note(self, mark: Mark) -> None:
        """Write the mark."""
        with self._admin() as connection:
            connection.execute(self._sql("COMMENT ON DATABASE {name} IS {mark}", mark=mark.text()))

    def drop(self) -> bool:
        """Everybody who is connected is sent away."""
        with self._admin() as connection:
            state.end_other_runs(connection)
            found = self._found(connection)
            role = found.role and found.role_is_ours
            if role and not state.superuser(connection):
                connection.execute(self._sql("GRANT {name} TO CURRENT_USER"))
            if found.mark is not None:
                connection.execute(self._sql("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            if role:
                self._drop_role(connection)
        return found.mark is not None or role

    def _admin(self, database: str = "") -> AbstractContextManager["psycopg.Connection[Any]"]:
        purpose = names.short_hash(f"{self.scope.stack}/{self.scope.service}/{self.name}", 16)
        return postgres.connection(self.world, self.provider, database, purpose=purpose)

    def _found(self, connection: "psycopg.Connection[Any]") -> state.Found:
        return state.look(connection, self.name, self.scope, postgres.server(self.world, self.provider).shown)

    def _role(self, connection: "psycopg.Connection[Any]", password: str) -> None:
        # The server gets a hash only: statements stand in its log.
        verifier = connection.pgconn.encrypt_password(password.encode(), self.name.encode(), None).decode()
        mark = Mark(self.scope.stack, self.scope.service, self.scope.label).text()
        with connection.transaction():
            if not self._found(connection).ours().role:
                connection.execute(self._sql("CREATE ROLE {name}"))
            connection.execute(self._sql("COMMENT ON ROLE {name} IS {mark}", mark=mark))
            if not state.superuser(connection):
                # Else nothing could be made for the role, nor dropped.
                connection.execute(self._sql("GRANT {name} TO CURRENT_USER"))
            connection.execute(self._sql("ALTER ROLE {name} LOGIN PASSWORD {verifier}", verifier=verifier))

    def _create(self, connection: "psycopg.Connection[Any]") -> None:
        import psycopg

        wanted = "CREATE DATABASE {name} OWNER {name}"
        if self.template is not None:
            wanted += " TEMPLATE {template}"
        try:
            connection.execute(self._sql(wanted, others={"template": self.template or ""}))
        except psycopg.errors.ObjectInUse as error:
            if self.template is None:  # somebody works on the server's own template
                raise Unreachable(
                    postgres.server(self.world, self.provider).shown, str(error.diag.message_primary)
                ) from error
            raise state.in_use(self.template, state.connected(connection, self.template)) from error
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation) as error:
            raise Foreign(f"somebody else has just made a database `{self.name}`", "Give it another name.") from error

    def _shut(self, connection: "psycopg.Connection[Any]", mark: Mark) -> None:
        with connection.transaction():
            connection.execute(self._sql("COMMENT ON DATABASE {name} IS {mark}", mark=mark.text()))
            connection.execute(self._sql("REVOKE ALL ON DATABASE {name} FROM PUBLIC"))

    def _inside(self, *, all_of_it: bool) -> None:
        import psycopg

        if not all_of_it and not self.extensions:
            return
        with self._admin(self.name) as connection:
            for extension in self.extensions:
                try:
                    connection.execute(
                        self._sql("CREATE EXTENSION IF NOT EXISTS {extension} CASCADE", others={"extension": extension})
                    )
                except psycopg.errors.InsufficientPrivilege as error:
                    raise Problem(
                        f"our role may not make the extension `{extension}`",
                        f"The operator makes the role of {postgres.variable(self.provider)} a superuser, or puts the"
                        " extension into the database `template1`.",
                    ) from error
            if all_of_it:
                ownership.take_over(connection, self.name)

    def _drop_role(self, connection: "psycopg.Connection[Any]") -> None:
        """What it was granted, or made, in other databases would keep it."""
        quoted = self._sql("{name}").as_string(connection)
        for (database,) in connection.execute(_ELSEWHERE, [quoted]).fetchall():
            with self._admin(str(database)) as other:
                other.execute(self._sql("DROP OWNED BY {name}"))
        connection.execute(self._sql("DROP OWNED BY {name}"))
        connection.execute(self._sql("DROP ROLE IF EXISTS {name}"))

    def _sql(self, statement: str, others: dict[str, str] | None = None, **texts: str) -> Any:
        """`{name}` is this database's; `others` are quoted as names, `texts` as texts."""
        from psycopg import sql

        parts = {key: sql.Identifier(value) for key, value in {"name": self.name, **(others or {})}.items()}
        return sql.SQL(statement).format(**parts, **{key: sql.Literal(text) for key, text in texts.items()})
