"""Databases on a real PostgreSQL: migrations, seeds, and runs that die in the midst of it."""

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

import psycopg
import pytest

from hooks import pods
from hooks.contract import Unreachable
from hooks.sql.postgres import running
from hooks.sql.postgres.server import Server as Ours
from tests.cluster.kinds.databases import Died, Place, Programs, place
from tests.cluster.kinds.postgres_server import Server

pytestmark = pytest.mark.backends("postgres")

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


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Programs:
    made = Programs()
    monkeypatch.setattr(pods, "run", made.run)
    return made


def rows(server: Server, feature: Place, statement: str = "SELECT id FROM orders ORDER BY 1") -> list[Any]:
    return [row[0] for row in server.do(statement, database=feature.name)]


def nothing_is_left(server: Server, feature: Place) -> bool:
    return feature.name not in server.databases() | server.roles()


# Migrations and seeds.


MIGRATE = {"image": "self", "command": ["./migrate", "--all"]}


def test_the_order_is_dump_migrate_seed(feature: Place, server: Server, programs: Programs) -> None:
    def migrate(env: Any) -> None:
        with server.as_told(env["DATABASE_URL"]) as connection:
            connection.execute("ALTER TABLE orders ADD COLUMN what text DEFAULT 'migrated'")

    programs.act = migrate
    fields = {
        "dump": feature.write("a.sql", ORDERS),
        "migrate": {**MIGRATE, "args": ["now"], "env": {"LEVEL": "3"}},
        "seed": feature.write("seed.sql", "INSERT INTO orders VALUES (9, 'seeded');"),
    }
    feature.check(**fields)
    made = feature.ensure(**fields)
    assert programs.ran == [
        (f"migrate-{feature.name}", "example/orders:1", ("./migrate", "--all", "now"), {**made.values, "LEVEL": "3"})
    ]
    assert rows(server, feature, "SELECT what FROM orders ORDER BY id") == ["migrated", "seeded"]
    assert feature.ensure(**fields).values == made.values
    assert len(programs.ran) == 1
    assert rows(server, feature) == [1, 9]


def test_migrations_run_again_where_image_or_words_changed(feature: Place, programs: Programs) -> None:
    feature.ensure(migrate=MIGRATE)
    feature.ensure(migrate=MIGRATE)
    assert len(programs.ran) == 1
    feature.image = "example/orders:2"
    feature.ensure(migrate=MIGRATE)
    assert [image for _, image, *_ in programs.ran] == ["example/orders:1", "example/orders:2"]
    feature.ensure(migrate={**MIGRATE, "args": ["--more"]})
    assert len(programs.ran) == 3


def test_a_migration_that_fails_on_a_new_database_leaves_nothing(
    feature: Place, server: Server, programs: Programs
) -> None:
    programs.outcome = pods.Outcome(False, "connecting\nno such column: what", 3, "it ended with code 3")
    said = feature.failure(migrate=MIGRATE)
    assert said.sentence == f"`migrate` of the database `{feature.name}`: it ended with code 3: no such column: what"
    assert said.log == "connecting\nno such column: what"
    assert nothing_is_left(server, feature)


def test_a_migration_that_fails_later_leaves_the_data_and_is_tried_again(
    feature: Place, server: Server, programs: Programs
) -> None:
    fields = {"dump": feature.write("a.sql", ORDERS)}
    feature.ensure(migrate=MIGRATE, **fields)
    feature.image = "example/orders:2"
    programs.outcome = pods.Outcome(False, "", 1, "it ended with code 1")
    feature.failure(migrate=MIGRATE, **fields)
    assert rows(server, feature) == [1]
    programs.outcome = pods.Outcome(True, "", 0)
    assert feature.ensure(migrate=MIGRATE, **fields).warning == ""
    assert len(programs.ran) == 3
    assert rows(server, feature) == [1]


def test_a_seed_by_a_program_runs_once(feature: Place, programs: Programs) -> None:
    seed = {"command": ["./seed"], "image": "example/seeds:1"}
    feature.ensure(migrate=MIGRATE, seed=seed)
    feature.ensure(migrate=MIGRATE, seed=seed)
    assert programs.purposes == ["migrate", "seed"]
    assert programs.ran[1][1] == "example/seeds:1"
    assert "was not run again" in feature.ensure(migrate=MIGRATE, seed={**seed, "args": ["more"]}).warning
    assert programs.purposes == ["migrate", "seed"]


def test_a_seed_that_is_new_is_run_in_place_all_or_nothing(feature: Place, server: Server) -> None:
    dump = feature.write("a.sql", ORDERS)
    feature.ensure(dump=dump)
    broken = (
        "BEGIN;\nINSERT INTO orders VALUES (2);\nCOMMIT;\nINSERT INTO orders VALUES (3);\nINSERT INTO orders VALUES (1);"
    )
    said = feature.failure(dump=dump, seed=feature.write("seed.sql", broken))
    assert said.sentence.startswith("seed.sql, line 5: duplicate key")
    assert rows(server, feature) == [1]
    seed = feature.write("seed.sql", broken.replace("(1)", "(4)"))
    assert feature.ensure(dump=dump, seed=seed).warning == ""
    assert rows(server, feature) == [1, 2, 3, 4]
    feature.ensure(dump=dump, seed=seed)
    assert rows(server, feature) == [1, 2, 3, 4]


