"""Kafka: which brokers there are, and how to reach them.

The environment: `DEVSTACK_PROVIDER_KAFKA_URL=kafka://host:9092,host2:9092`, and where the brokers want a login
`_SECURITY_PROTOCOL`, `_SASL_MECHANISM`, `_USERNAME`, `_PASSWORD`, `_CA_FILE`.

Measured with one broker on the same host: the import costs 0.12 s, the connection 0.02-0.04 s (0.01 s with an
`api_version` given: not worth a setting that can be wrong). Without limits of its own the client tries for 30 s to find a
broker, and for ever to log in.
"""

import logging
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hooks.contract import Problem, Unreachable
from hooks.providers.kafka_errors import named, translated, variable

if TYPE_CHECKING:
    from hooks.world import World

CONNECT_SECONDS = 3
REQUEST_SECONDS = 10
PORT = 9092
PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")

_BROKER = re.compile(r"(?P<host>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:(?P<port>[0-9]{1,5}))?")


@dataclass(frozen=True, slots=True)
class Access:
    """What the environment says of one Kafka."""

    provider: str
    brokers: tuple[str, ...]
    protocol: str = "PLAINTEXT"
    mechanism: str = "PLAIN"
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""

    @property
    def bootstrap(self) -> str:
        """The brokers as clients take them: `host:9092,host2:9092`."""
        return ",".join(self.brokers)


def access(world: "World", provider: str) -> Access:
    """What the environment says of a provider. Problem where it says nothing, or nothing that can be used."""
    url = world.provided(provider, "URL")
    if not url:
        raise Problem(
            "no Kafka is known here" if provider == "kafka" else f"no Kafka by the name `{provider}` is known here",
            f"The operator sets {variable(provider, 'URL')} in the provider Secret.",
        )
    user = world.provided(provider, "USERNAME")
    found = Access(
        provider=provider,
        brokers=tuple(_broker(provider, each) for each in url.removeprefix("kafka://").rstrip("/").split(",")),
        protocol=world.provided(provider, "SECURITY_PROTOCOL") or ("SASL_SSL" if user else "PLAINTEXT"),
        mechanism=world.provided(provider, "SASL_MECHANISM") or "PLAIN",
        user=user,
        password=world.provided(provider, "PASSWORD"),
        ca_file=world.provided(provider, "CA_FILE"),
    )
    for key, given, known in (
        ("SECURITY_PROTOCOL", found.protocol, PROTOCOLS),
        ("SASL_MECHANISM", found.mechanism, MECHANISMS),
    ):
        if given not in known:
            raise Problem(
                f"the way to log in to the Kafka `{provider}` is not known",
                f"The operator sets {variable(provider, key)} to one of {', '.join(known)}.",
            )
    if found.ca_file and not Path(found.ca_file).is_file():
        raise Problem(
            f"the certificates for the Kafka `{provider}` are not where they should be",
            f"The operator mounts the file that {variable(provider, 'CA_FILE')} names.",
        )
    return found


def _broker(provider: str, text: str) -> str:
    match = _BROKER.fullmatch(text.strip())
    if match is None:
        raise Problem(
            f"the address of the Kafka `{provider}` cannot be read",
            f"The operator writes {variable(provider, 'URL')} as kafka://host:9092,host2:9092; user and password go into"
            f" {variable(provider, 'USERNAME')} and {variable(provider, 'PASSWORD')}.",
        )
    return f"{match['host']}:{match['port'] or PORT}"


def client(world: "World", provider: str) -> Any:
    """kafka-python's admin client, connected. Threads may share it. Call it within `kafka_errors.answering`."""
    return world.client(provider, "kafka.admin", lambda: _connected(access(world, provider)))


def _connected(how: Access) -> Any:
    from kafka.admin import KafkaAdminClient
    from kafka.net.compat import KafkaNetClient
    from kafka.net.manager import KafkaConnectionManager
    from kafka.net.selector import NetworkSelector

    # It logs each attempt; what people need to know stands in the report.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    begun: list[KafkaNetClient] = []
    failures: list[Exception] = []

    def refused() -> Exception | None:
        """The first failure that another attempt cannot help."""
        return next((each for each in failures if isinstance(translated(each, how.provider), Problem)), None)

    class Manager(KafkaConnectionManager):  # type: ignore[misc]
        """Remembers why connections failed, and gives up where another attempt cannot help: the library itself tells
        of a time-out only, and tries a wrong password until then."""

        def get_connection(self, *args: Any, **options: Any) -> Any:
            connection = super().get_connection(*args, **options)
            close = connection.close

            def closed(error: Exception | None = None) -> None:
                if error is not None:
                    failures.append(error)
                close(error)

            # A broker that refuses a login also hangs up, and the library may see that first.
            connection.close = closed
            connection.init_future.add_errback(failures.append)
            return connection

        def maybe_raise_auth_failure(self, node_id: Any) -> None:
            super().maybe_raise_auth_failure(node_id)
            if (error := refused()) is not None:
                raise error

    def net(**options: Any) -> KafkaNetClient:
        selector = NetworkSelector(**options)
        options |= {"socket_connection_setup_timeout_ms": CONNECT_SECONDS * 1000}
        begun.append(KafkaNetClient(net=selector, manager=Manager(selector, **options), **options))
        return begun[-1]

    login = {
        "sasl_mechanism": how.mechanism,
        "sasl_plain_username": how.user,
        "sasl_plain_password": how.password,
    }
    try:
        return KafkaAdminClient(
            bootstrap_servers=list(how.brokers),
            client_id="devstack-hooks",
            security_protocol=how.protocol,
            ssl_cafile=how.ca_file or None,
            bootstrap_timeout_ms=CONNECT_SECONDS * 1000,
            request_timeout_ms=REQUEST_SECONDS * 1000,
            reconnect_backoff_max_ms=1000,
            kafka_client=net,
            **(login if how.protocol.startswith("SASL") else {}),
        )
    except Exception as error:
        for each in begun:
            each.close()  # its thread would go on trying
        silent = Unreachable(named(how.provider), f"no broker talks to us: is {_protocol(how)} right?")
        raise refused() or (failures[0] if failures else silent) from error


def _protocol(how: Access) -> str:
    return variable(how.provider, "SECURITY_PROTOCOL")
