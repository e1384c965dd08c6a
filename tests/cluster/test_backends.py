"""Each backend answers a real request from this host and from a pod of another namespace; and the hooks have an image."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground import backends, probe
from playground.backends import Backends
from playground.backends.table import BACKENDS, NAMES, NAMESPACE
from playground.cluster.embedded import plan
from playground.cluster.value import Playground
from playground.demo.stage import kubectl
from playground.images import demand
from playground.images.catalogue import Image
from tests.cluster import backend_requests

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]
POD = "look-at-backends"


@pytest.fixture(scope="module")
def running(ground: Playground) -> Backends:
    return backends.ensure(ground)


@pytest.fixture(scope="module")
def image(ground: Playground) -> str:
    return backends.hook_image(ground)


@pytest.fixture(scope="module")
def seen_by_a_pod(ground: Playground, running: Backends, image: str) -> Iterator[dict[str, str]]:
    script = Path(backend_requests.__file__).read_text()
    told = [f"--env={name}={value}" for name, value in running.environment("cluster").items()]
    run = ["run", POD, f"--image={image}", "--restart=Never", *told, "--command", "--", "python", "-c", script, *NAMES]
    kubectl(ground, "delete", "pod", POD, "--ignore-not-found")
    kubectl(ground, *run)
    try:
        kubectl(ground, "wait", f"pod/{POD}", "--for=jsonpath={.status.containerStatuses[0].state.terminated}",
                "--timeout=90s")  # fmt: skip
        yield json.loads(kubectl(ground, "logs", POD).splitlines()[-1])
    finally:
        kubectl(ground, "delete", "pod", POD, "--wait=false")


@pytest.mark.parametrize("name", NAMES)
def test_answers_a_real_request_of_this_host(name: str, running: Backends, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in running.environment("loopback").items():
        monkeypatch.setenv(variable, value)
    backend_requests.REQUESTS[name]()


@pytest.mark.parametrize("name", NAMES)
def test_answers_a_real_request_of_a_pod(name: str, seen_by_a_pod: dict[str, str]) -> None:
    assert seen_by_a_pod[name] == "ok"


def test_their_ports_are_on_the_loopback_interface_only(ground: Playground, running: Backends) -> None:
    chosen = plan.load(ground.state)
    if chosen is None:
        pytest.fail("this looks at node ports, which the embedded cluster has")
    for opened in running.ports.values():
        for port in opened.values():
            assert probe.tcp("127.0.0.1", port)
            assert not probe.tcp(chosen.node_ip, port)


def test_what_is_up_is_found_up_at_once(ground: Playground, running: Backends) -> None:
    times = []
    for _ in range(3):
        started = time.monotonic()
        assert backends.ensure(ground) == running
        times.append(time.monotonic() - started)
    assert min(times) < 0.5  # 0.1 to 0.2 s where nobody else works on this machine


def test_what_is_down_is_told_and_brought_up_again(ground: Playground, running: Backends) -> None:
    kubectl(ground, "--namespace", NAMESPACE, "scale", "deployment/redis", "--replicas=0")
    kubectl(ground, "--namespace", NAMESPACE, "wait", "pod", "--selector=app=redis", "--for=delete", "--timeout=30s")
    deadline = time.monotonic() + 10
    while backends.states(ground)["redis"] == "up" and time.monotonic() < deadline:
        time.sleep(0.1)
    assert backends.states(ground)["redis"].startswith("not answering")
    assert backends.ensure(ground, ["redis"]).ports["redis"] == running.ports["redis"]
    assert backends.states(ground) == dict.fromkeys(NAMES, "up")


def test_passwords_are_in_the_secret_alone(ground: Playground, running: Backends) -> None:
    deployments = kubectl(ground, "--namespace", NAMESPACE, "get", "deployments,pods,services,configmaps", "-o", "json")
    assert len(set(running.passwords.values())) == len([each for each in BACKENDS.values() if each.admin])
    for password in running.passwords.values():
        assert password not in deployments
        assert password not in repr(running)
        assert password not in (ground.state / "backends.json").read_text()


def test_the_image_of_the_hooks_is_small_and_built_once(ground: Playground, image: str) -> None:
    assert backends.hook_image(ground) == image
    repository, _, digest = image.partition("@")
    skopeo = demand.shelf(ground)
    reference = Image("devstack/hooks", f"content-{backends.hook.key(backends.hook.ROOT)}").reference
    assert repository == f"{ground.registry}/devstack/hooks"
    assert skopeo.digest(reference) == digest
    assert skopeo.size(reference) <= 120 * 10**6  # compressed, with its base


def test_the_image_of_the_hooks_runs_them(ground: Playground, image: str) -> None:
    name = "hooks-without-a-task"
    kubectl(ground, "delete", "pod", name, "--ignore-not-found")
    kubectl(ground, "run", name, f"--image={image}", "--restart=Never", "--", "check")
    try:
        terminated = "{.status.containerStatuses[0].state.terminated.exitCode}"
        kubectl(ground, "wait", f"pod/{name}", f"--for=jsonpath={terminated}=2", "--timeout=60s")
        assert "DEVSTACK_TASK" in kubectl(ground, "logs", name)
    finally:
        kubectl(ground, "delete", "pod", name, "--wait=false")
