"""A service that is called by its well-known name alone: deployed, proven there, and let go without one call that fails."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from model import names
from playground.cluster import addons
from playground.cluster.value import Playground
from playground.demo.stage import Stage
from tests.cluster.conftest import SETTINGS, clean_stage
from tests.cluster.inside import callers, followed
from tests.cluster.inside.callers import Call
from tests.cluster.story import charts
from tests.cluster.story.people import DOCKERFILE, Repository, app

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(150)]

HEADER = "uber-ctx-key"
BASE = "within"
CALLER = "caller"
RATE = 20  # calls a second, all together
SECONDS_MAX = 60.0

CONFIG = f"""\
services:
  orders: {{port: 8080, inCluster: true, watch: [app.py, chart]}}
base: {{deploy: true, namespace: {BASE}}}
deploy: open
"""
# The feature's program ends at once when it is told to: whoever takes it away too early loses calls. (A first process that does
# not listen for the signal is left two seconds by the kubelet, whatever the pod's own grace is.)
ENDS = b"import os, signal\nsignal.signal(signal.SIGTERM, lambda *_: os._exit(0))\n"
CHANGE: dict[str, bytes | None] = {
    ".devstack.yaml": f"{CONFIG}helmfile: helmfile.yaml.gotmpl\n".encode(),
    **charts.ends_at_once("orders"),
    "app.py": ENDS + app("feature"),
}


@pytest.fixture(scope="module")
def stage(ground: Playground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A bot that knows the Service in front of Traefik."""
    gateway = f"traefik-inside.{addons.NAMESPACE}.svc.cluster.local"
    with clean_stage(ground, tmp_path_factory.mktemp("stage"), **SETTINGS, DEVSTACK_IN_CLUSTER_GATEWAY=gateway) as made:
        yield made


@contextmanager
def busy_proxy(stage: Stage) -> Iterator[Callable[[], bool]]:
    """Routes of somebody else change all the while. Traefik takes up at once what comes after a rest; so it has none, and takes
    every change up only after its pause of two seconds. Tells whether such a pause has just begun."""
    over = threading.Event()
    number = 0

    def host() -> str:
        return f"bystander-{number}.example.com"

    def change() -> None:
        nonlocal number
        while not over.is_set():
            number += 1
            stage.apply(followed.route("bystander", f"Host(`{host()}`)", "orders-base", BASE))
            over.wait(0.3)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield lambda: stage.request(host()).status_code == 200
    finally:
        over.set()
        thread.join()


def answers(stage: Stage, *calls: Call) -> list[str]:
    """What each call by name was answered, status and body in one."""
    with callers.steadily(stage.playground, BASE, CALLER, len(calls), 0.1, *calls) as told:
        pass
    return [f"{status} {body}" for each in told for status, body in each.answers[:1]]


def test_a_feature_of_a_well_known_name_comes_and_goes_without_one_failed_call(
    stage: Stage, record_property: Callable[[str, object], None], capsys: pytest.CaptureFixture[str]
) -> None:
    repo = Repository(stage, "inside")
    files = {".devstack.yaml": CONFIG.encode(), "app.py": app("base"), "Dockerfile": DOCKERFILE.encode()}
    stage.github.push(repo.name, "main", files, "ada")
    base = names.base_stack(repo.name)
    stage.wait("the base to be proven", lambda: stage.stacks().get(base, {}).get("status", {}).get("phase") == "Ready",
               told=lambda: stage.kubectl("get", "stacks", "-o", "yaml"))  # fmt: skip
    stage.apply(callers.pod(stage.playground, CALLER, BASE))
    stage.kubectl("wait", "--for=condition=Ready", f"pod/{CALLER}", f"--namespace={BASE}", "--timeout=30s")
    named = (Call("orders"), Call(f"orders.{BASE}.svc.cluster.local"))
    stage.wait("the name to be the base's", lambda: answers(stage, *named) == ["200 base"] * 2, seconds=15)

    stage.github.push(repo.name, "topic", CHANGE, "ada")
    number = repo.pull("topic")
    comment = stage.wait_ready(repo.name, number)
    label = f"inside-{number}"
    # There is no host: what is proven is the name, and that its calls without the context are still the base's.
    assert f"| Host | no header | `{HEADER}` | `baggage` | unknown label |\n" in comment
    assert f"| orders (in-cluster) | ✅ base | ✅ {label} | ✅ {label} | ✅ base |" in comment, comment
    assert "proven by 4 requests</summary>" in comment
    calls = [
        Call("orders", {HEADER: label}),
        Call(f"orders.{BASE}", {"baggage": f"tenant=7, {HEADER}={label}"}),
        Call("orders"),
        Call("orders", {HEADER: f"{label}0"}),
    ]
    assert answers(stage, *calls) == ["200 feature", "200 feature", "200 base", "200 base"]

    with (
        busy_proxy(stage) as pauses,
        callers.steadily(stage.playground, BASE, CALLER, RATE, SECONDS_MAX, *calls) as told,
    ):
        time.sleep(2)
        stage.wait("the proxy to have taken changes up", pauses, seconds=15)
        began = time.monotonic()
        repo.close(number)
        repo.wait_gone(number)
        spent = time.monotonic() - began
        time.sleep(1)
    asked, lost = sum(len(each.answers) for each in told), [fault for each in told for fault in each.failed]
    account = f"{asked} calls by a well-known name while its feature was removed in {spent:.1f} s, {len(lost)} lost"
    record_property("inside", account)
    with capsys.disabled():
        sys.stdout.write(f"\n{account}\n")
    assert lost == []
    assert asked > spent * RATE * 0.8, "the calls never paused"
    assert [each.bodies for each in told] == [["feature", "base"]] * 2 + [["base"]] * 2
