"""Scripts for the client `mysql` are taken apart as it would."""

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks.sql.mysql import definers, left_out
from hooks.sql.mysql.script import pieces
from hooks.sql.script import ScriptError

DUMP = Path(__file__).parent / "dumps" / "mysql.sql"


def parted(text: str) -> list[tuple[int, str]]:
    return [(piece.line, piece.text) for piece in pieces(io.StringIO(text, newline="\n"))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (" ;; \n; -- nothing\n# nothing;\n/* nothing; */", []),
        ("\ufeffSELECT 1;", [(1, "SELECT 1")]),
        ("SELECT 1 -- a\u2028'b\x0c;\r\n+ 1;\r\n", [(1, "SELECT 1 -- a\u2028'b\x0c;\r\n+ 1")]),
        ("SELECT 1; SELECT 2;\n\nSELECT 3", [(1, "SELECT 1"), (1, "SELECT 2"), (3, "SELECT 3")]),
        ("SELECT 'a;\\'b''c;', \"d;\\\"\"\"e\", `f;``g`;", [(1, "SELECT 'a;\\'b''c;', \"d;\\\"\"\"e\", `f;``g`")]),
        ("SELECT '\\\\'; SELECT 2;", [(1, "SELECT '\\\\'"), (1, "SELECT 2")]),
        ("SELECT 'a\n;\nb'; SELECT 2;", [(1, "SELECT 'a\n;\nb'"), (3, "SELECT 2")]),
        ("SELECT 1--1; SELECT 2", [(1, "SELECT 1--1"), (1, "SELECT 2")]),
        ("SELECT 1 -- one; two\n+ 1; SELECT 2 # ;\n;", [(1, "SELECT 1 -- one; two\n+ 1"), (2, "SELECT 2 # ;")]),
        ("SELECT 1 /* ; ' */ + 1;", [(1, "SELECT 1 /* ; ' */ + 1")]),
        ("/*!40101 SET x = ';*/' */; /*M!100100 SELECT 1 */;", [(1, "/*!40101 SET x = ';*/' */"), (1, "/*M!100100 SELECT 1 */")]),
        ("/*M!999999\\- enable the sandbox mode */ \n-- x\nSELECT 1;", [(3, "SELECT 1")]),
        ("DELIMITER ;;\nBEGIN a; b; END ;;\nDELIMITER ;\nSELECT 1;", [(2, "BEGIN a; b; END"), (4, "SELECT 1")]),
        ("delimiter $$\nSELECT 1$$ SELECT 2; $$\n", [(2, "SELECT 1"), (2, "SELECT 2;")]),
        ("delimiter //\nSELECT 4 / 2 // SELECT 1//", [(2, "SELECT 4 / 2"), (2, "SELECT 1")]),
        ("SELECT\ndelimiter ;", [(1, "SELECT\ndelimiter")]),
    ],
)  # fmt: skip
def test_pieces(text: str, found: list[tuple[int, str]]) -> None:
    assert parted(text) == found


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("SELECT 1;\nSELECT 'a;\n\n", 2, "begins with '"),
        ("SELECT `a", 1, "begins with `"),
        ('\nSELECT "a\\"', 2, 'begins with "'),
        ("SELECT 1;\n\n/* a\n;", 3, "begins with /*"),
        ("SELECT 1;\nDELIMITER\n", 2, "DELIMITER must be followed"),
        ("SELECT 1 \\G\n", 1, "`\\G`"),
        ("\\. other.sql\n", 1, "`\\.`"),
    ],
)
def test_what_cannot_be_run_is_told_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(ScriptError) as raised:
        parted(text)
    assert raised.value.line == line
    assert words in raised.value.sentence


def test_a_dump_of_mariadb_dump() -> None:
    lines = DUMP.read_text().splitlines()
    found = parted(DUMP.read_text())
    assert len(found) == 122
    for line, text in found:
        assert lines[line - 1].startswith(text.splitlines()[0].rstrip())
    assert not any("DEFINER" in definers.without(text).replace("SECURITY DEFINER", "") for _, text in found)
    assert not any(left_out.reason(text) or left_out.elsewhere(text) for _, text in found)


