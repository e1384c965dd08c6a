"""Databases on a real MariaDB: migrations, seeds, and runs that die in the midst of it."""

# ruff: noqa: S608  (they are scripts that the tests write)

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pymysql
import pytest

from hooks import pods
from hooks.contract import Unreachable
from hooks.sql.mysql import running, state
from hooks.sql.mysql.server import Server as Ours
from tests.cluster.kinds.databases import Died, Place, Programs, place
from tests.cluster.kinds.mysql_server import URL, Server, run

pytestmark = pytest.mark.backends("mariadb")

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


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Programs:
    made = Programs()
    monkeypatch.setattr(pods, "run", made.run)
    return made


def rows(server: Server, feature: Place, statement: str = "SELECT id FROM orders ORDER BY 1") -> list[Any]:
    return [row[0] for row in server.do(statement, database=feature.name)]


def nothing_is_left(server: Server, feature: Place) -> bool:
    return feature.name not in server.databases() | server.users()


# Migrations and seeds.


MIGRATE = {"image": "self", "command": ["./migrate"]}


def test_the_order_is_dump_migrate_seed(feature: Place, server: Server, programs: Programs) -> None:
    def migrate(env: Any) -> None:
        with server.as_told(env["DATABASE_URL"]) as connection:
            run(connection, "ALTER TABLE orders ADD COLUMN what text DEFAULT 'migrated'")

    programs.act = migrate
    fields = {
        "dump": feature.write("a.sql", ORDERS),
        "migrate": MIGRATE,
        "seed": feature.write("seed.sql", "INSERT INTO orders VALUES (9, 'seeded');"),
    }
    feature.check(**fields)
    made = feature.ensure(**fields)
    assert programs.ran == [(f"migrate-{feature.name}", "example/orders:1", ("./migrate",), dict(made.values))]
    assert rows(server, feature, "SELECT what FROM orders ORDER BY id") == ["migrated", "seeded"]
    assert feature.ensure(**fields).values == made.values
    assert len(programs.ran) == 1
    assert rows(server, feature) == [1, 9]


def test_a_migration_that_fails_on_a_new_database_leaves_nothing(
    feature: Place, server: Server, programs: Programs
) -> None:
    programs.outcome = pods.Outcome(False, "no such column: what", 3, "it ended with code 3")
    assert "it ended with code 3: no such column: what" in feature.failure(migrate=MIGRATE).sentence
    assert nothing_is_left(server, feature)


def test_a_migration_that_fails_later_leaves_the_data_and_is_tried_again(
    feature: Place, server: Server, programs: Programs
) -> None:
    fields = {"dump": feature.write("a.sql", ORDERS)}
    feature.ensure(migrate=MIGRATE, **fields)
    feature.image = "example/orders:2"
    programs.outcome = pods.Outcome(False, "", 1, "it ended with code 1")
    feature.failure(migrate=MIGRATE, **fields)
    programs.outcome = pods.Outcome(True, "", 0)
    assert feature.ensure(migrate=MIGRATE, **fields).warning == ""
    assert len(programs.ran) == 3
    assert rows(server, feature) == [1]


def test_a_seed_that_is_new_is_run_in_place_all_or_nothing(feature: Place, server: Server) -> None:
    dump = feature.write("a.sql", ORDERS)
    feature.ensure(dump=dump)
    broken = "INSERT INTO orders VALUES (2);\nINSERT INTO orders VALUES (3);\nINSERT INTO orders VALUES (1);"
    said = feature.failure(dump=dump, seed=feature.write("seed.sql", broken))
    assert said.sentence.startswith("seed.sql, line 3: Duplicate entry")
    assert rows(server, feature) == [1]
    seed = feature.write("seed.sql", broken.replace("(1)", "(4)"))
    assert feature.ensure(dump=dump, seed=seed).warning == ""
    feature.ensure(dump=dump, seed=seed)
    assert rows(server, feature) == [1, 2, 3, 4]


# A run that died.


