"""MySQL and MariaDB: which server there is, how to connect, and what its answers mean for people.

The environment: `DEVSTACK_PROVIDER_MYSQL_URL=mysql://root:pw@host:3306/`, with `?ssl-mode=REQUIRED`, `VERIFY_CA` or
`VERIFY_IDENTITY` where the connection is to be encrypted; `_CA_FILE` for a certificate authority of one's own; and
`_HOST_FOR_PODS=host[:port]` where pods reach it by another name than the hook does. The admin may make databases and
users, and pass its rights on (GRANT ALL … WITH GRANT OPTION).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from hooks.contract import Problem, Unreachable

if TYPE_CHECKING:
    from hooks.world import World

CONNECT_SECONDS = 3
PORT = 3306
LONGEST = 300  # characters of the server's own words

TOO_MANY = frozenset({1040, 1203, 1226})
PASSING = frozenset({
    *TOO_MANY,
    1053,  # shutting down
    1080,
    1152, 1153, 1158, 1159, 1160, 1161, 1184,  # the connection was lost or cut
    1205,  # waited too long for a lock
    1213,  # deadlock
    1317,  # interrupted
    2002, 2003, 2005, 2006, 2013, 2055,
})  # fmt: skip
STRANGER = frozenset({1045, 1130, 1251, 1524, 1698, 1820, 1862, 3118, 3159})
DENIED = frozenset({1044, 1142, 1143, 1227, 1370, 1410})
NOT_ENCRYPTED = 2026
TIME_IS_UP = frozenset({1969, 3024})
FULL = frozenset({1021, 1114})
_ENCRYPTED = {"REQUIRED", "VERIFY_CA", "VERIFY_IDENTITY"}


@dataclass(frozen=True, slots=True)
class Server:
    """What the environment says of one server."""

    provider: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    query: str = ""
    ca_file: str = ""
    hosts_for_pods: str = ""

    @property
    def shown(self) -> str:
        """For people."""
        return "MySQL" if self.provider == "mysql" else f"MySQL `{self.provider}`"

    @property
    def encryption(self) -> dict[str, Any]:
        """As the driver takes it. Without `ssl-mode` it is encrypted where the server can, and nothing is checked."""
        told = {key.replace("_", "-"): value.upper() for key, value in parse_qsl(self.query)}
        mode = told.get("ssl-mode") or ("VERIFY_CA" if self.ca_file else "PREFERRED")
        if mode not in _ENCRYPTED:
            return {"ssl_disabled": True} if mode == "DISABLED" else {}
        import ssl

        context = ssl.create_default_context(cafile=self.ca_file or None)
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # certificates that MySQL makes for itself do not pass it
        context.check_hostname = mode == "VERIFY_IDENTITY"
        if mode == "REQUIRED":
            context.verify_mode = ssl.CERT_NONE
        return {"ssl": context}


def variable(provider: str, key: str = "URL") -> str:
    """The environment variable of a provider."""
    return f"DEVSTACK_PROVIDER_{provider.upper().replace('-', '_')}_{key}"


def server(world: "World", provider: str) -> Server:
    """What the environment says of a provider. Problem where it says nothing, or nothing that can be used."""
    url = world.provided(provider, "URL")
    if not url:
        raise Problem(
            "no mysql server is known here"
            if provider == "mysql"
            else f"no mysql server by the name `{provider}` is known here",
            f"The operator sets {variable(provider)} in the provider Secret.",
        )
    try:
        parts = urlsplit(url)
        host, port, user, password = parts.hostname, parts.port or PORT, parts.username, parts.password
    except ValueError:  # its words repeat the URL
        host = user = password = None
        port = PORT
    if not host or not user:
        raise Problem(
            f"the address of the mysql server `{provider}` cannot be read",
            f"The operator writes {variable(provider)} as mysql://user:password@host:3306/, special characters of the"
            " password as %XX.",
        )
    ca_file = world.provided(provider, "CA_FILE")
    if ca_file and not Path(ca_file).is_file():
        raise Problem(
            f"the certificates for the mysql server `{provider}` are not where they should be",
            f"The operator mounts the file that {variable(provider, 'CA_FILE')} names.",
        )
    told = world.provided(provider, "HOST_FOR_PODS") or (f"[{host}]" if ":" in host else host)
    hosts = told if re.search(r":\d+$", told) else f"{told}:{port}"
    return Server(provider, host, port, unquote(user), unquote(password or ""), parts.query, ca_file, hosts)


@contextmanager
def connection(
    world: "World",
    provider: str,
    database: str | None = None,
    *,
    login: tuple[str, str] | None = None,
    several: bool = False,
) -> Iterator[Any]:
    """A connection that commits each statement, as the admin or as `login` (name, password). What goes wrong inside
    becomes a Problem, or Unreachable. `several`: it takes more than one statement at a time."""
    import pymysql
    from pymysql.constants import CLIENT

    told = server(world, provider)
    user, password = login or (told.user, told.password)
    seconds = max(1, int(world.seconds_left))
    try:
        connect: Any = pymysql.connect  # which has no types
        opened = connect(
            host=told.host, port=told.port, user=user, password=password, database=database, charset="utf8mb4",
            autocommit=True, connect_timeout=CONNECT_SECONDS, read_timeout=seconds + 2, write_timeout=seconds + 2,
            client_flag=CLIENT.MULTI_STATEMENTS if several else 0, **told.encryption,
        )  # fmt: skip
    except RuntimeError as error:  # a login that needs a library for cryptography, unless the connection is encrypted
        raise Problem(
            f"{told.shown} wants an encrypted connection for this way to log in",
            f"The operator adds ?ssl-mode=REQUIRED to {variable(provider)}.",
        ) from error
    except (pymysql.Error, OSError) as error:
        raise _not_connected(world, told, error, as_admin=login is None) from error
    try:
        with opened:
            _limit(opened, seconds)
            yield opened
    except (pymysql.Error, OSError) as error:
        raise translated(world, told, error) from error


def mariadb(connection: Any) -> tuple[int, ...]:
    """MariaDB's version, such as `(10, 11, 6)`; empty where it is MySQL."""
    text = str(connection.get_server_info())
    if "mariadb" not in text.lower():
        return ()
    found = re.search(r"(\d+)\.(\d+)\.(\d+)-mariadb", text, re.IGNORECASE)
    return tuple(int(part) for part in found.groups()) if found else (0,)


