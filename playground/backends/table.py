"""The table of backends."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from playground.backends import provided
from playground.backends.provided import Address
from playground.errors import PlaygroundError
from playground.images import catalogue
from playground.images.catalogue import Image

NAMESPACE = "devstack-backends"
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Backend:
    """`ports`: what pods connect to, by what they are for. `memory`: MiB it takes, MiB it may take at most.

    `env` is what its program is told: `{host}` stands for the name that pods call it by, `{<port>}` for the port of that
    name on the playground's host. `admin`: the variable by which it is told its administrator's password. `host_ports`:
    the container's ports that this host is led to, where they are not those of the pods.
    """

    name: str
    image: Callable[[], Image]
    ports: Mapping[str, int]
    memory: tuple[int, int]
    provides: Callable[[Address], dict[str, str]]
    probe: Mapping[str, object]
    admin: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ()
    host_ports: Mapping[str, int] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """The name that pods of all namespaces call it by."""
        return f"{self.name}.{NAMESPACE}.svc.cluster.local"

    @property
    def from_host(self) -> Mapping[str, int]:
        """The container's ports that this host is led to."""
        return {**self.ports, **self.host_ports}


def _own(name: str, version: str) -> Callable[[], Image]:
    return lambda: catalogue.on_demand(name, version)


def _tcp(port: int) -> Mapping[str, object]:
    return {"tcpSocket": {"port": port}}


def _http(port: int, path: str) -> Mapping[str, object]:
    return {"httpGet": {"port": port, "path": path}}


_MOTO = Backend(
    "moto",
    _own("moto", "5.2.5"),
    ports={"edge": 5000},
    memory=(128, 512),
    provides=provided.dynamodb,
    probe=_http(5000, "/moto-api/data.json"),
    env={"MOTO_ACCOUNT_ID": "000000000000"},  # LocalStack's
)
_LOCALSTACK = Backend(
    "localstack",
    _own("localstack", "4.14.0"),
    ports={"edge": 4566},
    memory=(512, 1536),
    provides=provided.aws,
    probe=_http(4566, "/_localstack/health"),
    env={"LOCALSTACK_HOST": "{host}:4566"},  # what the URLs of queues say
)
_POSTGRES = Backend(
    "postgres",
    _own("postgres", "15"),
    ports={"sql": 5432},
    memory=(64, 512),
    provides=provided.postgres,
    probe=_tcp(5432),
    admin="POSTGRES_PASSWORD",
)
_MARIADB = Backend(
    "mariadb",
    _own("mariadb", "10.11"),
    ports={"sql": 3306},
    memory=(128, 512),
    provides=provided.mysql,
    probe=_tcp(3306),
    admin="MARIADB_ROOT_PASSWORD",
)
_REDIS_START = """
umask 077
echo "requirepass $REDIS_PASSWORD" >/tmp/redis.conf
exec redis-server /tmp/redis.conf --bind 0.0.0.0 --save "" --dir /tmp
"""
_REDIS = Backend(
    "redis",
    lambda: catalogue.REDIS,
    ports={"redis": 6379},
    memory=(16, 256),
    provides=provided.redis,
    probe=_tcp(6379),
    admin="REDIS_PASSWORD",
    # The password goes in by a file: command lines can be read by everybody.
    command=("/bin/sh", "-c", _REDIS_START),
)
_RABBITMQ = Backend(
    "rabbitmq",
    _own("rabbitmq", "3.10"),
    ports={"management": 15672, "amqp": 5672},
    memory=(160, 768),
    provides=provided.rabbitmq,
    probe=_tcp(5672),  # it listens when all else is ready
    admin="RABBITMQ_PASSWORD",
)
_KAFKA = Backend(
    "kafka",
    _own("kafka", "4.1.0"),
    ports={"broker": 9092},
    memory=(320, 768),
    provides=provided.kafka,
    probe=_tcp(9092),
    # A broker tells its clients where to go, and this host knows no name of the cluster: a listener of its own.
    host_ports={"broker": 9094},
    env={"CLUSTER_ADDRESS": "{host}:9092", "HOST_ADDRESS": f"{HOST}:{{broker}}"},
)
# Of two that offer the same, the later one counts.
BACKENDS: Mapping[str, Backend] = {
    backend.name: backend for backend in (_MOTO, _LOCALSTACK, _POSTGRES, _MARIADB, _REDIS, _RABBITMQ, _KAFKA)
}
NAMES = tuple(BACKENDS)


def chosen(names: Collection[str]) -> tuple[Backend, ...]:
    """Those rows, in the table's order. PlaygroundError where there is no such backend."""
    if unknown := sorted(set(names) - set(NAMES)):
        raise PlaygroundError(f"there is no backend {', '.join(unknown)}; there are {', '.join(NAMES)}")
    return tuple(backend for name, backend in BACKENDS.items() if name in names)
