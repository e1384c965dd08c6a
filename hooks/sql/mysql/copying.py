"""Copies a database on its own server: tables with their rows, views, routines, triggers.

Tables are made and filled by the admin, who can read the template; everything that works on somebody's behalf is made by
the new database's own user, so that it works on that one's behalf. Rows are read as READ COMMITTED: nobody who writes
into the template waits for the copy, and each table is copied as it is at its moment.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from hooks.contract import Problem
from hooks.providers import mysql
from hooks.providers.mysql import quoted
from hooks.sql.mysql import definers
from hooks.sql.mysql.state import query

if TYPE_CHECKING:
    from hooks.world import World

_SQL_MODE, _STATEMENT = 1, 2  # columns of SHOW CREATE TRIGGER, FUNCTION, PROCEDURE
_NAMES = {
    "TRIGGER": "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %s ORDER BY ACTION_ORDER, 1",
    "FUNCTION": "SELECT ROUTINE_NAME FROM information_schema.ROUTINES"
    " WHERE ROUTINE_SCHEMA = %s AND ROUTINE_TYPE = 'FUNCTION' ORDER BY 1",
    "PROCEDURE": "SELECT ROUTINE_NAME FROM information_schema.ROUTINES"
    " WHERE ROUTINE_SCHEMA = %s AND ROUTINE_TYPE = 'PROCEDURE' ORDER BY 1",
}
_EVENTS = "SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = %s ORDER BY 1"
_COLUMNS = """
SELECT COLUMN_NAME FROM information_schema.COLUMNS
 WHERE TABLE_SCHEMA = %s AND TABLE_NAME = %s AND EXTRA NOT LIKE '%%VIRTUAL%%' AND EXTRA NOT LIKE '%%STORED%%'
   AND EXTRA NOT LIKE '%%PERSISTENT%%'
 ORDER BY ORDINAL_POSITION
"""
_MISSING = {1054, 1146, 1305, 1356}  # a view may be made only after what it looks at


def tables(admin: Any, template: str, name: str) -> None:
    """Every table, and MariaDB's sequences, with rows."""
    found = query(admin, f"SHOW FULL TABLES FROM {quoted(template)}")
    _do(admin, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
    _do(admin, "SET SESSION foreign_key_checks = 0, unique_checks = 0")
    _do(admin, "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO'")
    sequences = [str(each) for each, kind in found if kind == "SEQUENCE"]
    for each in sequences:  # tables may take their defaults from them
        _sequence(admin, template, name, each)
    for each, kind in found:
        if str(kind) in ("BASE TABLE", "SYSTEM VERSIONED"):
            _table(admin, template, name, str(each), sequences)


def _table(admin: Any, template: str, name: str, table: str, sequences: Sequence[str]) -> None:
    _do(admin, f"USE {quoted(template)}")  # so that the statement names no database
    statement = str(query(admin, f"SHOW CREATE TABLE {quoted(table)}")[0][1])
    for each in sequences:  # whose databases are named all the same
        statement = statement.replace(f"{quoted(template)}.{quoted(each)}", f"{quoted(name)}.{quoted(each)}")
    _do(admin, f"USE {quoted(name)}")
    _do(admin, statement)
    columns = ", ".join(quoted(str(column)) for (column,) in query(admin, _COLUMNS, template, table))
    _do(admin, f"INSERT INTO {quoted(table)} ({columns}) SELECT {columns} FROM {quoted(template)}.{quoted(table)}")  # noqa: S608


def _sequence(admin: Any, template: str, name: str, sequence: str) -> None:
    _do(admin, f"USE {quoted(template)}")
    statement = str(query(admin, f"SHOW CREATE SEQUENCE {quoted(sequence)}")[0][1])
    following = query(admin, f"SELECT next_not_cached_value FROM {quoted(sequence)}")[0][0]  # noqa: S608
    _do(admin, f"USE {quoted(name)}")
    _do(admin, statement)
    _do(admin, f"SELECT SETVAL({quoted(sequence)}, {int(following)}, 0)")


def programs(admin: Any, own: Any, world: "World", template: str) -> list[str]:
    """Views, routines and triggers. Gives a warning that names what was left out."""
    left = [f"event `{each}`" for (each,) in query(admin, _EVENTS, template)]
    _do(admin, f"USE {quoted(template)}")
    left += _made(admin, own, "FUNCTION", template)
    _views(admin, own, world)
    left += _made(admin, own, "PROCEDURE", template)
    left += _made(admin, own, "TRIGGER", template)
    if not left:
        return []
    more = f" and {len(left) - 10} more" if len(left) > 10 else ""
    return [f"Not copied from `{template}`: {', '.join(left[:10])}{more}."]


def _made(admin: Any, own: Any, kind: str, template: str) -> Iterator[str]:
    """What the server does not let our users make, is given as left out: those need more than rights on a database."""
    import pymysql

    for (each,) in query(admin, _NAMES[kind], template):
        row = query(admin, f"SHOW CREATE {kind} {quoted(str(each))}")[0]
        statement = row[_STATEMENT]
        if statement is None:  # the admin may not see it
            yield f"{kind.lower()} `{each}`"
            continue
        try:
            query(own, "SET SESSION sql_mode = %s", str(row[_SQL_MODE]))
            _do(own, definers.without(str(statement)))
        except pymysql.MySQLError as error:
            if mysql.code(error) in mysql.PASSING or mysql.code(error) is None:
                raise
            yield f"{kind.lower()} `{each}`"


def _views(admin: Any, own: Any, world: "World") -> None:
    """Those that look at others come after them: tried until none is left, or none can be made any more."""
    import pymysql

    waiting = [str(each) for each, kind in query(admin, "SHOW FULL TABLES") if str(kind) == "VIEW"]
    while waiting:
        failed: dict[str, pymysql.MySQLError] = {}
        for each in waiting:
            statement = str(query(admin, f"SHOW CREATE VIEW {quoted(each)}")[0][1])
            try:
                _do(own, definers.without(statement))
            except pymysql.MySQLError as error:
                if mysql.code(error) not in _MISSING:
                    raise
                failed[each] = error
        if len(failed) == len(waiting):
            first = waiting[0]
            raise Problem(
                f"the view `{first}` of the template cannot be made: {mysql.told_words(world, failed[first])}",
                "It looks at something that is not in the template: drop it there, or use `dump`.",
            )
        waiting = [each for each in waiting if each in failed]


def _do(connection: Any, statement: str, texts: Sequence[str] = ()) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, texts or None)
