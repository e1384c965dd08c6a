"""Runs a script on a connection: many statements at a time, and the one that fails by itself, to name its line."""

import contextlib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from hooks.contract import Problem
from hooks.providers import postgres
from hooks.sql.postgres import left_out
from hooks.sql.postgres.script import pieces
from hooks.sql.script import Copy, ScriptError, Statement, shown, too_late
from hooks.sql.source import Source

if TYPE_CHECKING:
    import psycopg

    from hooks.world import World

BATCH_STATEMENTS = 200
BATCH_CHARACTERS = 200_000

_TRANSACTION = re.compile(r"(BEGIN|START|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|PREPARE)\b", re.IGNORECASE)
_COPY_LINE = re.compile(r"COPY .*, line (\d+)")
_NOT_THE_SCRIPTS = ("08", "53", "57P")  # beginnings of codes that tell of the server
_EXTENSION = "An extension that only the server's operator may make goes into the resource's `extensions`."


def run(connection: "psycopg.Connection[Any]", source: Source, world: "World", *, atomic: bool) -> list[str]:
    """Give the script to the server. Problem where it cannot be read or the server refuses it, with the line.
    `atomic`: in one transaction, so that a script which fails leaves nothing. Gives warnings."""
    work = _Run(connection, source, world, atomic=atomic)
    whole = connection.transaction() if atomic else contextlib.nullcontext()
    try:
        with whole, source.lines() as lines:
            for piece in work.wanted(pieces(lines)):
                work.take(piece)
            work.flush()
    except ScriptError as error:
        raise error.problem(source.shown) from error
    return left_out.warning(source.shown, work.skipped)


class _Run:
    def __init__(self, connection: "psycopg.Connection[Any]", source: Source, world: "World", *, atomic: bool) -> None:
        self._connection = connection
        self._source = source
        self._world = world
        self._atomic = atomic
        self._batch: list[Statement] = []
        self._size = 0
        self.skipped: set[str] = set()

    def wanted(self, found: Iterator[Statement | Copy]) -> Iterator[Statement | Copy]:
        """Without what is left out; in a transaction already, without the script's own."""
        rows = self._connection.execute("SELECT lower(name) FROM pg_settings").fetchall()
        known = {str(name) for (name,) in rows}
        for piece in found:
            if isinstance(piece, Statement) and (why := left_out.reason(piece.text, known)):
                self.skipped.add(why)
            elif not (self._atomic and _TRANSACTION.match(piece.text)):
                yield piece

    def take(self, piece: Statement | Copy) -> None:
        """Run it, or keep it for the next batch."""
        if isinstance(piece, Copy) or _TRANSACTION.match(piece.text) or self._in_its_own_transaction:
            self.flush()
            self._alone(piece)
            return
        self._batch.append(piece)
        self._size += len(piece.text)
        if len(self._batch) >= BATCH_STATEMENTS or self._size >= BATCH_CHARACTERS:
            self.flush()

    def flush(self) -> None:
        """Run what was kept: all at once, and where that fails one by one, since only so the server tells which."""
        import psycopg

        batch, self._batch, self._size = self._batch, [], 0
        if len(batch) > 1:
            try:
                with self._connection.transaction():
                    self._connection.execute(b"\n;\n".join(piece.text.encode() for piece in batch))
            except psycopg.errors.QueryCanceled as error:
                raise too_late(self._source.shown, batch) from error
            except psycopg.Error as error:
                if _of_server(error):
                    raise
            else:
                return
        for piece in batch:
            self._alone(piece)

    @property
    def _in_its_own_transaction(self) -> bool:
        from psycopg.pq import TransactionStatus

        return not self._atomic and self._connection.info.transaction_status != TransactionStatus.IDLE

    def _alone(self, piece: Statement | Copy) -> None:
        import psycopg

        if not self._world.seconds_left:
            raise too_late(self._source.shown, [piece])
        try:
            if isinstance(piece, Statement):
                self._connection.execute(piece.text.encode())
                return
            with self._connection.cursor() as cursor, cursor.copy(piece.text.encode()) as copy:
                for row in piece.rows:
                    copy.write(row)
        except psycopg.errors.QueryCanceled as error:
            raise too_late(self._source.shown, [piece]) from error
        except psycopg.Error as error:
            if _of_server(error):
                raise
            raise self._refused(piece, error) from error

    def _refused(self, piece: Statement | Copy, error: "psycopg.Error") -> Problem:
        words = postgres.told_words(self._world, error)
        line, text = _place(piece, error)
        sentence = f"{self._source.shown}, line {line}: {words}" + (f": `{text}`" if text else "")
        return Problem(self._world.masker.mask(sentence), _EXTENSION if error.sqlstate == "42501" else "")


def _of_server(error: "psycopg.Error") -> bool:
    return error.sqlstate is None or error.sqlstate.startswith(_NOT_THE_SCRIPTS)


def _place(piece: Statement | Copy, error: "psycopg.Error") -> tuple[int, str]:
    """The line that the server means, and its text; none of a row's, which is data."""
    if isinstance(piece, Copy):
        row = _COPY_LINE.search(error.diag.context or "")
        if row:
            return piece.line + piece.text.count("\n") + int(row[1]), ""
    position = error.diag.statement_position
    offset = piece.text[: int(position) - 1].count("\n") if position else 0
    return piece.line + offset, shown(piece.text, offset)
