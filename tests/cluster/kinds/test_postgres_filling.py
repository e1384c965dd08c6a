"""Databases on a real PostgreSQL that are filled from templates and dumps; and what is left where that goes wrong."""

# ruff: noqa: S608  (they are scripts that the tests write)

import gzip
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hooks.contract import Problem
from tests.cluster.kinds.databases import Place, place
from tests.cluster.kinds.postgres_server import Server

pytestmark = pytest.mark.backends("postgres")

DUMP = Path(__file__).parents[2] / "pure" / "hooks" / "dumps" / "postgres.sql"
ORDERS = "CREATE TABLE orders (id int PRIMARY KEY);\nINSERT INTO orders VALUES (1);\n"


@pytest.fixture
def feature(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with place("postgres", request, tmp_path) as made:
        yield made


@pytest.fixture
def server(feature: Place) -> Iterator[Server]:
    made = Server(feature.env["DEVSTACK_PROVIDER_POSTGRES_URL"])
    yield made
    made.close()


def rows(server: Server, feature: Place, statement: str = "SELECT id FROM orders ORDER BY 1") -> list[Any]:
    return [row[0] for row in server.do(statement, database=feature.name)]


def nothing_is_left(server: Server, feature: Place) -> bool:
    return feature.name not in server.databases() | server.roles()


# Templates.


def test_a_template_is_copied_and_all_of_it_belongs_to_the_role(feature: Place, server: Server) -> None:
    owner = server.role(f"{feature.base}_owner")
    template = server.database(f"{feature.base}-Template")
    server.do("ALTER DATABASE {} OWNER TO {}", template, owner)
    for statement in _EVERYTHING:
        server.do(statement, database=template)
    for kind, thing in (("TABLE", "shop.orders"), ("SCHEMA", "shop"), ("TYPE", "shop.state")):
        server.do(f"ALTER {kind} {thing} OWNER TO {{}}", owner, database=template)
    before = server.owners(template)
    feature.check(template=template)
    made = feature.ensure(template=template)
    assert server.owners(feature.name) <= {feature.name}
    assert server.owners(template) == before
    assert server.do("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()",
                     database=template) == [(owner,)]  # fmt: skip
    with server.as_told(made.values["DATABASE_URL"]) as connection:
        for statement in _ONLY_THE_OWNER_MAY:
            connection.execute(statement.encode())
        assert connection.execute("SELECT count(*) FROM shop.orders").fetchone() == (2,)
    feature.check(template=template)
    assert feature.ensure(template=template).values == made.values


_EVERYTHING = (
    "CREATE EXTENSION pgcrypto",
    "CREATE SCHEMA shop",
    "CREATE TYPE shop.state AS ENUM ('new')",
    "CREATE DOMAIN shop.amount AS int CHECK (value > 0)",
    "CREATE TYPE shop.pair AS (a int, b int)",
    "CREATE TYPE shop.span AS RANGE (subtype = int4)",
    'CREATE TABLE shop.orders (id serial PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY, "Odd; name" text)',
    "INSERT INTO shop.orders DEFAULT VALUES",
    "INSERT INTO shop.orders DEFAULT VALUES",
    "CREATE TABLE shop.log (at date) PARTITION BY RANGE (at)",
    "CREATE TABLE shop.log_1 PARTITION OF shop.log DEFAULT",
    "CREATE SEQUENCE shop.numbers",
    "CREATE VIEW shop.seen AS SELECT 1 AS one",
    "CREATE MATERIALIZED VIEW shop.kept AS SELECT 1 AS one",
    "CREATE FUNCTION shop.plus(int, text) RETURNS int LANGUAGE sql AS 'SELECT $1'",
    "CREATE PROCEDURE shop.act() LANGUAGE sql AS 'SELECT 1'",
    "CREATE AGGREGATE shop.all_of(int) (SFUNC = int4pl, STYPE = int)",
    "CREATE OPERATOR shop.|+| (LEFTARG = int, RIGHTARG = text, FUNCTION = shop.plus)",
    "CREATE OPERATOR FAMILY shop.family USING btree",
    'CREATE COLLATION shop.german FROM "C"',
    "CREATE TEXT SEARCH CONFIGURATION shop.words (COPY = simple)",
    "CREATE TEXT SEARCH DICTIONARY shop.book (TEMPLATE = simple)",
    "CREATE STATISTICS shop.known ON id, n FROM shop.orders",
    "CREATE FOREIGN DATA WRAPPER nowhere",
    "CREATE SERVER elsewhere FOREIGN DATA WRAPPER nowhere",
    "CREATE FOREIGN TABLE shop.far (id int) SERVER elsewhere",
    "CREATE FUNCTION shop.watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
    "CREATE EVENT TRIGGER watcher ON ddl_command_end EXECUTE FUNCTION shop.watch()",
    "SELECT lo_create(0)",
    "CREATE TABLE public.plain (id int)",
)
_ONLY_THE_OWNER_MAY = (
    "ALTER TABLE shop.orders ADD COLUMN more int",
    "ALTER TYPE shop.state ADD VALUE 'paid'",
    "ALTER DOMAIN shop.amount DROP NOT NULL",
    "DROP TYPE shop.pair, shop.span",
    "DROP VIEW shop.seen",
    "REFRESH MATERIALIZED VIEW shop.kept",
    "DROP OPERATOR shop.|+| (int, text)",
    "DROP FUNCTION shop.plus",
    "DROP PROCEDURE shop.act",
    "DROP AGGREGATE shop.all_of (int)",
    "DROP STATISTICS shop.known",
    "DROP FOREIGN TABLE shop.far",
    "DROP SERVER elsewhere",
    "DROP TABLE shop.log",
    "ALTER SEQUENCE shop.numbers RESTART",
    "SELECT lo_unlink(oid) FROM pg_largeobject_metadata",
    "ALTER SCHEMA shop RENAME TO store",
    "ALTER SCHEMA store RENAME TO shop",
    "DROP TABLE public.plain",
    "CREATE TABLE public.other (id int)",
)


def test_a_template_that_is_in_use_is_named_with_who_uses_it(feature: Place, server: Server) -> None:
    template = server.database(f"{feature.base}_template")
    with server.open(template) as connection:
        connection.execute("SET application_name = 'checkout'")
        said = feature.problem(template=template)
        failed = feature.failure(template=template)
    for each in (said, failed):
        assert f"`{template}` cannot be copied while it is in use: 1 connection is open" in each.sentence
        assert f"by {server.told['user']} (checkout)" in each.sentence
        assert "nobody connects to" in each.remedy
        assert "`dump`" in each.remedy
    assert nothing_is_left(server, feature)
    feature.check(template=template)
    feature.ensure(template=template)


def test_a_template_that_is_left_within_seconds_is_waited_for(feature: Place, server: Server) -> None:
    template = server.database(f"{feature.base}_template")
    busy = server.open(template)
    leaves = threading.Timer(0.8, busy.close)
    leaves.start()
    feature.check(template=template)
    leaves.join()


def test_a_template_that_is_not_there(feature: Place, server: Server) -> None:
    assert "there is no database `nosuch`" in feature.problem(template="nosuch").sentence


def test_another_template_makes_the_database_anew_with_a_warning(feature: Place, server: Server) -> None:
    feature.ensure()
    template = server.database(f"{feature.base}_template")
    server.do("CREATE TABLE orders AS SELECT 7 AS id", database=template)
    made = feature.ensure(template=template)
    assert "dropped and made anew" in made.warning
    assert rows(server, feature) == [7]
    assert feature.ensure(template=template).warning == ""


# Dumps.


def test_a_dump_of_pg_dump_is_loaded_once(feature: Place, server: Server) -> None:
    dump = feature.write("db/shop.sql", DUMP.read_text())
    feature.check(dump=dump)
    made = feature.ensure(dump=dump)
    assert (
        made.warning
        == "What `db/shop.sql` says of owners and rights was left out: all belongs to the database's own role."
    )
    assert rows(server, feature, "SELECT name FROM shop.customers ORDER BY id") == ["Åsa", "O'Hara"]
    assert rows(server, feature, "SELECT note FROM shop.customers ORDER BY id") == [
        'tab\there; "quoted" back\\slash',
        None,
    ]
    assert rows(server, feature, "SELECT total FROM shop.busy ORDER BY name") == [2, 1]
    assert server.owners(feature.name) <= {feature.name}
    with server.as_told(made.values["DATABASE_URL"]) as connection:
        connection.execute("DELETE FROM shop.customers WHERE id = 1")
    assert feature.ensure(dump=dump).warning == ""
    assert rows(server, feature, "SELECT note FROM shop.customers ORDER BY id") == ["gone", None]


def test_a_changed_dump_makes_the_database_anew_with_a_warning(feature: Place, server: Server) -> None:
    first = feature.ensure(dump=feature.write("a.sql", ORDERS))
    with server.as_told(first.values["DATABASE_URL"]) as connection:  # a pod that is connected meanwhile
        connection.execute("INSERT INTO orders VALUES (2)")
        second = feature.ensure(dump=feature.write("a.sql", ORDERS.replace("(1)", "(3)")))
    assert "dropped and made anew" in second.warning
    assert second.values == first.values
    assert rows(server, feature) == [3]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (f"{ORDERS}INSERT INTO\n  nosuch VALUES ('hidden', 1);\n", 4, 'relation "nosuch" does not exist: `nosuch VALUES (\'…\', 1)`'),
        (f"{ORDERS}\n-- once more\nINSERT INTO orders VALUES (1);\nSELECT 1;", 5, "duplicate key value"),
        (f"{ORDERS}SELEC 1;\n", 3, 'syntax error at or near "SELEC": `SELEC 1`'),
        (f"{ORDERS}COPY orders (id) FROM stdin;\n2\nx\n\\.\n", 5, "invalid input syntax for type integer"),
        (f"{ORDERS}COPY orders (id) FROM stdin;\n2\n", 3, "the rows of this COPY have no end"),
        (f"{ORDERS}\\connect other\n", 3, "`\\connect` is a command of psql's"),
        (f"{ORDERS}INSERT INTO orders VALUES ('\n;\n", 3, "what begins with ' here has no end"),
        (f"{ORDERS}BEGIN;\nINSERT INTO orders VALUES (2);\nINSERT INTO orders VALUES (2);\n", 5, "duplicate key"),
        (f"{ORDERS}CREATE EXTENSION file_fdw;\n", 3, "permission denied to create extension"),
        (f"{ORDERS}COPY orders FROM '/etc/passwd';\n", 3, "to COPY from a file"),
        (f"{ORDERS}CREATE ROLE other;\n", 3, "permission denied to create role"),
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


def test_statements_that_want_no_transaction_are_run_by_themselves(feature: Place, server: Server) -> None:
    text = (
        f"{ORDERS}CREATE INDEX CONCURRENTLY quick ON orders (id);\nVACUUM orders; -- the end\nBEGIN;\nSELECT 1;\nCOMMIT;"
    )
    feature.ensure(dump=feature.write("a.sql", text))
    assert rows(server, feature) == [1]


def test_a_dump_of_many_statements_and_its_error_in_the_midst(feature: Place, server: Server) -> None:
    inserts = [f"INSERT INTO orders VALUES ({each});\n" for each in range(2, 1500)]
    made = feature.ensure(dump=feature.write("a.sql", ORDERS + "".join(inserts)))
    assert made.facts["content"]
    assert rows(server, feature, "SELECT count(*) FROM orders") == [1499]
    broken = [*inserts[:900], "INSERT INTO orders VALUES (5);\n", *inserts[900:]]
    said = feature.failure(dump=feature.write("a.sql", ORDERS + "".join(broken)))
    assert said.sentence.startswith("a.sql, line 903: duplicate key")
    assert nothing_is_left(server, feature)


@pytest.mark.backends("localstack")
def test_a_dump_out_of_a_bucket(feature: Place, server: Server) -> None:
    text = f"{ORDERS}COPY orders FROM stdin;\n2\n3\n\\.\n"
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
    world.deadline = time.monotonic() + 1.5
    with pytest.raises(Problem) as raised:
        feature.ensure(world, dump=feature.write("a.sql", f"SET statement_timeout = 0;\n{ORDERS}SELECT pg_sleep(30);"))
    assert raised.value.sentence == "a.sql, lines 2 to 4: the time of the run was up here"
    assert "deadlineSeconds" in raised.value.remedy
