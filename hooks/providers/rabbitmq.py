"""RabbitMQ: its management API, where it is, and what its answers mean for people.

The environment: `DEVSTACK_PROVIDER_RABBITMQ_URL=http://admin:password@host:15672` (or `https://`, then also `_CA_FILE`)
and `_AMQP_URL=amqp://host:5672`, which is what pods are told: without it the same host and port 5672. The user has the
tag `administrator`.

Measured with a server on the same host: the import of urllib3 costs 0.05 s (the cluster's API needs it anyway), the
first answer 0.007 s.
"""

import json
from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from hooks.contract import Problem, Unreachable

if TYPE_CHECKING:
    from hooks.world import World

CONNECT_SECONDS = 3
READ_SECONDS = 10
PORTS = {"http": 15672, "https": 15671, "amqp": 5672, "amqps": 5671}


@dataclass(frozen=True, slots=True)
class Access:
    """What the environment says of one RabbitMQ."""

    provider: str
    scheme: str
    host: str
    port: int
    path: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    amqp: str = ""

    def url(self, user: str, password: str, vhost: str) -> str:
        """What a user's clients are told. Secret."""
        scheme, _, address = self.amqp.partition("://")
        return f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{address}/{quote(vhost, safe='')}"


@dataclass(frozen=True, slots=True)
class Management:
    """The management API. Threads may share it. Raises Problem and Unreachable."""

    provider: str
    pool: Any = field(repr=False)
    path: str = ""
    login: str = field(default="", repr=False)

    def get(self, *parts: str, columns: str = "") -> Any:
        """What the answer holds, or of each thing in it some columns, with commas; None where there is no such thing."""
        return self._ask("GET", parts, query=f"?columns={columns}" if columns else "")

    def put(self, *parts: str, body: dict[str, Any]) -> None:
        """Make or change it."""
        self._ask("PUT", parts, body)

    def post(self, *parts: str, body: dict[str, Any]) -> None:
        """Hand something in."""
        self._ask("POST", parts, body)

    def delete(self, *parts: str) -> bool:
        """Whether there was one."""
        return self._ask("DELETE", parts) is not None

    def _ask(self, method: str, parts: tuple[str, ...], body: dict[str, Any] | None = None, query: str = "") -> Any:
        from urllib3.exceptions import HTTPError, SSLError

        path = "/".join([self.path, "api", *(quote(each, safe="") for each in parts)])
        headers = {"Authorization": f"Basic {self.login}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            answer = self.pool.request(
                method,
                f"{path}{query}",
                body=None if body is None else json.dumps(body),
                headers=headers,
                redirect=False,
            )
            status, data = answer.status, answer.data
        except SSLError as error:
            raise Problem(
                f"the certificate of {named(self.provider)} is not one that is trusted here",
                f"The operator sets {variable(self.provider, 'CA_FILE')}.",
            ) from error
        except HTTPError as error:
            raise Unreachable(named(self.provider), type(error).__name__) from error
        if status == 404:
            return None
        if status >= 300:
            raise refusal(self.provider, status, data)
        return _json(self.provider, data) if data else {}


def variable(provider: str, key: str = "URL") -> str:
    """The environment variable of a provider."""
    return f"DEVSTACK_PROVIDER_{provider.upper().replace('-', '_')}_{key}"


def named(provider: str) -> str:
    """How people know it."""
    return "RabbitMQ" if provider == "rabbitmq" else f"RabbitMQ `{provider}`"


def access(world: "World", provider: str) -> Access:
    """What the environment says of a provider. Problem where it says nothing, or nothing that can be used."""
    url = world.provided(provider, "URL")
    if not url:
        raise Problem(
            "no RabbitMQ is known here"
            if provider == "rabbitmq"
            else f"no RabbitMQ by the name `{provider}` is known here",
            f"The operator sets {variable(provider)} in the provider Secret.",
        )
    scheme, host, port = _address(url, ("http", "https"))
    if not host:
        raise Problem(
            f"the address of {named(provider)} cannot be read",
            f"The operator writes {variable(provider)} as http://admin:password@host:15672, special characters in the"
            " password as %XX.",
        )
    told = world.provided(provider, "AMQP_URL") or f"amqp://{host}"
    amqp_scheme, amqp_host, amqp_port = _address(told, ("amqp", "amqps"))
    if not amqp_host:
        raise Problem(
            f"the address of {named(provider)} for pods cannot be read",
            f"The operator writes {variable(provider, 'AMQP_URL')} as amqp://host:5672.",
        )
    parts = urlsplit(url)
    return Access(
        provider=provider,
        scheme=scheme,
        host=host,
        port=port,
        path=parts.path.rstrip("/"),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        ca_file=world.provided(provider, "CA_FILE"),
        amqp=f"{amqp_scheme}://{amqp_host}:{amqp_port}",
    )


def client(world: "World", provider: str) -> Management:
    """The management API of a provider. It connects when it is used."""
    return world.client(provider, "rabbitmq.management", lambda: _client(access(world, provider)))


def refusal(provider: str, status: int, data: bytes) -> Problem | Unreachable:
    """What a status means for people."""
    if status == 429 or status >= 500:
        return Unreachable(named(provider), f"status {status}")
    try:
        told = json.loads(data)
        reason = str(told.get("reason") or told.get("error") or "")[:300]
    except (ValueError, AttributeError):
        reason = ""
    if status == 401 and "management user" not in reason:
        return Problem(
            f"{named(provider)} does not accept our user or password",
            f"The operator corrects {variable(provider)} in the provider Secret.",
        )
    if status in (401, 403):
        return not_administrator(provider)
    return Problem(f"{named(provider)} refuses: {reason or f'status {status}'}")


def not_administrator(provider: str) -> Problem:
    """Our user may not do what has to be done."""
    return Problem(
        f"our user may not make virtual hosts on {named(provider)}",
        f"The user of {variable(provider)} needs the tag `administrator`: `rabbitmqctl set_user_tags … administrator`.",
    )


def _client(how: Access) -> Management:
    import urllib3

    options: dict[str, Any] = {"ca_certs": how.ca_file} if how.scheme == "https" and how.ca_file else {}
    pool = (urllib3.HTTPSConnectionPool if how.scheme == "https" else urllib3.HTTPConnectionPool)(
        how.host,
        how.port,
        maxsize=8,
        timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        retries=False,
        **options,
    )
    return Management(how.provider, pool, how.path, b64encode(f"{how.user}:{how.password}".encode()).decode())


def _address(url: str, schemes: tuple[str, ...]) -> tuple[str, str, int]:
    """Scheme, host (in brackets where it is an IPv6 address) and port; no host where it cannot be read."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "", "", 0
    if parts.scheme not in schemes:
        return "", "", 0
    return parts.scheme, f"[{host}]" if ":" in host else host, port or PORTS[parts.scheme]


def _json(provider: str, data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError as error:
        raise Problem(
            f"{named(provider)} answers, but not as RabbitMQ's management API does",
            f"{variable(provider)} must name the port of the management API, 15672 by default.",
        ) from error
