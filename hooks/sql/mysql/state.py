"""What stands on a server of MySQL's kind: whose is a name, may our user make databases. Only reads.

MariaDB has comments on databases since 10.5. Where there are none, the record of the release tells what is ours, and a
table of ours stands in a database for as long as it is being filled.
"""

import re
from dataclasses import dataclass
from typing import Any

from hooks.contract import Foreign, Problem, Receipt, Scope
from hooks.providers import mysql
from hooks.sql.mark import Mark, parsed, recorded

OLDEST = (5, 7)
COMMENTS_SINCE = (10, 5)
FILLING_TABLE = "devstack_filling"
SYSTEM = ("information_schema", "performance_schema", "mysql", "sys")
HOST = "%"
WAIT_SECONDS = 5
NOT_CONNECTED, NOT_ALLOWED = 1094, 1095


@dataclass(frozen=True, slots=True)
class Found:
    """What there is under a name. `mark`: the database's, where it is ours."""

    database: bool
    user: bool
    mark: Mark | None
    user_is_ours: bool
    strangers: tuple[Foreign, ...]

    def ours(self) -> "Found":
        """Itself. Foreign where something of this name is not this service's."""
        for stranger in self.strangers:
            raise stranger
        return self


def comments(connection: Any) -> bool:
    """Whether databases can carry our mark on this server."""
    return mysql.mariadb(connection) >= COMMENTS_SINCE


def look(connection: Any, name: str, scope: Scope, before: Receipt | None, shown: str) -> Found:
    """A user has no place for a mark: it is ours where the database of its name is, or the record says so."""
    database, comment = _database(connection, name)
    user = _user(connection, name)
    mark = None
    stranger = parsed(comment)
    if database and comments(connection):
        mark = stranger if stranger is not None and stranger.belongs(scope) else None
    elif database and before is not None:
        mark = recorded(before.facts, scope, filling=_filling(connection, name))
    user_is_ours = user and (mark is not None or (before is not None and not database))
    strangers = []
    if database and mark is None:
        strangers.append(_foreign("database", name, stranger, shown))
    if user and not user_is_ours:
        strangers.append(_foreign("user", name, None, shown))
    return Found(database, user, mark, user_is_ours, tuple(strangers))


def _foreign(what: str, name: str, mark: Mark | None, shown: str) -> Foreign:
    whose = f"it belongs to `{mark.service}` of the stack `{mark.stack}`" if mark else "it is not on record as ours"
    return Foreign(
        f"a {what} `{name}` is on {shown} already, and {whose}",
        "Give the resource another `database`, or remove the other one.",
    )


def marked(connection: Any, scope: Scope) -> list[str]:
    """Every database that carries this service's mark; none where the server has no comments on databases."""
    if not comments(connection):
        return []
    rows = query(connection, "SELECT SCHEMA_NAME, SCHEMA_COMMENT FROM information_schema.SCHEMATA")
    marks = [(str(name), parsed(str(comment))) for name, comment in rows]
    return sorted(name for name, mark in marks if mark is not None and mark.belongs(scope))


def check_rights(connection: Any, told: mysql.Server) -> None:
    """Problem where the server is too old, or its admin may not make databases and users."""
    version = mysql.mariadb(connection) or tuple(int(part) for part in str(connection.get_server_info()).split(".")[:2])
    if version < OLDEST:
        raise Problem(f"{told.shown} is older than MySQL 5.7", "The operator takes a newer one.")
    query(connection, "SELECT User FROM mysql.user LIMIT 0")  # else it could not tell whose a name is
    lacking = _lacking([str(line) for (line,) in query(connection, "SHOW GRANTS")])
    if lacking:
        raise Problem(
            f"our user on {told.shown} may not make databases with users: it lacks {', '.join(lacking)}",
            f"The operator gives all rights on all databases, WITH GRANT OPTION, to the user of"
            f" {mysql.variable(told.provider)}.",
        )


def _lacking(grants: list[str]) -> list[str]:
    """What none of the lines gives. Lines without `ON` give roles: what those may do is not looked up."""
    given = [re.match(r"GRANT (.+?) ON ", line) for line in grants]
    if not all(given):
        return []
    rights = {right.strip() for line in given if line for right in line[1].split(",")}
    wanted = (
        []
        if {"ALL PRIVILEGES", "ALL"} & rights
        else [each for each in ("CREATE", "DROP", "CREATE USER") if each not in rights]
    )
    passes_on = any(line.endswith("WITH GRANT OPTION") for line in grants)
    return wanted if passes_on else [*wanted, "GRANT OPTION"]


def check_template(connection: Any, template: str, told: mysql.Server) -> None:
    """Problem where the template is not there, or is the server's own."""
    if template.lower() in SYSTEM:
        raise Problem(f"`{template}` is a database of the server itself", "Correct `template`.")
    if not _database(connection, template)[0]:
        raise Problem(f"there is no database `{template}` on {told.shown} to copy", "Correct `template`.")


def _database(connection: Any, name: str) -> tuple[bool, str]:
    column = "SCHEMA_COMMENT" if comments(connection) else "''"
    rows = query(connection, f"SELECT {column} FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s", name)  # noqa: S608
    return bool(rows), str(rows[0][0]) if rows else ""


def _user(connection: Any, name: str) -> bool:
    return bool(query(connection, "SELECT 1 FROM mysql.user WHERE User = %s AND Host = %s", name, HOST))


def _filling(connection: Any, name: str) -> bool:
    return bool(query(
        connection, "SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s", name, FILLING_TABLE
    ))  # fmt: skip


def hold(connection: Any, lock: str) -> None:
    """From now on this session is the one that works on it, until it ends."""
    query(connection, "SELECT GET_LOCK(%s, 1)", lock)


def end_other_runs(connection: Any, lock: str) -> None:
    """A server goes on with the statement of a client that died, such as the copy of a large table: the session that
    holds the lock is ended, so that nothing appears after it was looked for, and nobody waits for it."""
    for _ in range(WAIT_SECONDS * 10):
        holder = query(connection, "SELECT IS_USED_LOCK(%s)", lock)[0][0]
        if holder is None:
            return
        end(connection, int(holder))
        query(connection, "SELECT SLEEP(0.1)")


def end(connection: Any, session: int) -> None:
    """End a session, unless it has gone by itself, or is not ours to end."""
    import pymysql

    try:
        query(connection, f"KILL {session}")
    except pymysql.MySQLError as error:
        if mysql.code(error) not in (NOT_CONNECTED, NOT_ALLOWED):
            raise


def query(connection: Any, statement: str, *texts: str) -> list[tuple[Any, ...]]:
    """The rows that a statement gives."""
    with connection.cursor() as cursor:
        cursor.execute(statement, texts or None)
        return list(cursor.fetchall())
