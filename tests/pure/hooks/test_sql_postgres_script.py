"""Scripts for psql are taken apart as psql would."""

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks.sql.postgres import left_out
from hooks.sql.postgres.script import pieces
from hooks.sql.script import Copy, ScriptError, shown

DUMP = Path(__file__).parent / "dumps" / "postgres.sql"


def parted(text: str) -> list[tuple[int, str]]:
    """The pieces; the rows of a COPY stand behind its statement."""
    found = []
    for piece in pieces(io.StringIO(text, newline="\n")):
        rows = "".join(piece.rows) if isinstance(piece, Copy) else ""
        found.append((piece.line, f"{piece.text}|{rows}" if isinstance(piece, Copy) else piece.text))
    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (" ;; \n; -- nothing\n/* nothing; */", []),
        ("SELECT 1", [(1, "SELECT 1")]),
        ("\ufeffSELECT 1;", [(1, "SELECT 1")]),
        ("SELECT 1 -- a\u2028'b\x0c;\r\n+ 1;\r\n", [(1, "SELECT 1 -- a\u2028'b\x0c;\r\n+ 1")]),
        ("SELECT 1; SELECT 2;\n\nSELECT 3;", [(1, "SELECT 1"), (1, "SELECT 2"), (3, "SELECT 3")]),
        ("-- a; b\n/* c; /* d; */ e; */\n\n SELECT\n 1;", [(4, "SELECT\n 1")]),
        ("SELECT 'a;''b', \"c;\"\"d\";", [(1, "SELECT 'a;''b', \"c;\"\"d\"")]),
        ("SELECT '\\'; SELECT 2;", [(1, "SELECT '\\'"), (1, "SELECT 2")]),
        ("SELECT E'a\\';''\\\\'; SELECT 2;", [(1, "SELECT E'a\\';''\\\\'"), (1, "SELECT 2")]),
        ("SELECT type'a\\'; SELECT 2;", [(1, "SELECT type'a\\'"), (1, "SELECT 2")]),
        ("SELECT 'a\n;\nb'; SELECT 2;", [(1, "SELECT 'a\n;\nb'"), (3, "SELECT 2")]),
        ("SELECT $$;'$$, $a$;$$;$b$;$a$;", [(1, "SELECT $$;'$$, $a$;$$;$b$;$a$")]),
        ("SELECT a$b$, $1; SELECT 2", [(1, "SELECT a$b$, $1"), (1, "SELECT 2")]),
        ("SELECT 1 -- one; two\n+ 1;", [(1, "SELECT 1 -- one; two\n+ 1")]),
        ("SELECT 1 - -1; SELECT 4 / 2;", [(1, "SELECT 1 - -1"), (1, "SELECT 4 / 2")]),
        ("CREATE RULE r AS ON DELETE TO t DO (SELECT 1; SELECT 2);", [(1, "CREATE RULE r AS ON DELETE TO t DO (SELECT 1; SELECT 2)")]),
        (
            "create or replace function f() begin atomic select case when true then 1 end; select 2; end; SELECT 3;",
            [
                (1, "create or replace function f() begin atomic select case when true then 1 end; select 2; end"),
                (1, "SELECT 3"),
            ],
        ),
        ("BEGIN; SELECT 1; END; SELECT 2;", [(1, "BEGIN"), (1, "SELECT 1"), (1, "END"), (1, "SELECT 2")]),
        ("\\restrict x\nSELECT 1;\n\\unrestrict x\n\\set ON_ERROR_STOP on\n\\echo 'a;b'", [(2, "SELECT 1")]),
        ("COPY t FROM stdin;\n1\t';\n\\\\.\n\\.\nSELECT 1;", [(1, "COPY t FROM stdin|1\t';\n\\\\.\n"), (5, "SELECT 1")]),
        ("copy t (a,\n b) from\nSTDIN with (format csv);\n\\.\n", [(1, "copy t (a,\n b) from\nSTDIN with (format csv)|")]),
        ("COPY t TO stdout; COPY t FROM '/x';", [(1, "COPY t TO stdout"), (1, "COPY t FROM '/x'")]),
    ],
)  # fmt: skip
def test_pieces(text: str, found: list[tuple[int, str]]) -> None:
    assert parted(text) == found


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("SELECT 1;\nSELECT 'a;\n\n", 2, "begins with '"),
        ('SELECT "a', 1, 'begins with "'),
        ("\nSELECT E'a\\'", 2, "begins with E'"),
        ("SELECT $x$ a $y$;", 1, "begins with $x$"),
        ("/* a /* b */\n;", 1, "begins with /*"),
        ("SELECT 1;\nCOPY t FROM stdin;\n1\n", 2, "have no end"),
        ("SELECT 1;\n\\i other.sql\n", 2, "`\\i`"),
        ("SELECT 1 \\gexec\n", 1, "`\\gexec`"),
        ("\\copy t from file", 1, "`\\copy`"),
        ("\\set name value", 1, "`\\set`"),
        ("\\\n", 1, "`\\`"),
    ],
)
def test_what_cannot_be_run_is_told_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(ScriptError) as raised:
        parted(text)
    assert raised.value.line == line
    assert words in raised.value.sentence


