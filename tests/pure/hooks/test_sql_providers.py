"""What the environment says of a server, and what its answers mean."""

import time
from typing import Any

import psycopg
import pymysql
import pytest

from hooks.contract import Problem, Unreachable
from hooks.kube import Kube
from hooks.providers import mysql, postgres
from hooks.world import World

ADMIN = "postgresql://admin:hid%2Fden@db:5433/postgres?sslmode=require&application_name=x&connect_timeout=9"


def world(**env: str) -> World:
    return World(env, Kube(None), deadline=time.monotonic() + 60, settings={})


def known(url: str, **more: str) -> World:
    return world(DEVSTACK_PROVIDER_POSTGRES_URL=url, **more)


def known_mysql(url: str, **more: str) -> World:
    return world(DEVSTACK_PROVIDER_MYSQL_URL=url, **more)


# PostgreSQL.


def test_what_pods_are_told_of_postgres() -> None:
    told = postgres.server(known(ADMIN), "postgres")
    assert (told.hosts_for_pods, told.query_for_pods) == ("db:5433", "sslmode=require")
    assert "hid" not in repr(told)
    elsewhere = known(ADMIN, DEVSTACK_PROVIDER_POSTGRES_HOST_FOR_PODS="pg.example.com")
    assert postgres.server(elsewhere, "postgres").hosts_for_pods == "pg.example.com:5433"
    several = known("postgresql://admin@a,b:5433,[::1]/x?target_session_attrs=read-write&sslrootcert=/ca.pem")
    assert postgres.server(several, "postgres").hosts_for_pods == "a:5432,b:5433,[::1]:5432"
    assert postgres.server(several, "postgres").query_for_pods == "target_session_attrs=read-write"


@pytest.mark.parametrize(
    "url", ["db", "postgresql://", "postgresql://db/x", "postgresql://admin:hidden@", "postgresql://admin:hidden@db/x?nosuch=1"]
)  # fmt: skip
def test_an_address_that_cannot_be_read(url: str) -> None:
    with pytest.raises(Problem) as raised:
        postgres.server(known(url), "postgres")
    assert "cannot be read" in raised.value.sentence
    assert "DEVSTACK_PROVIDER_POSTGRES_URL" in raised.value.remedy
    assert "hidden" not in raised.value.sentence + raised.value.remedy


def test_no_address() -> None:
    with pytest.raises(Problem) as raised:
        postgres.server(world(), "postgres")
    assert raised.value.sentence == "no postgres server is known here"
    assert raised.value.remedy == "The operator sets DEVSTACK_PROVIDER_POSTGRES_URL in the provider Secret."
    with pytest.raises(Problem) as raised:
        mysql.server(world(), "old-one")
    assert raised.value.sentence == "no mysql server by the name `old-one` is known here"
    assert "DEVSTACK_PROVIDER_OLD_ONE_URL" in raised.value.remedy


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        ('connection to server at "db", port 5432 failed: Connection refused', Unreachable),
        ("failed to resolve host 'db': [Errno -2] Name or service not known", Unreachable),
        ("connection timeout expired", Unreachable),
        ("FATAL:  sorry, too many clients already", Unreachable),
        ("FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute", Unreachable),
        ("FATAL:  the database system is starting up", Unreachable),
        ("FATAL:  the database system is in recovery mode", Unreachable),
        ("server closed the connection unexpectedly", Unreachable),
        ('FATAL:  password authentication failed for user "admin"', Problem),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "admin", database "postgres", no encryption', Problem),
        ('FATAL:  database "nosuch" does not exist', Problem),
        ("server does not support SSL, but SSL was required", Problem),
        ("SSL error: certificate verify failed", Problem),
    ],
)
def test_what_a_failed_connection_means(monkeypatch: pytest.MonkeyPatch, words: str, meaning: type[Exception]) -> None:
    def fails(**_: Any) -> Any:
        raise psycopg.OperationalError(f"connection failed: {words} hid/den")

    monkeypatch.setattr(psycopg, "connect", fails)
    with pytest.raises((Problem, Unreachable)) as raised, postgres.connection(known(ADMIN), "postgres"):
        pass
    assert type(raised.value) is meaning
    assert "hid" not in str(raised.value)
    if isinstance(raised.value, Problem):
        assert "DEVSTACK_PROVIDER_POSTGRES_URL" in raised.value.remedy


@pytest.mark.parametrize(
    ("code", "meaning", "words"),
    [
        ("53300", Unreachable, ""),
        ("57P01", Unreachable, ""),
        ("08006", Unreachable, ""),
        ("40P01", Unreachable, ""),
        ("57014", Unreachable, "did not finish in the time"),
        ("42501", Problem, "our role may not do this"),
        ("53100", Problem, "no room left"),
        ("42601", Problem, "PostgreSQL refuses"),
    ],
)
def test_what_an_error_means(code: str, meaning: type[Exception], words: str) -> None:
    error = psycopg.errors.lookup(code)("as it says")
    found = postgres.translated(known(ADMIN), postgres.server(known(ADMIN), "postgres"), error)
    assert type(found) is meaning
    assert words in str(found)


# MySQL.


