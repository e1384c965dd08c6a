"""Backends where the images come from the cache, and in somebody's cluster: reached through a tunnel, and taken along."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from playground import process
from playground.backends.table import NAMESPACE
from playground.places import Places
from tests.cluster.playground.namespaced import DOWN, STATUS, Namespaced

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]
ENSURE = """
import dataclasses, json, sys
from pathlib import Path
from redis import Redis
import playground
from playground.backends import ensure
from playground.cluster import record
from playground.places import Places
found = playground.start(sys.argv[3], at=Places(Path(sys.argv[1]), Path(sys.argv[2])))
# The other playground's registry stands in for theirs, and speaks plain HTTP.
servers = ensure(dataclasses.replace(found, registry_insecure=True), sys.argv[4:])
told = servers.environment("loopback")
Redis.from_url(told["DEVSTACK_PROVIDER_REDIS_URL"]).set("asked", 1)
print(json.dumps(told))
"""


@dataclass(frozen=True)
class Ground:
    """A cluster in a network namespace, and the places of another playground that takes it as somebody's."""

    own: Namespaced
    found: dict[str, Any]
    places: Places

    def theirs(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a script of the other playground."""
        env = {
            "KUBECONFIG": self.found["kubeconfig"],
            "DEVSTACK_REGISTRY": self.found["registry"],
            "DEVSTACK_PREVIEW_BASE_URL": self.found["traefik_url"],
        }
        return self.own.run(
            sys.executable, "-c", script, self.places.cache, self.places.state, *arguments, seconds=200, env=env
        )

    def namespaces(self) -> str:
        """Those of the cluster."""
        return self.own.kubectl(self.found, "get", "namespaces", "-o", "name")


@pytest.fixture(scope="module")
def ground(namespaced: Namespaced) -> Iterator[Ground]:
    found = namespaced.up()
    other = namespaced.places.state.with_name(f"{namespaced.places.state.name}-b")
    made = Ground(namespaced, found, Places(namespaced.places.cache, other))
    yield made
    made.theirs(DOWN)


def test_somebodys_cluster_gets_them_and_this_host_a_tunnel(ground: Ground) -> None:
    asked = ground.theirs(ENSURE, "current", "redis", "rabbitmq")
    assert asked.returncode == 0, asked.stderr
    assert json.loads(asked.stdout)["DEVSTACK_PROVIDER_RABBITMQ_AMQP_URL"].startswith("amqp://127.0.0.1:")
    assert process.alive(process.read(ground.places.pids, "backend-redis"))
    services = ground.own.kubectl(ground.found, "--namespace", NAMESPACE, "get", "services", "-o", "json")
    assert "NodePort" not in services
    told = json.loads(ground.theirs(STATUS).stdout)
    assert told == {"kube-apiserver": "up", "redis (backend)": "up", "rabbitmq (backend)": "up"}


def test_a_tunnel_that_ended_is_dug_again(ground: Ground) -> None:
    record = process.read(ground.places.pids, "backend-redis")
    assert record is not None
    process.kill_all([record.pid])
    assert json.loads(ground.theirs(STATUS).stdout)["redis (backend)"].startswith("not answering")
    asked = ground.theirs(ENSURE, "current", "redis")
    assert asked.returncode == 0, asked.stderr


def test_down_takes_them_along(ground: Ground) -> None:
    assert ground.theirs(DOWN).stdout.strip() == "True"
    assert NAMESPACE not in ground.namespaces()
    assert list(process.marked(str(ground.places.state))) == []
    assert not ground.places.state.exists()


def test_a_fresh_cluster_takes_the_images_from_the_cache(ground: Ground) -> None:
    arguments = (ground.own.places.cache, ground.own.places.state, "embedded", "redis", "rabbitmq")
    asked = ground.own.run(sys.executable, "-c", ENSURE, *arguments, seconds=200)
    assert asked.returncode == 0, asked.stderr
    assert set(ground.own.status().values()) == {"up"}
    assert ground.own.down() == "True"
    assert list(process.marked(str(ground.own.places.state))) == []
    assert not ground.own.places.state.exists()
