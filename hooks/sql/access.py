"""How a service's pods get at their database: the URL and its parts, and the password that they had before. Pure."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from hooks.sql.spec import Database


@dataclass(frozen=True, slots=True)
class Access:
    """`hosts`: one `host:port`, or several that stand in for each other, parted by commas."""

    scheme: str
    hosts: str
    name: str  # of the database and of its login
    password: str = field(repr=False)
    query: str = ""  # encoded, without `?`

    @property
    def url(self) -> str:
        """Secret, as its password is."""
        name = quote(self.name, safe="")
        query = f"?{self.query}" if self.query else ""
        return f"{self.scheme}://{name}:{quote(self.password, safe='')}@{self.hosts}/{name}{query}"

    @property
    def parts(self) -> dict[str, str]:
        """What a spec can ask for, see `hooks.sql.spec.Outputs`."""
        host, _, port = self.hosts.split(",")[0].rpartition(":")
        return {
            "url": self.url,
            "host": host.strip("[]"),
            "port": port,
            "user": self.name,
            "password": self.password,
            "database": self.name,
        }

    def values(self, spec: Database) -> dict[str, str]:
        """The variables that the spec asks for."""
        return {variable: self.parts[part] for part, variable in spec.variables.items()}


def password(spec: Database, name: str, values: Mapping[str, str]) -> str:
    """The one that the service's pods have for this login, so that they need not be restarted; else a new one."""
    for value in values.values():
        if found := _password_in(value, name):
            return found
    given = spec.variables.get("password")
    return (values.get(given, "") if given else "") or new_password()


def new_password() -> str:
    """43 characters that need no quoting anywhere, and satisfy servers that want one of each sort."""
    return f"{secrets.token_urlsafe(29)}-aA1"


def _password_in(value: str, name: str) -> str:
    try:
        parts = urlsplit(value)
        user, secret, path = parts.username, parts.password, parts.path
    except ValueError:
        return ""
    if not parts.scheme or user is None or secret is None:
        return ""
    return unquote(secret) if (unquote(user), unquote(path)) == (name, f"/{name}") else ""