# A run that died.


@pytest.mark.parametrize("where", ["_create", "_shut", "_inside", "note"])
def test_a_run_that_died_is_taken_up_by_the_next(
    feature: Place, server: Server, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    dump = feature.write("a.sql", ORDERS)
    with monkeypatch.context() as patch:
        patch.setattr(Ours, where, _dies)
        with pytest.raises(Died):
            feature.ensure(dump=dump)
    assert feature.find() == [feature.name]
    feature.check(dump=dump)
    assert feature.ensure(dump=dump).warning == ""
    assert rows(server, feature) == [1]


@pytest.mark.parametrize("where", ["_create", "_shut", "_inside", "note"])
def test_a_run_that_died_leaves_nothing_that_remove_does_not_find(
    feature: Place, server: Server, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Ours, where, _dies)
        with pytest.raises(Died):
            feature.ensure()
    assert feature.remove()
    assert nothing_is_left(server, feature)


def _dies(*_: object, **__: object) -> None:
    raise Died


def test_a_connection_that_is_lost_in_a_dump_is_unreachable_and_the_next_try_begins_anew(
    feature: Place, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"{ORDERS}COPY orders FROM stdin;\n2\n\\.\nINSERT INTO orders VALUES (3);"
    flush = running._Run.flush

    def cut(run: Any) -> None:
        flush(run)
        server.do(f"SELECT pg_terminate_backend({run._connection.info.backend_pid})")

    with monkeypatch.context() as patch:
        patch.setattr(running._Run, "flush", cut)
        with pytest.raises(Unreachable):
            feature.ensure(dump=feature.write("a.sql", text))
    assert rows(server, feature) == [1]
    feature.ensure(dump=feature.write("a.sql", text))
    assert rows(server, feature) == [1, 2, 3]


def test_a_run_that_was_killed_in_the_midst_of_a_dump(feature: Place, server: Server) -> None:
    text = f"{ORDERS}COMMIT;\nSELECT pg_sleep(20);\n"
    dump = feature.write("a.sql", text)
    program = subprocess.Popen([sys.executable, "-c", _RUN, feature.base, feature.id], env={**os.environ, **feature.env})
    asleep = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND datname = '{}'"
    end = time.monotonic() + 20
    while server.do(asleep.replace("{}", feature.name)) == [(0,)] and time.monotonic() < end:
        assert program.poll() is None
        time.sleep(0.05)
    program.send_signal(signal.SIGKILL)
    program.wait()
    assert rows(server, feature) == [1]
    assert feature.find() == [feature.name]
    dump = feature.write("a.sql", ORDERS.replace("(1)", "(2)"))
    assert feature.ensure(dump=dump).warning == ""
    assert rows(server, feature) == [2]


_RUN = """
import json, os, sys, time
from hooks.contract import Scope
from hooks.kinds import postgres
from hooks.kube import Kube
from hooks.world import World
base, stack = sys.argv[1], f"acme-shop-{sys.argv[2]}"
world = World(dict(os.environ), Kube(None), deadline=time.monotonic() + 60, settings={})
spec = {"kind": "postgres", "database": base, "env": "DATABASE_URL", "dump": {"file": "a.sql"}}
scope = Scope(stack=stack, label="f1", service="orders", release="orders-f1", namespace=f"devstack-{stack}")
postgres.ensure(world, postgres.Spec.model_validate_json(json.dumps(spec)), scope, None)
"""


def test_what_a_dead_run_still_has_going_on_the_server_is_ended(feature: Place, server: Server) -> None:
    """A server goes on with CREATE DATABASE after its client was killed."""
    ours = Ours(feature.world(), "postgres", feature.scope, feature.name)
    with contextlib.suppress(Unreachable), ours._admin() as dead:
        dead.execute("BEGIN")
        dead.execute(f"CREATE ROLE {feature.name}".encode())
        began = time.monotonic()
        feature.ensure()
        assert time.monotonic() - began < 10
        with pytest.raises(psycopg.OperationalError):
            dead.execute("COMMIT")
    assert feature.find() == [feature.name]


def test_a_template_that_is_used_by_two_features_at_once(feature: Place, server: Server) -> None:
    template = server.database(f"{feature.base}_template")
    server.do("CREATE TABLE orders AS SELECT id FROM generate_series(1, 20000) AS id", database=template)
    others = [Place("postgres", feature.env, feature.folder) for _ in range(3)]
    threads = [threading.Thread(target=each.ensure, kwargs={"template": template}) for each in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in others:
        assert rows(server, each, "SELECT count(*) FROM orders") == [20000]
        assert each.remove()
