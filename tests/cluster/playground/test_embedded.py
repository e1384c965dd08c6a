"""The embedded cluster's life: up, found up, healed after every kind of crash, taken down without a trace."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from playground import mounts, process
from playground.cluster.embedded import cgroups, claims, down, iptables
from playground.cluster.embedded.plan import SHARED_FOLDERS
from tests.cluster.playground.namespaced import Namespaced

pytestmark = pytest.mark.cluster
CRASHING = ("kube-apiserver", "etcd", "containerd", "kubelet", "registry", "coredns", "kube-proxy")


@pytest.fixture(scope="module")
def traces(namespaced: Namespaced) -> dict[str, object]:
    return _traces(namespaced)


@pytest.fixture(scope="module")
def found(namespaced: Namespaced, traces: dict[str, object]) -> dict[str, Any]:
    return namespaced.up()


def test_an_up_that_was_killed_half_way_is_finished_by_the_next(
    namespaced: Namespaced, traces: dict[str, object]
) -> None:
    with namespaced.begin_up() as first:
        deadline = time.monotonic() + 60
        while not (namespaced.places.pids / "kube-apiserver.json").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        first.kill()
    etcd = namespaced.pid("etcd")
    namespaced.up()
    assert namespaced.pid("etcd") == etcd
    assert set(namespaced.status().values()) == {"up"}


def test_the_node_is_ready_and_all_parts_run(namespaced: Namespaced, found: dict[str, Any]) -> None:
    nodes = namespaced.kubectl(found, "get", "nodes", "--no-headers")
    assert nodes.split()[1] == "Ready"
    states = namespaced.status()
    assert set(states.values()) == {"up"}
    assert {"kube-apiserver", "kubelet", "etcd", "registry", "traefik (pod)", "redis (pod)"} <= states.keys()


def test_traefik_answers_on_the_host(namespaced: Namespaced, found: dict[str, Any]) -> None:
    answer = namespaced.run("curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", found["traefik_url"])
    assert answer.stdout == "404"  # no route yet, but it is Traefik that says so


def test_a_pod_resolves_the_zones_and_reaches_traefik_registry_and_redis(
    namespaced: Namespaced, found: dict[str, Any]
) -> None:
    script = (
        "import socket, urllib.request, urllib.error\n"
        "def status(url):\n"
        "    try: return urllib.request.urlopen(url, timeout=5).status\n"
        "    except urllib.error.HTTPError as error: return error.code\n"
        "print(status('http://feature1.example.com/'), status('http://example2.com/'),\n"
        f"      status('http://{found['registry']}/v2/'),\n"
        "      socket.create_connection(('redis.devstack-playground', 6379), 5) and 'redis')\n"
    )
    image = f"{found['registry']}/library/python:3.11-slim-bookworm"
    namespaced.kubectl(
        found, "run", "asks", f"--image={image}", "--restart=Never", "--command", "--", "python", "-c", script
    )
    namespaced.kubectl(found, "wait", "pod/asks", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s")
    assert namespaced.kubectl(found, "logs", "asks").split() == ["404", "404", "200", "redis"]
    namespaced.kubectl(found, "delete", "pod", "asks", "--wait=false")


def test_up_again_changes_nothing(namespaced: Namespaced, found: dict[str, Any]) -> None:
    before = {path.name: path.read_text() for path in namespaced.places.pids.iterdir()}
    started = time.monotonic()
    assert namespaced.up() == found
    assert time.monotonic() - started < 8
    assert {path.name: path.read_text() for path in namespaced.places.pids.iterdir()} == before


def test_the_containers_keepers_sockets_are_known(namespaced: Namespaced, found: dict[str, Any]) -> None:
    # Two pods, so two keepers; `down` removes these files also where a keeper was killed and left its own behind.
    assert len(down.shim_sockets(namespaced.places.state)) >= 2


@pytest.mark.parametrize("part", CRASHING)
def test_up_heals_what_was_killed(namespaced: Namespaced, found: dict[str, Any], part: str) -> None:
    namespaced.kubectl(found, "create", "configmap", f"kept-{part}")
    killed = namespaced.pid(part)
    namespaced.kill(part)
    assert namespaced.status()[part].startswith("dead")
    assert namespaced.up() == found
    assert namespaced.pid(part) != killed
    namespaced.kubectl(found, "get", "configmap", f"kept-{part}")


def test_up_heals_what_hangs(namespaced: Namespaced, found: dict[str, Any]) -> None:
    hanging = namespaced.pid("kube-scheduler")
    os.kill(hanging, signal.SIGSTOP)
    assert namespaced.up() == found
    assert namespaced.pid("kube-scheduler") != hanging
    assert process.started_at(hanging) is None


def test_up_heals_after_everything_was_killed(namespaced: Namespaced, found: dict[str, Any]) -> None:
    namespaced.kubectl(found, "create", "configmap", "kept-all")
    hierarchies = cgroups.here()
    name = namespaced.places.name
    assert process.kill_all([*process.marked(str(namespaced.places.state)), *cgroups.processes(name, hierarchies)]) == []
    assert namespaced.up() == found
    namespaced.kubectl(found, "get", "configmap", "kept-all")
    assert set(namespaced.status().values()) == {"up"}


def test_what_cannot_be_used_is_started_afresh(namespaced: Namespaced, found: dict[str, Any]) -> None:
    namespaced.kill("etcd")
    for log in (namespaced.places.state / "etcd").rglob("*.wal"):
        log.write_bytes(b"no write-ahead log")
    again = namespaced.up()
    assert again["registry"] == found["registry"]
    assert "kept-all" not in namespaced.kubectl(again, "get", "configmaps")


def test_a_second_playground_is_refused_while_the_first_is_up(namespaced: Namespaced, found: dict[str, Any]) -> None:
    refused = namespaced.elsewhere().try_up()
    assert refused.returncode != 0
    assert f"DEVSTACK_STATE={namespaced.places.state} devstack playground down" in refused.stderr


def test_what_a_killed_playground_left_is_no_hindrance_to_one_of_another_state_directory(
    namespaced: Namespaced, found: dict[str, Any]
) -> None:
    own, other = namespaced.places, namespaced.elsewhere()
    process.kill_all([*process.marked(str(own.state)), *cgroups.processes(own.name, cgroups.here())])
    try:
        other.up()
        assert not own.state.exists()
        assert set(other.status().values()) == {"up"}
    finally:
        other.down()
    namespaced.up()


def test_down_leaves_no_trace(namespaced: Namespaced, found: dict[str, Any], traces: dict[str, object]) -> None:
    sockets = down.shim_sockets(namespaced.places.state)
    started = time.monotonic()
    assert namespaced.down() == "True"
    assert time.monotonic() - started < 15
    assert sockets
    assert [socket for socket in sockets if socket.exists()] == []
    assert _traces(namespaced) == traces
    assert namespaced.down() == "False"


def _traces(own: Namespaced) -> dict[str, object]:
    """Everything by which one could tell that a playground is, or was, here."""
    name, hierarchies = own.places.name, cgroups.here()
    roots = (*hierarchies.roots, *hierarchies.beside)
    files = [path for folder in SHARED_FOLDERS for path in Path(folder).glob("*")]
    return {
        "processes": [*process.marked(str(own.places.state)), *cgroups.processes(name, hierarchies)],
        "mounts": mounts.below(own.places.state),
        "links and addresses": [line.split("\\")[0] for line in own.run("ip", "-o", "address").stdout.splitlines()],
        "rules": [
            (family, table.name, table.chains, table.rules)
            for family in iptables.FAMILIES
            for table in iptables.parse(own.run(f"{family}-save").stdout)
            if table.chains or table.rules
        ],
        "control groups": [root / name for root in roots if (root / name).exists()],
        "state": own.places.state.exists(),
        "claim": claims.made(own.places),
        "shared folders": sorted(str(path) for path in files if _ours(path, own)),
    }


def _ours(path: Path, own: Namespaced) -> bool:
    """Whether a file in a folder that others use too is this playground's."""
    if path.is_symlink():
        return path.readlink().is_relative_to(own.places.state)
    return path.name.startswith(own.places.name)