def test_what_pods_are_told_of_mysql() -> None:
    told = mysql.server(known_mysql("mysql://root:hid%2Fden@db/?charset=utf8mb4"), "mysql")
    assert (told.host, told.port, told.user, told.password) == ("db", 3306, "root", "hid/den")
    assert (told.hosts_for_pods, told.query, told.encryption) == ("db:3306", "charset=utf8mb4", {})
    assert "hid" not in repr(told)
    elsewhere = known_mysql("mysql://root@[::1]:3307", DEVSTACK_PROVIDER_MYSQL_HOST_FOR_PODS="my.example.com")
    assert mysql.server(elsewhere, "mysql").hosts_for_pods == "my.example.com:3307"
    assert mysql.server(known_mysql("mysql://root@[::1]:3307"), "mysql").hosts_for_pods == "[::1]:3307"


@pytest.mark.parametrize(
    ("query", "verified", "by_name"),
    [("REQUIRED", False, False), ("VERIFY_CA", True, False), ("verify_identity", True, True)],
)
def test_encryption_as_the_address_asks_for_it(query: str, verified: bool, by_name: bool) -> None:
    import ssl

    context = mysql.server(known_mysql(f"mysql://root@db?ssl-mode={query}"), "mysql").encryption["ssl"]
    assert (context.verify_mode == ssl.CERT_REQUIRED, context.check_hostname) == (verified, by_name)


def test_no_encryption_and_a_missing_file() -> None:
    assert mysql.server(known_mysql("mysql://root@db?ssl_mode=disabled"), "mysql").encryption == {"ssl_disabled": True}
    with pytest.raises(Problem, match="certificates"):
        mysql.server(known_mysql("mysql://root@db", DEVSTACK_PROVIDER_MYSQL_CA_FILE="/nosuch.pem"), "mysql")


@pytest.mark.parametrize(
    "url", ["db", "mysql://", "mysql://db/x", "mysql://root:hidden@db:x/", "mysql://root:hidden@[db/"]
)
def test_an_address_of_mysql_that_cannot_be_read(url: str) -> None:
    with pytest.raises(Problem) as raised:
        mysql.server(known_mysql(url), "mysql")
    assert "DEVSTACK_PROVIDER_MYSQL_URL" in raised.value.remedy
    assert "hidden" not in raised.value.sentence + raised.value.remedy


@pytest.mark.parametrize(
    ("error", "meaning", "words"),
    [
        (pymysql.OperationalError(2003, "Can't connect to MySQL server on 'db'"), Unreachable, "Can't connect"),
        (pymysql.OperationalError(1040, "Too many connections"), Unreachable, "Too many"),
        (pymysql.OperationalError(2013, "Lost connection"), Unreachable, ""),
        (TimeoutError("timed out"), Unreachable, "timed out"),
        (pymysql.OperationalError(1045, "Access denied for user 'root'@'x' hid/den"), Problem, "does not let us in"),
        (pymysql.OperationalError(1698, "Access denied"), Problem, "does not let us in"),
        (pymysql.OperationalError(2026, "SSL connection error"), Problem, "cannot be encrypted"),
        (RuntimeError("'cryptography' package is required"), Problem, "wants an encrypted connection"),
    ],
)
def test_what_a_failed_connection_to_mysql_means(
    monkeypatch: pytest.MonkeyPatch, error: Exception, meaning: type[Exception], words: str
) -> None:
    def fails(**_: Any) -> Any:
        raise error

    monkeypatch.setattr(pymysql, "connect", fails)
    there = known_mysql("mysql://root:hid%2Fden@db/")
    with pytest.raises((Problem, Unreachable)) as raised, mysql.connection(there, "mysql"):
        pass
    assert type(raised.value) is meaning
    assert words in str(raised.value)
    assert "hid" not in str(raised.value)
    if isinstance(raised.value, Problem):
        assert "DEVSTACK_PROVIDER_MYSQL_URL" in raised.value.remedy


@pytest.mark.parametrize(
    ("code", "meaning", "words"),
    [
        (1205, Unreachable, ""),
        (1213, Unreachable, ""),
        (1053, Unreachable, ""),
        (0, Unreachable, ""),
        (1969, Unreachable, "did not finish in the time"),
        (1044, Problem, "our user may not do this"),
        (1410, Problem, "our user may not do this"),
        (1021, Problem, "no room left"),
        (1064, Problem, "MySQL refuses"),
    ],
)
def test_what_an_error_of_mysql_means(code: int, meaning: type[Exception], words: str) -> None:
    there = known_mysql("mysql://root@db/")
    found = mysql.translated(there, mysql.server(there, "mysql"), pymysql.OperationalError(code, "as it says"))
    assert type(found) is meaning
    assert words in str(found)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("5.5.5-10.11.6-MariaDB-1", (10, 11, 6)),
        ("11.4.2-MariaDB", (11, 4, 2)),
        ("8.0.36", ()),
        ("5.7.44-log", ()),
    ],
)
def test_versions(text: str, version: tuple[int, ...]) -> None:
    class Connection:
        def get_server_info(self) -> str:
            return text

    assert mysql.mariadb(Connection()) == version