def _limit(opened: Any, seconds: int) -> None:
    """MySQL itself limits SELECTs only; for the rest the connection's time-out must do."""
    with opened.cursor() as cursor:
        if mariadb(opened):
            cursor.execute("SET SESSION max_statement_time = %s", [seconds])
        cursor.execute("SET SESSION lock_wait_timeout = %s", [seconds])


def _not_connected(world: "World", told: Server, error: Exception, *, as_admin: bool) -> Problem | Unreachable:
    words = told_words(world, error)
    if code(error) == NOT_ENCRYPTED:
        return Problem(
            f"the connection to {told.shown} cannot be encrypted as it should: {words}",
            f"The operator corrects `ssl-mode` in {variable(told.provider)}, or sets {variable(told.provider, 'CA_FILE')}.",
        )
    if code(error) in STRANGER | DENIED:
        if as_admin:
            return Problem(
                f"{told.shown} does not let us in: {words}",
                f"The operator corrects {variable(told.provider)} in the provider Secret.",
            )
        return Problem(
            f"{told.shown} does not let the new user in: {words}",
            "An anonymous user (''@'localhost') may stand in its way: the operator drops that.",
        )
    return translated(world, told, error)


def translated(world: "World", told: Server, error: Exception) -> Problem | Unreachable:
    """What an error of the driver's means for people."""
    number, words = code(error), told_words(world, error)
    if isinstance(error, OSError) or number in PASSING or number is None:
        return Unreachable(told.shown, words)
    if number in TIME_IS_UP:
        return Unreachable(told.shown, "it did not finish in the time that was left")
    if number in DENIED:
        return Problem(
            f"our user may not do this on {told.shown}: {words}",
            f"The user of {variable(told.provider)} needs all rights on all databases, WITH GRANT OPTION, and CREATE USER.",
        )
    if number in FULL:
        return Problem(f"{told.shown} has no room left: {words}", "The operator gives it more.")
    return Problem(f"{told.shown} refuses: {words}")


def code(error: Exception) -> int | None:
    """The number of the server's error."""
    first = error.args[0] if error.args else None
    return first if isinstance(first, int) and first else None


def told_words(world: "World", error: Exception) -> str:
    """The server's own sentence."""
    words = error.args[1] if len(error.args) > 1 else error
    text = world.masker.mask(" ".join(str(words).split()))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def quoted(name: str) -> str:
    """A name, for a statement."""
    return "`" + name.replace("`", "``") + "`"
