"""PostgreSQL: which server there is, how to connect, and what its answers mean for people.

The environment: `DEVSTACK_PROVIDER_POSTGRES_URL=postgresql://admin:pw@host:5432/postgres`, with libpq's own parameters
after `?`; and `_HOST_FOR_PODS=host[:port]` where pods reach it by another name than the hook does. The admin is a
superuser, or a role with CREATEDB and CREATEROLE.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from hooks.contract import Problem, Unreachable

if TYPE_CHECKING:
    import psycopg

    from hooks.world import World

CONNECT_SECONDS = 3
SILENT_SECONDS = 10  # without a sign of life from the server's host
PORT = "5432"
LONGEST = 300  # characters of the server's own words

# Parameters of the URL that pods need too; others are the hook's own (files in its Pod, its name, its time-outs).
FOR_PODS = ("sslmode", "sslnegotiation", "channel_binding", "gssencmode", "require_auth", "target_session_attrs",
            "load_balance_hosts")  # fmt: skip

# libpq tells no code of what a server answers to a login, only its words. What is not here may pass with time.
_REFUSED = re.compile(
    r"password authentication failed|authentication failed|no password supplied|no pg_hba\.conf entry"
    r"|role \"[^\"]*\" (?:does not exist|is not permitted to log in)|database \"[^\"]*\" does not exist"
    r"|permission denied for database|server does not support SSL|certificate verify failed|invalid \w+ value"
    r"|SSL error|server requires|root certificate file|no encryption",
    re.IGNORECASE,
)
_SQL_PASSING = ("08", "53300", "53400", "57P", "40001", "40P01", "55P03")  # beginnings of codes: worth another try


@dataclass(frozen=True, slots=True)
class Server:
    """What the environment says of one PostgreSQL."""

    provider: str
    parameters: dict[str, str] = field(repr=False)
    hosts_for_pods: str = ""

    @property
    def shown(self) -> str:
        """For people."""
        return "PostgreSQL" if self.provider == "postgres" else f"PostgreSQL `{self.provider}`"

    @property
    def query_for_pods(self) -> str:
        """The part of a URL after `?`."""
        kept = {key: self.parameters[key] for key in FOR_PODS if key in self.parameters}
        if self.parameters.get("sslrootcert") == "system":
            kept["sslrootcert"] = "system"
        return urlencode(kept)


def variable(provider: str, key: str = "URL") -> str:
    """The environment variable of a provider."""
    return f"DEVSTACK_PROVIDER_{provider.upper().replace('-', '_')}_{key}"


def server(world: "World", provider: str) -> Server:
    """What the environment says of a provider. Problem where it says nothing, or nothing that can be used."""
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    url = world.provided(provider, "URL")
    if not url:
        raise Problem(
            "no postgres server is known here"
            if provider == "postgres"
            else f"no postgres server by the name `{provider}` is known here",
            f"The operator sets {variable(provider)} in the provider Secret.",
        )
    try:
        told = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    except psycopg.Error:  # its words repeat the URL
        told = {}
    if not told.get("host") or not told.get("user"):
        raise Problem(
            f"the address of the postgres server `{provider}` cannot be read",
            f"The operator writes {variable(provider)} as postgresql://user:password@host:5432/postgres, special"
            " characters of the password as %XX.",
        )
    hosts = world.provided(provider, "HOST_FOR_PODS")
    if hosts and not re.search(r":\d+$", hosts):
        hosts = f"{hosts}:{(told.get('port') or PORT).split(',')[0]}"
    return Server(provider, told, hosts or _hosts(told))


def _hosts(told: dict[str, str]) -> str:
    hosts = told["host"].split(",")
    ports = told.get("port", "").split(",")
    ports = ports * len(hosts) if len(ports) == 1 else ports
    return ",".join(f"[{host}]:{port or PORT}" if ":" in host else f"{host}:{port or PORT}"
                    for host, port in zip(hosts, ports, strict=True))  # fmt: skip


@contextmanager
def connection(
    world: "World", provider: str, database: str = "", *, login: tuple[str, str] | None = None, purpose: str = ""
) -> Iterator["psycopg.Connection[Any]"]:
    """A connection that commits each statement, as the admin or as `login` (name, password), to the admin's database or
    another. What goes wrong inside becomes a Problem, or Unreachable. `purpose`: what tells it from other runs'."""
    import psycopg

    told = server(world, provider)
    wanted = dict(told.parameters)
    if database:
        wanted["dbname"] = database
    if login:
        wanted |= {"user": login[0], "password": login[1]}
    limits: dict[str, Any] = {
        "connect_timeout": CONNECT_SECONDS,
        "tcp_user_timeout": SILENT_SECONDS * 1000,
        "keepalives_idle": 3,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "application_name": f"devstack-hooks {purpose}".strip(),
        "client_encoding": "utf8",
    }
    try:
        opened = psycopg.connect(**{**wanted, **limits}, autocommit=True)
    except psycopg.Error as error:
        raise _not_connected(world, told, error, as_admin=login is None) from error
    try:
        with opened:
            # What the admin's URL may ask of its sessions is not asked of these: they end with the run.
            milliseconds = str(max(1000, int(world.seconds_left * 1000)))
            opened.execute("SELECT set_config('statement_timeout', %s, false)", [milliseconds])
            yield opened
    except psycopg.Error as error:
        raise translated(world, told, error) from error


def _not_connected(world: "World", told: Server, error: Exception, *, as_admin: bool) -> Problem | Unreachable:
    words = _words(world, str(error))
    if not _REFUSED.search(words):
        return Unreachable(told.shown, words)
    if as_admin:
        return Problem(
            f"{told.shown} does not let us in: {words}",
            f"The operator corrects {variable(told.provider)} in the provider Secret.",
        )
    return Problem(f"{told.shown} does not let the new role in: {words}", "The operator allows it in pg_hba.conf.")


def translated(world: "World", told: Server, error: Exception) -> Problem | Unreachable:
    """What an error of the driver's means for people. Details, which may quote rows, are left out."""
    code = getattr(error, "sqlstate", None)
    words = told_words(world, error)
    if code is None or code.startswith(_SQL_PASSING):
        return Unreachable(told.shown, words)
    if code == "57014":
        return Unreachable(told.shown, "it did not finish in the time that was left")
    if code == "42501":
        return Problem(
            f"our role may not do this on {told.shown}: {words}",
            f"The role of {variable(told.provider)} must be a superuser, or have CREATEDB and CREATEROLE and own what is"
            " copied.",
        )
    if code in ("53100", "53200"):
        return Problem(f"{told.shown} has no room left: {words}", "The operator gives it more.")
    return Problem(f"{told.shown} refuses: {words}")


def told_words(world: "World", error: Exception) -> str:
    """The server's own sentence, without what it quotes below it."""
    diag = getattr(error, "diag", None)
    primary = getattr(diag, "message_primary", None)
    return _words(world, str(primary or error))


def _words(world: "World", text: str) -> str:
    text = world.masker.mask(" ".join(text.split()))
    text = re.sub(r"^connection failed: ", "", text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