@pytest.mark.parametrize("where", ["_user", "run", "note"])
def test_a_run_that_died_is_taken_up_by_the_next(
    feature: Place, server: Server, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    dump = feature.write("a.sql", ORDERS)
    with monkeypatch.context() as patch:
        patch.setattr(Ours, where, _dies)
        with pytest.raises(Died):
            feature.ensure(dump=dump)
    assert feature.name in server.databases()
    feature.check(dump=dump)
    assert feature.ensure(dump=dump).warning == ""
    assert server.do("SHOW TABLES", database=feature.name) == [("orders",)]
    assert rows(server, feature) == [1]


@pytest.mark.parametrize("where", ["_user", "run", "note"])
def test_a_run_that_died_leaves_nothing_that_remove_does_not_take(
    feature: Place, server: Server, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Ours, where, _dies)
        with pytest.raises(Died):
            feature.ensure(dump=feature.write("a.sql", ORDERS))
    assert feature.remove()
    assert nothing_is_left(server, feature)


def test_a_dump_that_was_taken_back_while_the_run_with_the_other_died(
    feature: Place, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record tells of the first dump, and of a database that was filled from it."""
    feature.ensure(dump=feature.write("a.sql", ORDERS))
    with monkeypatch.context() as patch:
        patch.setattr(Ours, "note", _dies)
        with pytest.raises(Died):
            feature.ensure(dump=feature.write("a.sql", ORDERS.replace("(1)", "(2)")))
    feature.ensure(dump=feature.write("a.sql", ORDERS))
    assert rows(server, feature) == [1]


def _dies(*_: object, **__: object) -> None:
    raise Died


def test_a_connection_that_is_lost_in_a_dump_is_unreachable_and_the_next_try_begins_anew(
    feature: Place, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"{ORDERS}INSERT INTO orders VALUES (2);"
    flush = running._Run.flush

    def cut(made: Any) -> None:
        server.do(f"KILL {made._connection.thread_id()}")
        flush(made)

    with monkeypatch.context() as patch:
        patch.setattr(running._Run, "flush", cut)
        with pytest.raises(Unreachable):
            feature.ensure(dump=feature.write("a.sql", text))
    feature.ensure(dump=feature.write("a.sql", text))
    assert rows(server, feature) == [1, 2]


@pytest.mark.parametrize("feature", ["marks"], indirect=True)
def test_a_run_that_was_killed_in_the_midst_of_a_dump(feature: Place, server: Server) -> None:
    feature.write("a.sql", f"{ORDERS}COMMIT;\nSELECT sleep(20);\n")
    program = subprocess.Popen([sys.executable, "-c", _RUN, feature.base, feature.id], env={**os.environ, **feature.env})
    asleep = "SELECT 1 FROM information_schema.PROCESSLIST WHERE USER = %s AND STATE = 'User sleep'"
    end = time.monotonic() + 20
    while not server.do(asleep, feature.name) and time.monotonic() < end:
        assert program.poll() is None
        time.sleep(0.05)
    program.send_signal(signal.SIGKILL)
    program.wait()
    assert rows(server, feature) == [1]
    assert feature.find() == [feature.name]
    began = time.monotonic()
    assert feature.ensure(dump=feature.write("a.sql", ORDERS.replace("(1)", "(2)"))).warning == ""
    assert time.monotonic() - began < 10  # the statement that still sleeps holds nothing up
    assert rows(server, feature) == [2]


_RUN = """
import json, os, sys, time
from hooks.contract import Scope
from hooks.kinds import mysql
from hooks.kube import Kube
from hooks.world import World
base, stack = sys.argv[1], f"acme-shop-{sys.argv[2]}"
world = World(dict(os.environ), Kube(None), deadline=time.monotonic() + 60, settings={})
spec = {"kind": "mysql", "database": base, "env": "DATABASE_URL", "dump": {"file": "a.sql"}}
scope = Scope(stack=stack, label="f1", service="orders", release="orders-f1", namespace=f"devstack-{stack}")
mysql.ensure(world, mysql.Spec.model_validate_json(json.dumps(spec)), scope, None)
"""


def test_what_a_dead_run_still_has_going_on_the_server_is_ended(feature: Place, server: Server) -> None:
    """A server goes on with the copy of a large table after its client was killed."""
    feature.ensure(dump=feature.write("a.sql", ORDERS))
    ours = Ours(feature.world(), "mysql", feature.scope, feature.name, None)
    dead = server.open(feature.name)
    state.hold(dead, ours._lock)
    copies = threading.Thread(target=_in_vain, args=(dead, "INSERT INTO orders SELECT sleep(30) + 5"))
    copies.start()
    time.sleep(0.3)
    began = time.monotonic()
    feature.ensure(dump=feature.write("a.sql", ORDERS.replace("(1)", "(2)")))
    assert time.monotonic() - began < 10
    copies.join()
    assert rows(server, feature) == [2]


def _in_vain(connection: Any, statement: str) -> None:
    with contextlib.suppress(pymysql.MySQLError):
        run(connection, statement)


def test_a_template_that_is_used_by_two_features_at_once(feature: Place, server: Server) -> None:
    template = server.database(f"{feature.base}_template")
    server.do("CREATE TABLE orders AS SELECT 1 AS id", database=template)
    others = [type(feature)("mysql", feature.env, feature.folder) for _ in range(2)]
    threads = [threading.Thread(target=each.ensure, kwargs={"template": template}) for each in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in others:
        assert rows(server, each) == [1]
        assert each.remove()
