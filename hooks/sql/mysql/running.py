"""Runs a script on a connection: many statements in one message, of which the server tells how far it came."""

import re
from typing import TYPE_CHECKING, Any

from hooks.contract import Problem
from hooks.providers import mysql
from hooks.sql.mysql import definers, left_out
from hooks.sql.mysql.script import pieces
from hooks.sql.script import ScriptError, Statement, shown, too_late
from hooks.sql.source import Source

if TYPE_CHECKING:
    from hooks.world import World

BATCH_STATEMENTS = 200
BATCH_CHARACTERS = 500_000  # servers take 16 MB at least in one message, of which a character is 4 bytes at most

_QUOTES = "'\""
_NEAR_LINE = re.compile(r" at line (\d+)$")
_ONE_DATABASE = (
    "The script fills the feature's database only. mysqldump leaves such lines out where the database is named without"
    " `--databases`."
)


def run(connection: Any, source: Source, world: "World", *, atomic: bool) -> list[str]:
    """Give the script to the server. Problem where it cannot be read or the server refuses it, with the line. What was
    written before that is undone where `atomic`, but for what the server never undoes: tables, and commits of the
    script's own."""
    work = _Run(connection, source, world)
    connection.autocommit(False)
    try:
        with source.lines() as lines:
            for piece in pieces(lines):
                work.take(piece)
            work.flush()
        connection.commit()
    except ScriptError as error:
        raise error.problem(source.shown) from error
    except Problem:
        if atomic:
            connection.rollback()
        raise
    return []


class _Run:
    def __init__(self, connection: Any, source: Source, world: "World") -> None:
        self._connection = connection
        self._source = source
        self._world = world
        self._batch: list[Statement] = []
        self._size = 0

    def take(self, piece: Statement) -> None:
        """Keep it for the next batch."""
        if left_out.elsewhere(piece.text):
            raise ScriptError(
                piece.line, f"`{shown(piece.text, quotes=_QUOTES)}` is about a whole database", _ONE_DATABASE
            )
        if left_out.reason(piece.text):
            return
        self._batch.append(Statement(piece.line, definers.without(piece.text)))
        self._size += len(piece.text)
        if len(self._batch) >= BATCH_STATEMENTS or self._size >= BATCH_CHARACTERS:
            self.flush()

    def flush(self) -> None:
        """Run what was kept. The server stops at the first statement that fails."""
        import pymysql

        batch, self._batch, self._size = self._batch, [], 0
        if not batch:
            return
        if not self._world.seconds_left:
            raise too_late(self._source.shown, batch)
        done = 0
        try:
            with self._connection.cursor() as cursor:
                cursor.execute("\n;\n".join(piece.text for piece in batch))  # a statement may end with a comment
                done += 1
                while cursor.nextset():
                    done += 1
        except pymysql.MySQLError as error:
            raise self._refused(batch[min(done, len(batch) - 1)], error) from error

    def _refused(self, piece: Statement, error: Exception) -> Exception:
        number = mysql.code(error)
        if number in mysql.TIME_IS_UP:
            return too_late(self._source.shown, [piece])
        if number is None or number in mysql.PASSING or number in mysql.FULL:
            return error
        words = mysql.told_words(self._world, error)
        near = _NEAR_LINE.search(words)
        offset = int(near[1]) - 1 if near else 0
        text = shown(piece.text, offset, quotes=_QUOTES)
        sentence = f"{self._source.shown}, line {piece.line + offset}: {_NEAR_LINE.sub('', words)}: `{text}`"
        return Problem(self._world.masker.mask(sentence))
