"""A PostgreSQL for the tests of its kind, past what is tested."""

from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

URL = "DEVSTACK_PROVIDER_POSTGRES_URL"


class Server:
    """Databases and roles that it makes go at the end."""

    def __init__(self, url: str) -> None:
        self.told = {key: str(value) for key, value in conninfo_to_dict(url).items()}
        self.made: list[str] = []

    def open(self, database: str = "", user: str = "", password: str = "") -> psycopg.Connection[Any]:
        given = {"dbname": database, "user": user, "password": password, "connect_timeout": "3"}
        told = {**self.told, **{key: value for key, value in given.items() if value}}
        return psycopg.connect(**told, autocommit=True)

    def as_told(self, url: str) -> psycopg.Connection[Any]:
        """As the service's pods connect, but to the address that is known here."""
        parts = urlsplit(url)
        return self.open(parts.path[1:], parts.username or "", unquote(parts.password or ""))

    def do(self, statement: str, *names: str, database: str = "") -> list[tuple[Any, ...]]:
        with self.open(database) as connection:
            cursor = connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
            return cursor.fetchall() if cursor.description else []

    def database(self, name: str) -> str:
        """Make one that is not of the feature."""
        self.made.append(name)
        self.do("CREATE DATABASE {}", name)
        return name

    def role(self, name: str, more: str = "") -> str:
        """Make one that is not of the feature."""
        self.made.append(name)
        self.do("CREATE ROLE {} LOGIN PASSWORD 'secret-of-a-role' " + more, name)
        return name

    def databases(self) -> set[str]:
        return {name for (name,) in self.do("SELECT datname FROM pg_database")}

    def roles(self) -> set[str]:
        return {name for (name,) in self.do("SELECT rolname FROM pg_roles")}

    def owners(self, database: str) -> set[str]:
        """Who owns anything in a database."""
        rows = self.do(
            "SELECT DISTINCT pg_get_userbyid(refobjid) FROM pg_shdepend WHERE deptype = 'o'"
            " AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())",
            database=database,
        )
        return {name for (name,) in rows}

    def close(self) -> None:
        for name in reversed(self.made):
            self.do("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        for name in reversed(self.made):
            self.do("DROP ROLE IF EXISTS {}", name)
