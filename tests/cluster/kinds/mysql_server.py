"""A MariaDB or MySQL for the tests of its kind, past what is tested."""

from typing import Any
from urllib.parse import unquote, urlsplit

import pymysql

URL = "DEVSTACK_PROVIDER_MYSQL_URL"
PASSWORD = "Secret-of-a-user-1"


class Server:
    """Databases and users that it makes go at the end."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host, self.port = parts.hostname or "", parts.port or 3306
        self.user, self.password = unquote(parts.username or ""), unquote(parts.password or "")
        self.made: list[str] = []
        self.made_users: list[str] = []

    def open(self, database: str | None = None, user: str = "", password: str = "") -> Any:
        return pymysql.connect(
            host=self.host, port=self.port, user=user or self.user, password=password or self.password,
            database=database, charset="utf8mb4", autocommit=True, connect_timeout=3,
        )  # fmt: skip

    def as_told(self, url: str) -> Any:
        """As the service's pods connect, but to the address that is known here."""
        parts = urlsplit(url)
        return self.open(parts.path[1:], parts.username or "", unquote(parts.password or ""))

    def url(self, user: str, password: str = PASSWORD) -> str:
        """Of another admin."""
        return f"mysql://{user}:{password}@{self.host}:{self.port}/"

    def do(self, statement: str, *texts: str, database: str | None = None) -> list[tuple[Any, ...]]:
        with self.open(database) as connection:
            return run(connection, statement, *texts)

    def database(self, name: str) -> str:
        """Make one that is not of the feature."""
        self.made.append(name)
        self.do(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")
        return name

    def make_user(self, name: str, more: str = "") -> str:
        """Make one that is not of the feature."""
        self.made_users.append(name)
        self.do(f"CREATE USER `{name}`@'%%' IDENTIFIED BY %s {more}", PASSWORD)
        return name

    def databases(self) -> set[str]:
        return {name for (name,) in self.do("SHOW DATABASES")}

    def users(self) -> set[str]:
        return {name for (name,) in self.do("SELECT User FROM mysql.user")}

    def close(self) -> None:
        for name in self.made:
            self.do(f"DROP DATABASE IF EXISTS `{name}`")
        for name in self.made_users:
            self.do(f"DROP USER IF EXISTS `{name}`@'%'")


def run(connection: Any, statement: str, *texts: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, texts or None)
        return list(cursor.fetchall())
