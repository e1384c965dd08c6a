"""helmfile and helm as a run calls them: our values reach the charts, and whatever interrupts them can be mended."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.cluster.tools.conftest import Place
from tests.redis.tools.watching import eventually, processes
from workers.faults import Fault, Superseded, Unavailable, UserFault
from workers.tools.helmfile import Helmfile

pytestmark = pytest.mark.cluster

FEATURE = "devstack_label: feature1\nttl: '3600'\nimages: {app: {ref: 'registry/app@sha256:1'}}\n"
RELEASE = "app-feature1"


def sync(place: Place, values: str = FEATURE, *, timeout: int = 30, cancelled: threading.Event | None = None) -> None:
    place.helmfiles.sync(
        place.helmfile,
        place.values(values),
        place.namespace,
        timeout=timeout,
        cleanup_on_fail=True,
        labels={"devstack.dev/stack": "shop-1"},
        cancelled=cancelled,
    )


def statuses(place: Place) -> dict[str, str]:
    return {release.name: release.status for release in place.helm.list(place.namespace)}


def test_our_values_override_those_of_the_helmfile_and_reach_the_chart(place: Place) -> None:
    assert place.helmfiles.releases(place.helmfile, place.values(FEATURE), place.namespace) == [RELEASE]
    sync(place)
    assert place.config_map(RELEASE, "label") == "feature1"
    assert place.config_map(RELEASE, "image") == "registry/app@sha256:1"
    assert statuses(place) == {RELEASE: "deployed"}
    assert place.helm.deployed(place.namespace) == place.helm.present(place.namespace) == {RELEASE}


def test_an_empty_label_is_the_base_application(place: Place) -> None:
    assert place.helmfiles.releases(place.helmfile, place.values("devstack_label: ''\n"), place.namespace) == ["app"]


def test_release_records_carry_our_labels(place: Place) -> None:
    sync(place)
    selected = place.kubectl("get", "secrets", "--selector", "owner=helm,devstack.dev/stack=shop-1", "--output=name")
    assert selected == f"secret/sh.helm.release.v1.{RELEASE}.v1"


def test_uninstalling_says_whether_there_was_anything(place: Place) -> None:
    sync(place)
    assert place.helm.uninstall(RELEASE, place.namespace, 30) is True
    assert place.names("configmaps") == set()
    assert place.helm.uninstall(RELEASE, place.namespace, 30) is False
    assert place.helm.present("tools-no-such-namespace") == set()


def test_what_does_not_become_ready_is_told_with_the_end_of_the_log(place: Place) -> None:
    started = time.monotonic()
    with pytest.raises(UserFault) as caught:
        sync(place, FEATURE + "waits: true\n", timeout=3)
    assert time.monotonic() - started < 20
    assert caught.value.title == "Deployment not ready in time"
    assert "After 3 s" in caught.value.explanation
    assert RELEASE in caught.value.log
    assert statuses(place) == {RELEASE: "failed"}
    sync(place)  # a failed release is no obstacle
    assert statuses(place) == {RELEASE: "deployed"}


def test_a_chart_that_does_not_render_is_the_persons_fault(place: Place) -> None:
    place.write("app/templates/broken.yaml", '{{ fail "no database was chosen" }}')
    with pytest.raises(UserFault) as caught:
        sync(place)
    assert caught.value.title == "Deployment failed"
    assert "no database was chosen" in caught.value.log


def test_a_helmfile_that_cannot_be_read_is_the_persons_fault(place: Place) -> None:
    place.write("helmfile.yaml.gotmpl", "releases: [{{ .Values.nope.deeper }}\n")
    with pytest.raises(UserFault) as caught:
        place.helmfiles.releases(place.helmfile, place.values(FEATURE), place.namespace)
    assert "nope" in caught.value.log


@pytest.mark.parametrize(
    "line",
    [
        'x: {{ exec "touch" (list "MARK") }}',
        'x: {{ readFile "/etc/hostname" }}',
        "hooks: [{events: [prepare], command: touch, args: [MARK]}]",
    ],
)
def test_nothing_of_a_helmfile_is_executed(place: Place, tmp_path: Path, line: str) -> None:
    mark = tmp_path / "mark"
    place.write("helmfile.yaml.gotmpl", line.replace("MARK", str(mark)) + "\nreleases: [{name: app, chart: ./app}]\n")
    with pytest.raises(UserFault):
        sync(place)
    assert not mark.exists()


def test_a_silent_cluster_is_unavailable(place: Place, tmp_path: Path) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    text = Path(place.kubeconfig).read_text()
    kubeconfig.write_text(
        "\n".join(
            f"{line.partition('server:')[0]}server: https://127.0.0.1:9" if "server:" in line else line
            for line in text.splitlines()
        )
    )
    silent = Helmfile(place.runner, str(kubeconfig))
    with pytest.raises(Unavailable, match="the Kubernetes cluster"):
        silent.sync(place.helmfile, place.values(FEATURE), place.namespace, timeout=5, cleanup_on_fail=False)


def test_a_cancelled_sync_leaves_a_release_that_is_marked_as_failed(place: Place) -> None:
    cancelled = threading.Event()

    def cancel() -> None:
        assert eventually(lambda: statuses(place) == {RELEASE: "pending-install"}, 20)
        cancelled.set()

    thread = threading.Thread(target=cancel)
    thread.start()
    started = time.monotonic()
    with pytest.raises(Superseded):
        sync(place, FEATURE + "waits: true\n", timeout=60, cancelled=cancelled)
    thread.join()
    assert time.monotonic() - started < 20
    assert statuses(place) == {RELEASE: "failed"}
    assert processes(place.namespace) == []
    sync(place)
    assert statuses(place) == {RELEASE: "deployed"}


def killed(place: Place, values: str, until: str) -> None:
    """A sync whose helm is killed with -9 while it waits."""

    def failing() -> None:
        with pytest.raises(Fault):
            sync(place, values, timeout=60)

    waiting = threading.Thread(target=failing)
    waiting.start()
    assert eventually(lambda: statuses(place) == {RELEASE: until}, 20)
    (helm,) = processes(f"helm upgrade --install {RELEASE}")
    os.kill(helm, signal.SIGKILL)
    waiting.join(20)
    assert not waiting.is_alive()
    assert statuses(place) == {RELEASE: until}


def test_a_killed_install_is_mended_before_the_next_sync(place: Place) -> None:
    killed(place, FEATURE + "waits: true\nextra: true\n", "pending-install")
    with pytest.raises(Unavailable, match="in progress"):
        sync(place)
    assert place.helm.repair([RELEASE], place.namespace) == [RELEASE]
    assert place.names("configmaps") == set()
    sync(place)
    assert statuses(place) == {RELEASE: "deployed"}


def test_a_killed_upgrade_is_rolled_back_to_what_was_deployed(place: Place) -> None:
    sync(place)
    killed(place, FEATURE.replace("sha256:1", "sha256:2") + "waits: true\nextra: true\n", "pending-upgrade")
    assert place.helm.repair(["another"], place.namespace) == []
    assert place.helm.repair([RELEASE], place.namespace) == [RELEASE]
    assert statuses(place) == {RELEASE: "deployed"}
    assert place.config_map(RELEASE, "image") == "registry/app@sha256:1"
    assert place.names("configmaps") == {RELEASE}
    assert eventually(lambda: place.names("persistentvolumeclaims") == set(), 10)
    assert place.helm.repair([RELEASE], place.namespace) == []
    sync(place)


def test_a_worker_that_is_killed_takes_helm_along_and_the_release_is_marked(place: Place) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from workers.tools.helmfile import Helmfile; from workers.tools.process import Runner\n"
        f"tool = Helmfile(Runner(Path({str(place.runner.home)!r}), {place.runner.path!r}), {place.kubeconfig!r})\n"
        f"tool.sync(Path({str(place.helmfile)!r}), Path({str(place.values(FEATURE + 'waits: true'))!r}), "
        f"{place.namespace!r}, timeout=60, cleanup_on_fail=False)\n"
    )
    worker = subprocess.Popen([sys.executable, "-c", program], cwd=Path(__file__).parents[3])
    assert eventually(lambda: statuses(place) == {RELEASE: "pending-install"}, 20)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    assert eventually(lambda: not processes(place.namespace), 12)
    assert statuses(place) == {RELEASE: "failed"}
