"""Databases on a real PostgreSQL: what is made, whose it is, and that it goes again."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
import pytest

from hooks.contract import Problem, Unreachable
from tests.cluster.kinds.databases import Place, place
from tests.cluster.kinds.postgres_server import URL, Server
from tests.redis.tools.watching import free_port

pytestmark = pytest.mark.backends("postgres")


@pytest.fixture
def feature(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with place("postgres", request, tmp_path) as made:
        yield made


@pytest.fixture
def server(feature: Place) -> Iterator[Server]:
    made = Server(feature.env[URL])
    yield made
    made.close()


# What is made.


def test_database_and_role_are_made_and_the_url_works(feature: Place, server: Server) -> None:
    feature.check()
    made = feature.ensure()
    assert feature.name == f"{feature.base}_f1"
    with server.as_told(made.values["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT current_database(), current_user").fetchone() == (feature.name, feature.name)
        connection.execute("CREATE TABLE public.orders (id int)")
        connection.execute("CREATE SCHEMA more")
    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
    assert server.do(owner, database=feature.name) == [(feature.name,)]
    assert feature.find() == [feature.name]


def test_again_changes_nothing(feature: Place, server: Server) -> None:
    first = feature.ensure()
    with server.as_told(first.values["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE orders AS SELECT 1 AS id")
        feature.check()
        second = feature.ensure()
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (1,)
    assert (second.values, second.facts, second.warning) == (first.values, first.facts, "")


def test_where_the_secret_was_lost_there_is_a_new_password(feature: Place, server: Server) -> None:
    first = feature.ensure()
    feature.values = {}
    second = feature.ensure()
    assert first.values != second.values
    server.as_told(second.values["DATABASE_URL"]).close()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        server.as_told(first.values["DATABASE_URL"])


def test_a_password_of_special_characters_works_in_the_url(feature: Place, server: Server) -> None:
    feature.ensure()
    feature.values = {
        "DATABASE_URL": f"postgresql://{feature.name}:p%40ss%2Fw%3Ard%25%20%C3%A4%3F%23@db:5432/{feature.name}"
    }
    made = feature.ensure()
    assert unquote(urlsplit(made.values["DATABASE_URL"]).password or "") == "p@ss/w:rd% ä?#"
    server.as_told(made.values["DATABASE_URL"]).close()


def test_parts_of_the_access_and_the_host_that_pods_use(feature: Place, server: Server) -> None:
    first = feature.ensure()
    feature.env |= {
        "DEVSTACK_PROVIDER_POSTGRES_HOST_FOR_PODS": "db.example.com:5433",
        URL: f"{feature.env[URL]}?sslmode=prefer",
    }
    parts = {"url": "URL", "host": "HOST", "port": "PORT", "user": "PGUSER", "password": "PGPASSWORD", "database": "NAME"}
    made = feature.ensure(env=parts).values
    password = unquote(urlsplit(first.values["DATABASE_URL"]).password or "")
    assert made["URL"] == f"postgresql://{feature.name}:{password}@db.example.com:5433/{feature.name}?sslmode=prefer"
    assert {**made, "URL": ""} == {
        "URL": "", "HOST": "db.example.com", "PORT": "5433", "PGUSER": feature.name, "PGPASSWORD": password,
        "NAME": feature.name,
    }  # fmt: skip
    assert feature.ensure(env={"user": "A", "password": "PGPASSWORD"}).values["PGPASSWORD"] == password


def test_extensions_are_made_by_the_admin_and_added_later(feature: Place, server: Server) -> None:
    feature.ensure(extensions=["pgcrypto"])
    feature.ensure(extensions=["pgcrypto", "file_fdw"])
    rows = server.do("SELECT extname FROM pg_extension ORDER BY 1", database=feature.name)
    assert rows == [("file_fdw",), ("pgcrypto",), ("plpgsql",)]
    assert "does not have the extension `nosuch`" in feature.problem(extensions=["pgcrypto", "nosuch"]).sentence


# Who may get at what.


def test_nobody_else_can_connect_and_the_role_cannot_read_the_base(feature: Place, server: Server) -> None:
    base = server.database(feature.base)
    server.do("REVOKE CONNECT ON DATABASE {} FROM PUBLIC", base)
    open_base = server.database(f"{feature.base}_open")
    server.do("CREATE TABLE accounts (id int)", database=open_base)
    stranger = server.role(f"{feature.base}_reader")
    made = feature.ensure()
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        server.open(feature.name, stranger, "secret-of-a-role")
    parts = urlsplit(made.values["DATABASE_URL"])
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        server.open(base, feature.name, parts.password or "")
    with (
        server.open(open_base, feature.name, parts.password or "") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT * FROM accounts")


def test_features_cannot_connect_to_each_other(feature: Place, server: Server) -> None:
    made = feature.ensure()
    other = Place("postgres", feature.env, feature.folder)
    other.ensure()
    try:
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            server.open(other.name, feature.name, urlsplit(made.values["DATABASE_URL"]).password or "")
    finally:
        assert other.remove()


# Deleted by hand.


def test_what_was_deleted_by_hand_is_made_again(feature: Place, server: Server) -> None:
    first = feature.ensure()
    server.do("DROP DATABASE {}", feature.name)
    second = feature.ensure()
    assert second.values == first.values
    server.do("DROP DATABASE {}", feature.name)
    server.do("DROP ROLE {}", feature.name)
    third = feature.ensure()
    assert third.values == first.values
    server.as_told(third.values["DATABASE_URL"]).close()


def test_a_role_that_was_deleted_by_hand_owns_all_again(feature: Place, server: Server) -> None:
    first = feature.ensure()
    with server.as_told(first.values["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE orders AS SELECT 1 AS id")
    admin = server.told["user"]
    server.do("REASSIGN OWNED BY {} TO {}", feature.name, admin, database=feature.name)
    server.do("DROP OWNED BY {}", feature.name, database=feature.name)
    server.do("DROP ROLE {}", feature.name)
    second = feature.ensure()
    assert second.values == first.values
    with server.as_told(second.values["DATABASE_URL"]) as connection:
        connection.execute("ALTER TABLE orders ADD COLUMN more int")


def test_comments_that_were_dropped_by_hand_are_written_again(feature: Place, server: Server) -> None:
    feature.ensure()
    server.do("COMMENT ON ROLE {} IS NULL", feature.name)
    feature.ensure()
    server.do("COMMENT ON DATABASE {} IS NULL", feature.name)
    feature.ensure()
    assert feature.find() == [feature.name]


# Removed.


def test_remove_and_again(feature: Place, server: Server) -> None:
    made = feature.ensure()
    with server.as_told(made.values["DATABASE_URL"]):  # somebody is still connected
        assert feature.remove()
    assert feature.find() == []
    assert feature.name not in server.databases() | server.roles()
    assert not feature.remove()


def test_remove_takes_what_the_role_has_in_other_databases(feature: Place, server: Server) -> None:
    base = server.database(feature.base)
    feature.ensure()
    server.do("CREATE TABLE public.theirs (id int)", database=base)
    server.do("GRANT SELECT ON public.theirs TO {}", feature.name, database=base)
    server.do("CREATE TABLE public.mine (id int)", database=base)
    server.do("ALTER TABLE public.mine OWNER TO {}", feature.name, database=base)
    assert feature.remove()
    assert feature.name not in server.roles()
    assert server.do("SELECT tablename FROM pg_tables WHERE schemaname = 'public'", database=base) == [("theirs",)]


def test_the_base_of_the_same_prefix_is_untouched(feature: Place, server: Server) -> None:
    for name in (feature.base, f"{feature.base}_f", f"{feature.base}_f10", f"{feature.base}xf1"):
        server.database(name)
        server.do("CREATE TABLE accounts AS SELECT 1 AS id", database=name)
    feature.ensure()
    feature.ensure(dump=feature.write("a.sql", "SELECT 1;"))
    assert feature.remove()
    for name in server.made:
        assert server.do("SELECT count(*) FROM accounts", database=name) == [(1,)]


# Strangers.


def test_a_database_that_is_not_ours_is_left_alone(feature: Place, server: Server) -> None:
    server.database(feature.name)
    said = feature.foreign()
    assert f"a database `{feature.name}` is on PostgreSQL already, and devstack did not make it" in said.sentence
    assert feature.name in server.databases()


def test_a_role_that_is_not_ours_is_left_alone(feature: Place, server: Server) -> None:
    server.role(feature.name)
    assert "a role" in feature.foreign().sentence
    assert feature.name in server.roles()


@pytest.mark.parametrize("other", ["stack", "service"])
def test_what_belongs_to_another_is_left_alone(feature: Place, server: Server, other: str) -> None:
    scope = feature.of("orders", "acme-shop-99") if other == "stack" else feature.of("invoices")
    feature.module.ensure(feature.world(), feature.spec(), scope, None)
    said = feature.foreign()
    assert f"it belongs to `{scope.service}` of the stack `{scope.stack}`" in said.sentence
    assert feature.remove(scope)


def test_a_comment_that_looks_a_little_like_ours_is_a_strangers(feature: Place, server: Server) -> None:
    server.database(feature.name)
    server.do(f"COMMENT ON DATABASE {{}} IS 'devstack.dev/stack={feature.scope.stack}'", feature.name)
    feature.foreign()


# The server.


def test_a_closed_port_is_unreachable(feature: Place) -> None:
    world = feature.world(**{URL: f"postgresql://admin:hidden-from-all@127.0.0.1:{free_port()}/postgres"})
    for call in (feature.check, feature.ensure):
        with pytest.raises(Unreachable) as raised:
            call(world)
        assert "hidden" not in str(raised.value)


def test_wrong_credentials_name_the_variable(feature: Place, server: Server) -> None:
    url = f"postgresql://admin:hidden-from-all@{server.told['host']}:{server.told['port']}/postgres"
    with pytest.raises(Problem) as raised:
        feature.check(feature.world(**{URL: url}))
    assert "does not let us in" in raised.value.sentence
    assert URL in raised.value.remedy
    assert "hidden" not in f"{raised.value.sentence} {raised.value.remedy}"


def test_too_many_connections_are_unreachable(feature: Place, server: Server) -> None:
    limited = server.role(f"{feature.base}_limited", "CREATEDB CREATEROLE CONNECTION LIMIT 0")
    url = f"postgresql://{limited}:secret-of-a-role@{server.told['host']}:{server.told['port']}/postgres"
    for call in (feature.check, feature.ensure):
        with pytest.raises(Unreachable, match="too many connections"):
            call(feature.world(**{URL: url}))


def test_lacking_rights_are_named(feature: Place, server: Server) -> None:
    poor = server.role(f"{feature.base}_poor", "CREATEDB")
    url = f"postgresql://{poor}:secret-of-a-role@{server.told['host']}:{server.told['port']}/postgres"
    with pytest.raises(Problem) as raised:
        feature.check(feature.world(**{URL: url}))
    assert "lacks CREATEROLE" in raised.value.sentence
    assert URL in raised.value.remedy


def test_an_admin_that_is_no_superuser_can_do_all(feature: Place, server: Server) -> None:
    admin = server.role(f"{feature.base}_admin", "CREATEDB CREATEROLE")
    template = server.database(f"{feature.base}_template")
    server.do("CREATE TABLE orders AS SELECT 1 AS id", database=template)
    server.do("ALTER TABLE orders OWNER TO {}", admin, database=template)
    feature.env[URL] = f"postgresql://{admin}:secret-of-a-role@{server.told['host']}:{server.told['port']}/postgres"
    assert "may not copy" in feature.problem(template=template).sentence
    server.do("ALTER DATABASE {} OWNER TO {}", template, admin)
    feature.check(template=template)
    made = feature.ensure(template=template)
    with server.as_told(made.values["DATABASE_URL"]) as connection:
        connection.execute("ALTER TABLE orders ADD COLUMN more int")
        assert feature.ensure(template=template).values == made.values
        assert feature.ensure(dump=feature.write("a.sql", "CREATE TABLE a (id int);")).warning
    assert feature.remove()
    assert feature.name not in server.databases() | server.roles()


def test_a_server_that_is_not_known(feature: Place) -> None:
    said = feature.problem(provider="legacy")
    assert said.sentence == "no postgres server by the name `legacy` is known here"
    assert "DEVSTACK_PROVIDER_LEGACY_URL" in said.remedy
