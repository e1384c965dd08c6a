"""Databases on a real MariaDB that are filled from templates and dumps; and what is left where that goes wrong."""

# ruff: noqa: S608  (they are scripts that the tests write)

import gzip
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest

from hooks.contract import Problem
from hooks.sql.mysql import copying, state
from tests.cluster.kinds.databases import Place, place
from tests.cluster.kinds.mysql_server import URL, Server, run

pytestmark = pytest.mark.backends("mariadb")

DUMP = Path(__file__).parents[2] / "pure" / "hooks" / "dumps" / "mysql.sql"
ORDERS = "CREATE TABLE orders (id int PRIMARY KEY);\nINSERT INTO orders VALUES (1);\n"


@pytest.fixture(params=["marks", "no marks"])
def feature(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    if request.param == "no marks":
        monkeypatch.setattr(state, "comments", lambda connection: False)
    with place("mysql", request, tmp_path) as made:
        yield made


@pytest.fixture
def server(feature: Place) -> Iterator[Server]:
    made = Server(feature.env[URL])
    yield made
    made.close()


def rows(server: Server, feature: Place, statement: str = "SELECT id FROM orders ORDER BY 1") -> list[Any]:
    return [row[0] for row in server.do(statement, database=feature.name)]


def nothing_is_left(server: Server, feature: Place) -> bool:
    return feature.name not in server.databases() | server.users()


# Templates.


def test_a_template_is_copied_and_works_by_itself(feature: Place, server: Server) -> None:
    template = server.database(f"{feature.base}-template")
    server.do(f"ALTER DATABASE `{template}` CHARACTER SET latin1 COLLATE latin1_german1_ci")
    for statement in _EVERYTHING:
        server.do(statement, database=template)
    feature.check(template=template)
    made = feature.ensure(template=template)
    assert made.warning == f"Not copied from `{template}`: event `daily`."
    with server.as_told(made.values["DATABASE_URL"]) as own:
        assert run(own, "SELECT name, loud, hidden FROM customers ORDER BY id") == [
            ("zero", "ZERO", 7),
            ("Åsa", "ÅSA", 7),
        ]
        assert run(own, "SELECT id FROM customers ORDER BY 1") == [(0,), (5,)]
        assert run(own, "SELECT name, total FROM above") == [("Åsa", 2)]
        run(own, "INSERT INTO orders (customer) VALUES (5)")
        assert run(own, "SELECT what FROM log") == [("old",), ("new order",)]
        assert run(own, "SELECT total FROM above") == [(3,)]
        run(own, "CALL act(2)")
        assert run(own, "SELECT twice(4), one_of_two()") == [(8, 1)]
        with pytest.raises(pymysql.IntegrityError):
            run(own, "INSERT INTO orders (customer) VALUES (99)")
        run(own, "INSERT INTO numbered (what) VALUES ('x')")
        assert run(own, "SELECT n FROM numbered ORDER BY 1") == [(100,), (101,)]
    assert server.do("SELECT what FROM log", database=template) == [("old",)]
    assert server.do("SELECT next_not_cached_value FROM counter", database=template) == [(101,)]
    made_by = "SELECT DISTINCT DEFINER FROM information_schema.VIEWS WHERE TABLE_SCHEMA = %s"
    assert server.do(made_by, feature.name) == [(f"{feature.name}@%",)]
    letters = "SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = %s"
    assert server.do(letters, feature.name) == [("latin1_german1_ci",)]
    again = feature.ensure(template=template)
    assert (again.values, again.warning) == (made.values, "")


_EVERYTHING = (
    """CREATE TABLE customers (id int AUTO_INCREMENT PRIMARY KEY, name varchar(50) CHARACTER SET utf8mb4,
       loud varchar(60) CHARACTER SET utf8mb4 AS (upper(name)) STORED, longer int AS (length(name)) VIRTUAL,
       hidden int INVISIBLE DEFAULT 7)""",
    "INSERT INTO customers (id, name) VALUES (5, 'Åsa')",
    "SET STATEMENT sql_mode = 'NO_AUTO_VALUE_ON_ZERO' FOR INSERT INTO customers (id, name) VALUES (0, 'zero')",
    "CREATE TABLE orders (id int AUTO_INCREMENT PRIMARY KEY, customer int, FOREIGN KEY (customer) REFERENCES customers (id))",
    "INSERT INTO orders (customer) VALUES (5), (5)",
    "CREATE TABLE log (id int AUTO_INCREMENT PRIMARY KEY, what text)",
    "INSERT INTO log (what) VALUES ('old')",
    "CREATE SEQUENCE counter START WITH 100 CACHE 1",
    "CREATE TABLE numbered (n int DEFAULT nextval(counter), what text)",
    "INSERT INTO numbered (what) VALUES ('first')",
    "CREATE FUNCTION twice(n int) RETURNS int DETERMINISTIC RETURN n * 2",
    "CREATE FUNCTION one_of_two() RETURNS int READS SQL DATA RETURN (SELECT count(*) FROM log WHERE what = 'old')",
    "CREATE VIEW busy AS SELECT name, (SELECT count(*) FROM orders o WHERE o.customer = c.id) AS total FROM customers c",
    "CREATE VIEW above AS SELECT * FROM busy WHERE total >= twice(1)",
    "CREATE TRIGGER noted AFTER INSERT ON orders FOR EACH ROW INSERT INTO log (what) VALUES ('new order')",
    "CREATE PROCEDURE act(IN n int) BEGIN INSERT INTO log (what) SELECT 'act' FROM orders LIMIT n; END",
    "CREATE EVENT daily ON SCHEDULE EVERY 1 DAY DO DELETE FROM log",
)


def test_the_copy_makes_nobody_wait_who_writes_into_the_template(feature: Place, server: Server) -> None:
    template = server.database(f"{feature.base}_template")
    for statement in ORDERS.split(";")[:2]:
        server.do(statement, database=template)
    with server.open(template) as writer:
        writer.begin()
        run(writer, "INSERT INTO orders VALUES (2)")
        run(writer, "UPDATE orders SET id = 3 WHERE id = 1")
        feature.ensure(template=template)
        assert rows(server, feature) == [1]
        run(writer, "UPDATE orders SET id = 4 WHERE id = 3")
        writer.commit()


def test_a_view_that_cannot_be_made_is_named(feature: Place, server: Server) -> None:
    template = server.database(f"{feature.base}_template")
    server.do("CREATE TABLE gone (id int)", database=template)
    server.do("CREATE VIEW looks AS SELECT * FROM gone", database=template)
    server.do("DROP TABLE gone", database=template)
    assert "the view `looks` of the template cannot be made" in feature.failure(template=template).sentence
    assert nothing_is_left(server, feature)


def test_what_the_server_does_not_let_users_make_is_named(
    feature: Place, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    template = server.database(f"{feature.base}_template")
    for statement in ("CREATE TABLE log (id int)", "CREATE TRIGGER noted AFTER INSERT ON log FOR EACH ROW SET @a = 1"):
        server.do(statement, database=template)
    refused = pymysql.err.OperationalError(1419, "You do not have the SUPER privilege and binary logging is enabled")
    act = copying._do

    def refuses(connection: Any, statement: str, *more: Any) -> None:
        if "TRIGGER" in statement:
            raise refused
        act(connection, statement, *more)

    monkeypatch.setattr(copying, "_do", refuses)
    assert feature.ensure(template=template).warning == f"Not copied from `{template}`: trigger `noted`."


def test_a_template_that_is_not_there_or_the_servers_own(feature: Place, server: Server) -> None:
    assert "there is no database `nosuch`" in feature.problem(template="nosuch").sentence
    assert "a database of the server itself" in feature.problem(template="mysql").sentence


def test_another_template_makes_the_database_anew_with_a_warning(feature: Place, server: Server) -> None:
    feature.ensure()
    template = server.database(f"{feature.base}_template")
    server.do("CREATE TABLE orders AS SELECT 7 AS id", database=template)
    assert "dropped and made anew" in feature.ensure(template=template).warning
    assert rows(server, feature) == [7]
    assert feature.ensure(template=template).warning == ""


# Dumps.


def test_a_dump_of_mariadb_dump_is_loaded_once(feature: Place, server: Server) -> None:
    dump = feature.write("db/shop.sql", DUMP.read_text())
    feature.check(dump=dump)
    made = feature.ensure(dump=dump)
    assert made.warning == ""
    assert rows(server, feature, "SELECT name FROM customers ORDER BY id") == ["Åsa", "O'Hara", "x"]
    notes = ['tab\there; "quoted" back\\slash', None, "-- no remark /* nor this */ # or this;"]
    assert rows(server, feature, "SELECT note FROM customers ORDER BY id") == notes
    with server.as_told(made.values["DATABASE_URL"]) as own:
        run(own, "INSERT INTO orders (customer) VALUES (2)")
        run(own, "CALL act(2)")
        assert run(own, "SELECT what FROM log ORDER BY id") == [("a; b",), ("act",), ("act",)]
        assert run(own, "SELECT name, total FROM above") == [("O'Hara", 3)]
        assert run(own, "SELECT twice(3)") == [(6,)]
    assert feature.ensure(dump=dump).warning == ""
    assert rows(server, feature, "SELECT count(*) FROM log") == [3]


def test_a_changed_dump_makes_the_database_anew_with_a_warning(feature: Place, server: Server) -> None:
    first = feature.ensure(dump=feature.write("a.sql", ORDERS))
    with server.as_told(first.values["DATABASE_URL"]) as connection:  # a pod in the midst of something
        connection.begin()
        run(connection, "INSERT INTO orders VALUES (2)")
        second = feature.ensure(dump=feature.write("a.sql", ORDERS.replace("(1)", "(3)")))
    assert "dropped and made anew" in second.warning
    assert second.values == first.values
    assert rows(server, feature) == [3]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (f"{ORDERS}\n/* once\n more */ INSERT INTO nosuch VALUES ('hidden', 1);\n", 5, "exist: `INSERT INTO nosuch VALUES ('…', 1)`"),
        (f"{ORDERS}-- once more\nINSERT INTO orders VALUES (1);\nSELECT 1;", 4, "Duplicate entry"),
        (f"{ORDERS}SELECT 1;\nINSERT INTO orders\n\nVALUS (1);\n", 6, "You have an error in your SQL syntax"),
        (f"{ORDERS}USE shop;\nSELECT 1;\n", 3, "`USE shop` is about a whole database"),
        (f"{ORDERS}CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop`;\n", 3, "is about a whole database"),
        (f"{ORDERS}INSERT INTO orders VALUES ('\n;\n", 3, "what begins with ' here has no end"),
        (f"{ORDERS}SELECT 1 \\G\n", 3, "`\\G` is a command of the client's"),
        (f"{ORDERS}CREATE USER somebody;\n", 3, "you need"),
        (f"{ORDERS}SELECT load_file('/etc/passwd');\nDELIMITER\n", 4, "DELIMITER must be followed by the delimiter"),
    ],
)  # fmt: skip
def test_a_dump_with_an_error_names_the_line_and_leaves_nothing(
    feature: Place, server: Server, text: str, line: int, words: str
) -> None:
    said = feature.failure(dump=feature.write("db/orders.sql", text))
    assert said.sentence.startswith(f"db/orders.sql, line {line}: ")
    assert words in said.sentence
    assert "hidden" not in said.sentence
    assert nothing_is_left(server, feature)
    feature.ensure(dump=feature.write("db/orders.sql", ORDERS))
    assert rows(server, feature) == [1]


