"""One database with its user on a server of MySQL's kind: made, marked, filled, dropped."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hooks.contract import Foreign, Receipt, Scope
from hooks.providers import mysql
from hooks.providers.mysql import quoted
from hooks.sql.access import Access
from hooks.sql.mark import READY, Mark
from hooks.sql.mysql import copying, running, state
from hooks.sql.mysql.state import query
from hooks.sql.source import Source
from model import names

if TYPE_CHECKING:
    from hooks.world import World

EXISTS = 1007
ESCAPED = r"\_"


@dataclass(slots=True)
class Server:
    """See `hooks.sql.making.Server`. `before`: what is on record, which on some servers is the only mark."""

    world: "World"
    provider: str
    scope: Scope
    name: str
    before: Receipt | None
    template: str | None = None
    made_now: bool = False  # which is as good as a record

    def look(self) -> Mark | None:
        """The mark of the database; None where there is none."""
        with mysql.connection(self.world, self.provider) as connection:
            state.end_other_runs(connection, self._lock)
            return self._found(connection).ours().mark

    def access(self, password: str) -> Access:
        """What the service's pods are told."""
        told = mysql.server(self.world, self.provider)
        return Access("mysql", told.hosts_for_pods, self.name, password, told.query)

    def make(self, password: str, mark: Mark) -> list[str]:
        """Database with the mark, user, and what is in the template."""
        with mysql.connection(self.world, self.provider) as admin:
            state.hold(admin, self._lock)
            self._create(admin, mark)
            self._user(admin, password)
            if self.template is None:
                return []
            copying.tables(admin, self.template, self.name)
            with mysql.connection(self.world, self.provider, self.name, login=(self.name, password)) as own:
                return copying.programs(admin, own, self.world, self.template)

    def keep(self, password: str) -> list[str]:
        """The user, with its password and its rights."""
        with mysql.connection(self.world, self.provider) as admin:
            self._user(admin, password)
        return []

    def run(self, source: Source, password: str, *, atomic: bool) -> list[str]:
        """Run a script as the user."""
        with mysql.connection(
            self.world, self.provider, self.name, login=(self.name, password), several=True
        ) as connection:
            return running.run(connection, source, self.world, atomic=atomic)

    def note(self, mark: Mark) -> None:
        """Write the mark, where there is a place for it; else take away what tells that it is being filled."""
        with mysql.connection(self.world, self.provider) as connection:
            if state.comments(connection):
                query(connection, f"ALTER DATABASE {quoted(self.name)} COMMENT = %s", mark.text())
            elif mark.state == READY:
                query(connection, f"DROP TABLE IF EXISTS {self._filling}")

    def drop(self) -> bool:
        """The user first: the database carries the mark of both."""
        with mysql.connection(self.world, self.provider) as connection:
            state.end_other_runs(connection, self._lock)
            found = self._found(connection)
            if found.user_is_ours:
                query(connection, "DROP USER IF EXISTS %s@%s", self.name, state.HOST)
                self._send_away(connection)
            if found.mark is not None:
                query(connection, f"DROP DATABASE IF EXISTS {quoted(self.name)}")
        return found.mark is not None or found.user_is_ours

    @property
    def _filling(self) -> str:
        return f"{quoted(self.name)}.{quoted(state.FILLING_TABLE)}"

    @property
    def _lock(self) -> str:
        return f"devstack-{names.short_hash(f'{self.scope.stack}/{self.scope.service}/{self.name}', 16)}"

    def _found(self, connection: Any) -> state.Found:
        shown = mysql.server(self.world, self.provider).shown
        before = Receipt("mysql", self.name, self.scope.service) if self.before is None and self.made_now else self.before
        return state.look(connection, self.name, self.scope, before, shown)

    def _create(self, admin: Any, mark: Mark) -> None:
        import pymysql

        letters = "utf8mb4", ""
        if self.template is not None:
            letters = query(
                admin,
                "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA"
                " WHERE SCHEMA_NAME = %s",
                self.template,
            )[0]
        statement = f"CREATE DATABASE {quoted(self.name)} CHARACTER SET {letters[0]}"
        statement += f" COLLATE {letters[1]}" if letters[1] else ""
        try:
            if state.comments(admin):
                query(admin, f"{statement} COMMENT %s", mark.text())
            else:
                query(admin, statement)
        except pymysql.MySQLError as error:
            if mysql.code(error) != EXISTS:
                raise
            raise Foreign(f"somebody else has just made a database `{self.name}`", "Give it another name.") from error
        self.made_now = True
        if not state.comments(admin):
            query(admin, f"CREATE TABLE {self._filling} (since timestamp)")

    def _user(self, admin: Any, password: str) -> None:
        query(admin, "CREATE USER IF NOT EXISTS %s@%s IDENTIFIED BY %s", self.name, state.HOST, password)
        query(admin, "ALTER USER %s@%s IDENTIFIED BY %s", self.name, state.HOST, password)
        # In this place a bare `_` stands for any character.
        query(
            admin, f"GRANT ALL PRIVILEGES ON {quoted(self.name.replace('_', ESCAPED))}.* TO %s@%s", self.name, state.HOST
        )

    def _send_away(self, connection: Any) -> None:
        """Who is connected as the user stays so, though it is dropped, and would wait for the database's locks."""
        for (session,) in query(connection, "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = %s", self.name):
            state.end(connection, int(session))