WORDS = st.sampled_from([
    "SELECT", "x", "1", " ", "\n", "+", ",", "-", "--1", "/", "(1)", "@@x", "';'", "''", "'a''b;'", "'\\';'", "'\\\\'",
    '";"', '"\\";"', "`;`", "`'`", "-- ;'\n", "--\t;\n", "# ;'\n", "/* ; ' */", "/*!1 'a;' */", "é", "$",
])  # fmt: skip
STATEMENTS = st.lists(WORDS, min_size=1, max_size=12).map(" ".join).map(lambda text: f"S {text}".strip())


@given(st.lists(STATEMENTS, max_size=5), st.sampled_from([";", ";;", "//", "$$", "END_OF_IT"]))
def test_statements_come_back_whole_and_in_their_lines(statements: Sequence[str], delimiter: str) -> None:
    text = f"DELIMITER {delimiter}\n" + "".join(f"{each}\n{delimiter}\n" for each in statements)
    found = parted(text)
    assert [piece for _, piece in found] == [each.strip() for each in statements]
    for line, piece in found:
        assert text.splitlines()[line - 1].startswith(piece.splitlines()[0].rstrip())


@given(st.text(alphabet="ab'\"`;-#/*!\\\n \tDELIMITER$", max_size=60))
def test_any_text_is_taken_apart_or_told_about(text: str) -> None:
    lines = text.splitlines(keepends=True)
    try:
        found = parted(text)
    except ScriptError as error:
        found = [(error.line, "")]
    numbers = [line for line, _ in found]
    assert numbers == sorted(numbers)
    assert all(1 <= line <= len(lines) for line in numbers)


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("CREATE DEFINER=`root`@`localhost` FUNCTION f() RETURN 1", "CREATE FUNCTION f() RETURN 1"),
        ("CREATE DEFINER = 'a b'@'%' PROCEDURE p() SELECT 1", "CREATE PROCEDURE p() SELECT 1"),
        ("create definer=root@localhost trigger t", "create trigger t"),
        ("CREATE OR REPLACE ALGORITHM=MERGE DEFINER=`a` SQL SECURITY DEFINER VIEW `v` AS SELECT 1",
         "CREATE OR REPLACE ALGORITHM=MERGE SQL SECURITY DEFINER VIEW `v` AS SELECT 1"),
        ("/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`%`*/ /*!50003 TRIGGER t */", "/*!50003 CREATE*/  /*!50003 TRIGGER t */"),
        ("/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=`r`@`%` SQL SECURITY DEFINER */\n/*!50001 VIEW `v` AS x */",
         "/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 SQL SECURITY DEFINER */\n/*!50001 VIEW `v` AS x */"),
        ("CREATE TABLE t (a text DEFAULT 'DEFINER=x')", "CREATE TABLE t (a text DEFAULT 'DEFINER=x')"),
        ("CREATE PROCEDURE p() SELECT 'DEFINER=x'", "CREATE PROCEDURE p() SELECT 'DEFINER=x'"),
        ("INSERT INTO t VALUES ('CREATE DEFINER=x VIEW')", "INSERT INTO t VALUES ('CREATE DEFINER=x VIEW')"),
    ],
)  # fmt: skip
def test_definers_are_taken_out_of_what_is_made(statement: str, found: str) -> None:
    assert definers.without(statement) == found


@pytest.mark.parametrize(
    ("statement", "quiet", "elsewhere"),
    [
        ("SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ 'x'", True, False),
        ("SET @MYSQLDUMP_TEMP_LOG_BIN = @@SESSION.SQL_LOG_BIN", True, False),
        ("SET @@SESSION.SQL_LOG_BIN= 0", True, False),
        ("SET SESSION max_statement_time = 0", True, False),
        ("/*!40101 SET NAMES utf8mb4 */", False, False),
        ("USE `shop`", False, True),
        ("/*!40000 DROP DATABASE IF EXISTS `shop`*/", False, True),
        ("CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop`", False, True),
        ("create schema shop", False, True),
        ("CREATE TABLE users (id int)", False, False),
    ],
)
def test_what_has_no_place_in_a_feature(statement: str, quiet: bool, elsewhere: bool) -> None:
    assert bool(left_out.reason(statement)) == quiet
    assert left_out.elsewhere(statement) == elsewhere