def test_a_dump_of_many_statements_and_its_error_in_the_midst(feature: Place, server: Server) -> None:
    inserts = [f"INSERT INTO orders VALUES ({each}); # row\n" for each in range(2, 1500)]
    feature.ensure(dump=feature.write("a.sql", ORDERS + "".join(inserts)))
    assert rows(server, feature, "SELECT count(*) FROM orders") == [1499]
    broken = [*inserts[:900], "INSERT INTO orders VALUES (5);\n", *inserts[900:]]
    said = feature.failure(dump=feature.write("a.sql", ORDERS + "".join(broken)))
    assert said.sentence.startswith("a.sql, line 903: Duplicate entry")
    assert nothing_is_left(server, feature)


@pytest.mark.backends("localstack")
def test_a_dump_out_of_a_bucket(feature: Place, server: Server) -> None:
    text = f"{ORDERS}INSERT INTO orders VALUES (2), (3);\n"
    with feature.bucket(plain=text.encode(), packed=gzip.compress(text.encode())) as bucket:
        dump = {"s3": f"s3://{bucket}/packed"}
        feature.check(dump=dump)
        feature.ensure(dump=dump)
        assert rows(server, feature) == [1, 2, 3]
        assert feature.ensure(dump=dump).warning == ""
        assert "made anew" in feature.ensure(dump={"s3": f"s3://{bucket}/plain"}).warning
        assert rows(server, feature) == [1, 2, 3]
        assert feature.problem(dump={"s3": f"s3://{bucket}/nosuch"}).sentence == f"there is no `s3://{bucket}/nosuch`"


def test_a_dump_that_takes_longer_than_the_run_has(feature: Place, server: Server) -> None:
    world = feature.world()
    world.deadline = time.monotonic() + 1.9
    with pytest.raises(Problem) as raised:
        feature.ensure(world, dump=feature.write("a.sql", f"SET max_statement_time = 0;\n{ORDERS}SELECT sleep(30);"))
    assert raised.value.sentence == "a.sql, line 4: the time of the run was up here"
