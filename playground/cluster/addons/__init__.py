"""What runs inside the cluster, of whichever kind it is: Traefik with its resource definitions, Redis, a registry."""

from dataclasses import dataclass
from pathlib import Path

import jinja2

from playground.toolset import router

NAMESPACE = "devstack-playground"
HERE = Path(__file__).parent
# For clusters whose nodes can pull from the public registry.
PUBLIC_IMAGES = {
    "traefik": f"docker.io/library/traefik:v{router.version()}",
    "redis": "docker.io/library/redis:7",
    "registry": "docker.io/library/registry:2",
}


@dataclass(frozen=True)
class Traefik:
    """`cluster_ip` empty: any. `host_port`, `admin_port` 0: not on the node; else at its address `host_ip`."""

    image: str
    cluster_ip: str = ""
    host_port: int = 0
    admin_port: int = 0
    host_ip: str = "127.0.0.1"


@dataclass(frozen=True)
class Redis:
    """Redis, without a password, for what runs in the cluster."""

    image: str


@dataclass(frozen=True)
class Registry:
    """A registry without a password that every node reaches as localhost:`node_port`."""

    image: str
    node_port: int


def manifests(traefik: Traefik | None, redis: Redis | None = None, registry: Registry | None = None) -> str:
    """The objects as YAML documents."""
    # Nothing is escaped: the values are our own, and the texts are YAML, not HTML.
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        autoescape=False,  # noqa: S701
    )
    wanted = {"traefik": traefik, "redis": redis, "registry": registry}
    parts = [environment.get_template("namespace.yaml.j2").render(namespace=NAMESPACE)]
    parts += [
        environment.get_template(f"{name}.yaml.j2").render({"namespace": NAMESPACE, name: settings})
        for name, settings in wanted.items()
        if settings is not None
    ]
    return "\n---\n".join(parts)