def test_rows_that_nobody_reads_are_passed_over() -> None:
    lines = ["COPY t FROM stdin;\n", "SELECT 1;\n", "\\.\n", "SELECT 2;\n"]
    assert [piece.text for piece in pieces(lines)] == ["COPY t FROM stdin", "SELECT 2"]


def test_a_dump_of_pg_dump() -> None:
    found = parted(DUMP.read_text())
    assert len(found) == 50
    for line, text in found:
        assert DUMP.read_text().splitlines()[line - 1].startswith(text.splitlines()[0].partition("|")[0])


WORDS = st.sampled_from([
    "SELECT", "x", "e", "E", "1", " ", "\n", "+", ",", "-", "/", "$1", "a$b", "(1)", "($$;$$)",
    "';'", "''", "'a''b;'", "E'\\';'", "E'\\\\'", '";"', "$$;'$$", "$t$;$$;$t$", "$é$;$é$", "-- ;'\n", "/* ; /* ' */ $$ */", "::", "é",
])  # fmt: skip
STATEMENTS = st.lists(WORDS, min_size=1, max_size=12).map(" ".join).map(lambda text: f"S {text}".strip())


@given(st.lists(STATEMENTS, max_size=5))
def test_statements_come_back_whole_and_in_their_lines(statements: Sequence[str]) -> None:
    text = "".join(f"{each}\n;" for each in statements)
    found = parted(text)
    assert [piece for _, piece in found] == [each.strip() for each in statements]
    for line, piece in found:
        assert text.splitlines()[line - 1].lstrip(";").startswith(piece.splitlines()[0][:1])


@given(st.text(alphabet="ab'\"$;-/*\\\n ()Ee\tCOPYFROMSTDIN.", max_size=60))
def test_any_text_is_taken_apart_or_told_about(text: str) -> None:
    lines = text.splitlines(keepends=True)
    try:
        found = parted(text)
    except ScriptError as error:
        found = [(error.line, "")]
    numbers = [line for line, _ in found]
    assert numbers == sorted(numbers)
    assert all(1 <= line <= len(lines) for line in numbers)


SETTINGS = {"search_path", "client_min_messages", "row_security"}


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("SET statement_timeout = 0", left_out.QUIETLY),
        ("SET client_encoding = 'LATIN1'", left_out.QUIETLY),
        ("SET transaction_timeout = 0", left_out.QUIETLY),
        ("SET not_known_yet TO on", left_out.QUIETLY),
        ("SET Row_Security = off", ""),
        ("SET my.own = 'x'", ""),
        ("SET LOCAL search_path TO shop", ""),
        ("CREATE SCHEMA public", left_out.QUIETLY),
        ("CREATE SCHEMA publicity", ""),
        ("COMMENT ON EXTENSION pgcrypto IS 'x'", left_out.QUIETLY),
        ("COMMENT ON TABLE x IS 'OWNER TO y'", ""),
        ("ALTER TABLE ONLY shop.orders OWNER TO shop", left_out.OWNERS),
        ("ALTER FUNCTION shop.f(integer,\n text) OWNER TO shop", left_out.OWNERS),
        ("ALTER TABLE x ADD COLUMN y int", ""),
        ("GRANT SELECT ON TABLE x TO y", left_out.OWNERS),
        ("revoke all on schema public from public", left_out.OWNERS),
        ("ALTER DEFAULT PRIVILEGES FOR ROLE a GRANT ALL ON TABLES TO b", left_out.OWNERS),
        ("SET ROLE other", left_out.OWNERS),
        ("ALTER ROLE x PASSWORD 'y'", ""),
        ("INSERT INTO x VALUES ('GRANT')", ""),
    ],
)
def test_what_has_no_place_in_a_feature_is_left_out(statement: str, why: str) -> None:
    assert left_out.reason(statement, SETTINGS) == why


def test_lines_are_shown_short_and_without_data() -> None:
    statement = "INSERT INTO\n  customers VALUES ('Åsa''s\n secret', 12,\n 'x')"
    assert shown(statement) == "INSERT INTO"
    assert shown(statement, 1) == "customers VALUES ('…'"
    assert shown(statement, 2) == ", 12,"
    assert shown(statement, 99) == "'…')"
    assert shown("SELECT " + "x" * 200) == "SELECT " + "x" * 92 + "…"
    assert shown("SELECT 'not ended") == "SELECT '…'"
    assert shown('INSERT INTO t VALUES ("a\\"b", \'c"d\')', quotes="'\"") == "INSERT INTO t VALUES (\"…\", '…')"
