"""Databases on a real MariaDB: what is made, whose it is, and that it goes again; also as on a MySQL, which has no place
for a mark."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pymysql
import pytest

from hooks.contract import Problem, Unreachable
from hooks.sql.mysql import state
from tests.cluster.kinds.databases import Place, place
from tests.cluster.kinds.mysql_server import PASSWORD, URL, Server, run
from tests.redis.tools.watching import free_port

pytestmark = pytest.mark.backends("mariadb")


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


def marked(feature: Place) -> bool:
    """Whether the server can tell whose a database is."""
    with Server(feature.env[URL]).open() as connection:
        return state.comments(connection)


# What is made.


def test_database_and_user_are_made_and_the_url_works(feature: Place, server: Server) -> None:
    feature.check()
    made = feature.ensure()
    assert feature.name == f"{feature.base}_f1"
    with server.as_told(made.values["DATABASE_URL"]) as connection:
        assert run(connection, "SELECT DATABASE(), CURRENT_USER()") == [(feature.name, f"{feature.name}@%")]
        run(connection, "CREATE TABLE orders (id int)")
        assert run(connection, "SHOW TABLES") == [("orders",)]
    assert feature.find() == ([feature.name] if marked(feature) else [])


def test_again_changes_nothing(feature: Place, server: Server) -> None:
    first = feature.ensure()
    with server.as_told(first.values["DATABASE_URL"]) as connection:
        run(connection, "CREATE TABLE orders AS SELECT 1 AS id")
        feature.check()
        second = feature.ensure()
        assert run(connection, "SELECT * FROM orders") == [(1,)]
    assert (second.values, second.facts, second.warning) == (first.values, first.facts, "")


def test_where_the_secret_was_lost_there_is_a_new_password(feature: Place, server: Server) -> None:
    first = feature.ensure()
    feature.values = {}
    second = feature.ensure()
    server.as_told(second.values["DATABASE_URL"]).close()
    with pytest.raises(pymysql.OperationalError, match="Access denied"):
        server.as_told(first.values["DATABASE_URL"])


def test_a_password_of_special_characters_works_in_the_url(feature: Place, server: Server) -> None:
    feature.ensure()
    feature.values = {"DATABASE_URL": f"mysql://{feature.name}:p%40ss%27%2Fw%3Ard%25s%5C%3F%23@db:3306/{feature.name}"}
    made = feature.ensure()
    assert unquote(urlsplit(made.values["DATABASE_URL"]).password or "") == "p@ss'/w:rd%s\\?#"
    server.as_told(made.values["DATABASE_URL"]).close()


def test_parts_of_the_access_and_the_host_that_pods_use(feature: Place, server: Server) -> None:
    first = feature.ensure()
    feature.env |= {
        "DEVSTACK_PROVIDER_MYSQL_HOST_FOR_PODS": "db.example.com:3307",
        URL: f"{feature.env[URL]}?charset=utf8mb4",
    }
    parts = {"url": "URL", "host": "HOST", "port": "PORT", "user": "MYUSER", "password": "MYPASSWORD", "database": "NAME"}
    made = feature.ensure(env=parts).values
    password = unquote(urlsplit(first.values["DATABASE_URL"]).password or "")
    assert made == {
        "URL": f"mysql://{feature.name}:{password}@db.example.com:3307/{feature.name}?charset=utf8mb4",
        "HOST": "db.example.com", "PORT": "3307", "MYUSER": feature.name, "MYPASSWORD": password, "NAME": feature.name,
    }  # fmt: skip


def test_names_have_32_characters_at_most(feature: Place, server: Server) -> None:
    long = f"a_database_with_a_very_long_name_{feature.id}"
    feature.base = long
    assert len(feature.name) == 32
    assert feature.name.startswith("a_database_with_a_very_lo")
    made = feature.ensure()
    server.as_told(made.values["DATABASE_URL"]).close()


def test_the_user_can_reach_no_other_database(feature: Place, server: Server) -> None:
    """`_` in a name stands for any character where rights are given."""
    made = feature.ensure()
    for other in (feature.base, feature.name.replace("_", "x"), f"{feature.base}xf1", f"{feature.name}0"):
        server.database(other)
        with pytest.raises(pymysql.OperationalError, match="Access denied"):
            server.open(other, feature.name, unquote(urlsplit(made.values["DATABASE_URL"]).password or ""))


# Deleted by hand.


def test_what_was_deleted_by_hand_is_made_again(feature: Place, server: Server) -> None:
    first = feature.ensure()
    server.do(f"DROP DATABASE `{feature.name}`")
    assert feature.ensure().values == first.values
    server.do(f"DROP USER `{feature.name}`@'%'")
    assert feature.ensure().values == first.values
    server.do(f"DROP DATABASE `{feature.name}`")
    server.do(f"DROP USER `{feature.name}`@'%'")
    third = feature.ensure()
    assert third.values == first.values
    server.as_told(third.values["DATABASE_URL"]).close()


# Removed.


def test_remove_and_again(feature: Place, server: Server) -> None:
    made = feature.ensure()
    with server.as_told(made.values["DATABASE_URL"]) as connection:  # somebody is in the midst of something
        run(connection, "CREATE TABLE orders (id int)")
        connection.begin()
        run(connection, "INSERT INTO orders VALUES (1)")
        assert feature.remove()
    assert feature.find() == []
    assert feature.name not in server.databases() | server.users()
    assert not feature.remove()


def test_remove_when_half_of_it_is_gone(feature: Place, server: Server) -> None:
    feature.ensure()
    server.do(f"DROP DATABASE `{feature.name}`")
    assert feature.remove()
    feature.ensure()
    server.do(f"DROP USER `{feature.name}`@'%'")
    assert feature.remove()
    assert feature.name not in server.databases() | server.users()


def test_the_base_of_the_same_prefix_is_untouched(feature: Place, server: Server) -> None:
    for name in (feature.base, f"{feature.base}_f", f"{feature.base}_f10", f"{feature.base}xf1"):
        server.database(name)
        server.do("CREATE TABLE accounts AS SELECT 1 AS id", database=name)
    feature.ensure()
    feature.ensure(dump=feature.write("a.sql", "SELECT 1;"))
    assert feature.remove()
    for name in server.made:
        assert server.do("SELECT id FROM accounts", database=name) == [(1,)]


# Strangers.


def test_a_database_that_is_not_ours_is_left_alone(feature: Place, server: Server) -> None:
    server.database(feature.name)
    said = feature.problem()
    assert feature.failure().sentence == said.sentence
    if marked(feature):  # else the record alone tells, and the runner keeps none of what it may not make
        assert not feature.remove()
    assert f"a database `{feature.name}` is on MySQL already, and it is not on record as ours" in said.sentence
    assert feature.name in server.databases()


def test_a_user_that_is_not_ours_is_left_alone(feature: Place, server: Server) -> None:
    server.make_user(feature.name)
    assert f"a user `{feature.name}`" in feature.problem().sentence
    assert f"a user `{feature.name}`" in feature.failure().sentence
    assert feature.name in server.users()
    assert feature.name not in server.databases()


@pytest.mark.parametrize("feature", ["marks"], indirect=True)
def test_what_belongs_to_another_is_left_alone(feature: Place, server: Server) -> None:
    for scope in (feature.of("orders", "acme-shop-99"), feature.of("invoices")):
        feature.module.ensure(feature.world(), feature.spec(), scope, None)
        said = feature.foreign()
        assert f"it belongs to `{scope.service}` of the stack `{scope.stack}`" in said.sentence
        assert feature.remove(scope)


def test_a_database_that_somebody_makes_at_the_same_moment(
    feature: Place, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = state.look

    def slow(*given: Any) -> state.Found:
        found = look(*given)
        if not server.made:
            server.database(feature.name)
        return found

    monkeypatch.setattr(state, "look", slow)
    assert "somebody else has just made" in feature.failure().sentence
    assert feature.name in server.databases()


# The server.


def test_a_closed_port_is_unreachable(feature: Place) -> None:
    world = feature.world(**{URL: f"mysql://root:hidden-from-all@127.0.0.1:{free_port()}/"})
    for call in (feature.check, feature.ensure):
        with pytest.raises(Unreachable) as raised:
            call(world)
        assert "hidden" not in str(raised.value)


def test_wrong_credentials_name_the_variable(feature: Place, server: Server) -> None:
    with pytest.raises(Problem) as raised:
        feature.check(feature.world(**{URL: server.url(server.user, "hidden-from-all")}))
    assert "does not let us in" in raised.value.sentence
    assert URL in raised.value.remedy
    assert "hidden" not in f"{raised.value.sentence} {raised.value.remedy}"


def test_too_many_connections_are_unreachable(feature: Place, server: Server) -> None:
    limited = server.make_user(f"{feature.base}_limited", "WITH MAX_USER_CONNECTIONS 1")
    server.do(f"GRANT ALL ON *.* TO `{limited}`@'%' WITH GRANT OPTION")
    with server.open(None, limited, PASSWORD):
        for call in (feature.check, feature.ensure):
            with pytest.raises(Unreachable, match="max_user_connections"):
                call(feature.world(**{URL: server.url(limited)}))


def test_lacking_rights_are_named(feature: Place, server: Server) -> None:
    poor = server.make_user(f"{feature.base}_poor")
    with pytest.raises(Problem) as raised:
        feature.check(feature.world(**{URL: server.url(poor)}))
    assert URL in raised.value.remedy
    server.do(f"GRANT SELECT, CREATE ON *.* TO `{poor}`@'%'")
    with pytest.raises(Problem) as raised:
        feature.check(feature.world(**{URL: server.url(poor)}))
    assert "lacks DROP, CREATE USER, GRANT OPTION" in raised.value.sentence
    assert URL in raised.value.remedy


def test_a_server_that_is_not_known(feature: Place) -> None:
    said = feature.problem(provider="legacy")
    assert said.sentence == "no mysql server by the name `legacy` is known here"
    assert "DEVSTACK_PROVIDER_LEGACY_URL" in said.remedy
