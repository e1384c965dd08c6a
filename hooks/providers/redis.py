"""Redis: which server, how to reach it, and what its answers mean for people.

The environment: `DEVSTACK_PROVIDER_REDIS_URL=redis://user:password@host:6379` (or `rediss://`, then also `_CA_FILE`), and
`_HOST_FOR_PODS=host[:port]` where pods reach it by another name than the hook does. The user may do everything: it makes
users and deletes keys. Redis 6 is the oldest that has users; clusters are not for us.

Measured with a server on the same host: the import costs 0.08 s, the connection 0.003 s. Left to itself the client tries
ten times.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from hooks.contract import Problem, Unreachable

if TYPE_CHECKING:
    from redis import Redis

    from hooks.world import World

CONNECT_SECONDS = 3
READ_SECONDS = 10
PORT = 6379


@dataclass(frozen=True, slots=True)
class Access:
    """What the environment says of one Redis."""

    host: str
    port: int = PORT
    secure: bool = False
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    address_for_pods: str = ""

    def url(self, user: str, password: str, database: int = 0) -> str:
        """What a user's clients are told. Secret."""
        scheme = "rediss" if self.secure else "redis"
        host = f"[{self.host}]" if ":" in self.host else self.host
        address = self.address_for_pods or f"{host}:{self.port}"
        return f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{address}/{database}"


def variable(provider: str, key: str = "URL") -> str:
    """The environment variable of a provider."""
    return f"DEVSTACK_PROVIDER_{provider.upper().replace('-', '_')}_{key}"


def named(provider: str) -> str:
    """How people know it."""
    return "Redis" if provider == "redis" else f"Redis `{provider}`"


def access(world: "World", provider: str) -> Access:
    """What the environment says of a provider. Problem where it says nothing, or nothing that can be used."""
    url = world.provided(provider, "URL")
    if not url:
        raise Problem(
            "no Redis is known here" if provider == "redis" else f"no Redis by the name `{provider}` is known here",
            f"The operator sets {variable(provider)} in the provider Secret.",
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme not in ("redis", "rediss"):
        raise Problem(
            f"the address of {named(provider)} cannot be read",
            f"The operator writes {variable(provider)} as redis://user:password@host:6379, special characters in the"
            " password as %XX.",
        )
    return Access(
        host=host,
        port=port or PORT,
        secure=parts.scheme == "rediss",
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        ca_file=world.provided(provider, "CA_FILE"),
        address_for_pods=world.provided(provider, "HOST_FOR_PODS"),
    )


def client(world: "World", provider: str) -> "Redis":
    """A client on database 0. It connects when it is used. Threads may share it. Use it within `answering`."""
    return world.client(provider, "redis.admin", lambda: _client(access(world, provider)))


def _client(how: Access) -> "Redis":
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return Redis(
        host=how.host,
        port=how.port,
        username=how.user or None,
        password=how.password or None,
        ssl=how.secure,
        ssl_ca_certs=how.ca_file or None,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=READ_SECONDS,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
        client_name="devstack-hooks",
        decode_responses=True,
    )


@contextmanager
def answering(provider: str) -> Iterator[None]:
    """What Redis' client raises inside becomes a Problem, or Unreachable."""
    from redis.exceptions import RedisError

    try:
        yield
    except (RedisError, OSError) as error:
        raise translated(error, provider) from error


def translated(error: Exception, provider: str) -> Problem | Unreachable:
    """What an error of the client's means for people."""
    from redis import exceptions

    name, words = named(provider), str(error)[:200]
    match error:
        case exceptions.AuthenticationError() | exceptions.AuthorizationError():
            return Problem(
                f"{name} does not accept our user or password",
                f"The operator corrects {variable(provider)} in the provider Secret.",
            )
        case exceptions.NoPermissionError():
            return Problem(
                f"our user may not do this on {name}: {words.removeprefix('NOPERM ')}",
                f"The user of {variable(provider)} needs all commands on all keys: `ACL SETUSER … +@all ~* &*`.",
            )
        case exceptions.ReadOnlyError():
            return Problem(f"{name} is a replica, which takes no writes", f"{variable(provider)} must name the primary.")
        case exceptions.AskError():  # also of MOVED
            return Problem(f"{name} is a cluster", f"{variable(provider)} must name a Redis that is none.")
        case exceptions.TryAgainError() | exceptions.ClusterError():
            return Unreachable(name, words)
        case exceptions.OutOfMemoryError():
            return Problem(f"{name} is full", "The operator gives it more memory, or old stacks are destroyed.")
        case exceptions.ResponseError() if not words.startswith("BUSY"):  # with somebody's script
            if "unknown command" in words.lower():
                return Problem(f"{name} is too old, or is no Redis: {words}", "Redis 6 is the oldest that works.")
            return Problem(f"{name} refuses: {words}")
    return Unreachable(name, words or type(error).__name__)
