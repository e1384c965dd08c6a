"""buildah, for real: images in a registry, layers that are reused, builds that are ended, and whose fault it was."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from config.settings import Settings
from playground.mounts import unmount_below
from tests.redis.tools.watching import eventually, processes
from workers.faults import Superseded, Unavailable, UserFault
from workers.registry.client import Registry
from workers.tools.buildah import Buildah
from workers.tools.buildah_storage import Storage
from workers.tools.builder import BuildRequest
from workers.tools.process import Runner

pytestmark = pytest.mark.redis

BASE = "FROM scratch\nCOPY root /\n"

Ask = Callable[..., BuildRequest]


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Buildah]:
    """One storage for all tests of this file: what one leaves behind the next one finds. Its mounts go at the end: with them
    pytest could not remove the folder some runs later."""
    folder = tmp_path_factory.mktemp("buildah")
    runner = Runner(folder / "home")
    yield Buildah(runner, Storage(runner, folder / "storage"), timeout=60, insecure=True)
    unmount_below(folder)


@pytest.fixture
def ask(tmp_path: Path, rootfs: Path, registry: str, request: pytest.FixtureRequest) -> Ask:
    """A request to build a Dockerfile on top of the small root file system."""

    def make(dockerfile: str, **more: object) -> BuildRequest:
        context = tmp_path / "context"
        shutil.rmtree(context, ignore_errors=True)
        context.mkdir()
        shutil.copytree(rootfs, context / "root")
        (context / "Dockerfile").write_text(dockerfile)
        name = request.node.name.replace("[", "-").rstrip("]").lower()
        facts = {"repository": f"{registry}/acme/{name}", "tag": "content-1", **more}
        return BuildRequest(service="orders", context=context, dockerfile=context / "Dockerfile", **facts)  # type: ignore[arg-type]

    return make


def storage_of(builder: Buildah, *arguments: str) -> str:
    return subprocess.run([*builder.storage.command, *arguments], capture_output=True, text=True, check=True).stdout


def test_an_image_is_built_and_found_in_the_registry_under_its_digest(builder: Buildah, ask: Ask) -> None:
    request = ask(BASE + 'ARG WHO\nRUN echo "hello $WHO" > /hello\nCMD ["/bin/cat", "/hello"]\n', args={"WHO": "a, b=c"})
    built = builder.build(request)
    known = Registry(Settings(registry_insecure=True))
    assert known.digest(request.repository, request.tag) == built.digest
    assert built.ref == f"{request.repository}@{built.digest}"
    container = storage_of(builder, "from", "--tls-verify=false", built.ref).strip()
    assert storage_of(builder, "run", "--isolation=chroot", container, "cat", "/hello") == "hello a, b=c\n"
    storage_of(builder, "rm", container)


def test_a_build_that_is_repeated_uses_its_layers_and_gives_the_same_image(builder: Buildah, ask: Ask) -> None:
    dockerfile = BASE + 'RUN cat /proc/uptime > /made\nSHELL ["/bin/sh", "-e", "-c"]\nRUN echo x > /x\n'
    first = builder.build(ask(dockerfile))
    again = builder.build(ask(dockerfile))  # from files that are new on disk
    assert again.digest == first.digest
    changed = builder.build(ask(dockerfile + "RUN echo y > /y\n"))
    assert changed.digest != first.digest


def test_an_empty_storage_takes_the_layers_from_the_registry(builder: Buildah, ask: Ask, tmp_path: Path) -> None:
    dockerfile = BASE + "RUN cat /proc/uptime > /made\nRUN echo x > /x\n"
    keeping = replace(builder, layer_cache=True)
    first = keeping.build(ask(dockerfile))
    empty = replace(keeping, storage=Storage(builder.runner, tmp_path / "empty"))
    again = empty.build(ask(dockerfile, log=tmp_path / "log"))
    assert again.digest == first.digest
    assert (tmp_path / "log").read_text().count("Cache pulled from remote") == 3


def test_a_cache_that_cannot_be_kept_is_no_fault(builder: Buildah, ask: Ask, tmp_path: Path) -> None:
    class Elsewhere(BuildRequest):
        cache = "127.0.0.1:9/acme/cache"

    request = ask(BASE + "RUN echo x > /y\n", log=tmp_path / "log")
    elsewhere = Elsewhere("orders", request.context, request.dockerfile, request.repository, request.tag, log=request.log)
    assert replace(builder, layer_cache=True).build(elsewhere).digest.startswith("sha256:")
    assert "failed pushing cache" in (tmp_path / "log").read_text()


def test_the_target_is_built_and_other_stages_are_left_out(builder: Buildah, ask: Ask) -> None:
    dockerfile = BASE.replace("scratch", "scratch AS base") + "FROM base AS broken\nRUN exit 1\nFROM base AS good\n"
    assert builder.build(ask(dockerfile, target="good")).digest.startswith("sha256:")


def test_builds_run_side_by_side_in_one_storage(builder: Buildah, ask: Ask) -> None:
    requests = []
    for number in range(4):
        request = ask(BASE + f"RUN sleep 0.5; echo {number} > /number\n", tag=f"content-{number}")
        kept = request.context.with_name(f"context-{number}")
        request.context.rename(kept)
        requests.append(
            BuildRequest("orders", kept, kept / "Dockerfile", request.repository, request.tag),
        )
    with ThreadPoolExecutor(4) as pool:
        digests = [built.digest for built in pool.map(builder.build, requests)]
    assert len(set(digests)) == 4


def test_a_failing_step_is_shown_with_its_output(builder: Buildah, ask: Ask, tmp_path: Path) -> None:
    request = ask(BASE + "RUN echo early\nRUN echo compiling; echo 'no such symbol' >&2; exit 3\n", log=tmp_path / "log")
    with pytest.raises(UserFault) as caught:
        builder.build(request)
    fault = caught.value
    assert fault.title == "Build failed"
    assert "`orders`" in fault.explanation
    assert "RUN echo compiling" in fault.explanation
    assert fault.log.splitlines()[0].startswith("STEP 4/4: RUN echo compiling")
    # buildah copies the step's two outputs side by side: which of two lines comes first is open.
    assert sorted(fault.log.splitlines()[1:3]) == ["compiling", "no such symbol"]
    assert "early" in (tmp_path / "log").read_text()


@pytest.mark.parametrize(
    ("dockerfile", "words"),
    [
        ("", "before its first step"),
        ("FRUM scratch\n", "before its first step"),
        (BASE + "COPY nothere /\n", "`COPY nothere /`"),
        (BASE + "RUN nosuchprogram\n", "`RUN nosuchprogram`"),
        ("FROM {registry}/no/such:1\n", "base image"),
        ("FROM scratch\nCOPY ../../../../etc/hostname /x\n", "COPY"),
    ],
)
def test_a_dockerfile_that_cannot_work_is_the_persons_fault(
    builder: Buildah, ask: Ask, registry: str, dockerfile: str, words: str
) -> None:
    with pytest.raises(UserFault) as caught:
        builder.build(ask(dockerfile.replace("{registry}", registry)))
    assert words in caught.value.explanation
    assert caught.value.log


def test_a_target_that_is_not_there_is_the_persons_fault(builder: Buildah, ask: Ask) -> None:
    with pytest.raises(UserFault, match="orders"):
        builder.build(ask(BASE, target="nope"))


@pytest.mark.parametrize("where", ["push", "base image"])
def test_a_silent_registry_is_unavailable(builder: Buildah, ask: Ask, where: str) -> None:
    silent = "127.0.0.1:9/acme/x"
    request = ask(BASE, repository=silent) if where == "push" else ask(f"FROM {silent}:1\n")
    with pytest.raises(Unavailable, match="the image registry"):
        builder.build(request)


def test_a_step_that_needs_the_network_is_the_persons_fault_with_its_log(builder: Buildah, ask: Ask) -> None:
    with pytest.raises(UserFault) as caught:
        builder.build(ask(BASE + "RUN echo 'dial tcp 127.0.0.1:9: connection refused'; exit 1\n"))
    assert "connection refused" in caught.value.log


def test_a_build_that_takes_too_long_is_ended(builder: Buildah, ask: Ask) -> None:
    short = Buildah(builder.runner, builder.storage, timeout=2, insecure=True)
    with pytest.raises(UserFault, match="not built within 2 s"):
        short.build(ask(BASE + "RUN echo working; sleep 711\n"))
    assert processes("sleep 711") == []


def test_a_cancelled_build_ends_within_seconds_and_leaves_nothing(builder: Buildah, ask: Ask) -> None:
    cancelled = threading.Event()
    ended: list[float] = []

    def cancel() -> None:
        assert eventually(lambda: processes("sleep 712"), 20)
        ended.append(time.monotonic())
        cancelled.set()

    thread = threading.Thread(target=cancel)
    thread.start()
    with pytest.raises(Superseded):
        builder.build(ask(BASE + "RUN sleep 712 & sleep 712\n"), cancelled)
    thread.join()
    assert time.monotonic() - ended[0] < 3
    assert processes("sleep 712") == []
    builder.build(ask(BASE))  # the next one tidies up
    assert storage_of(builder, "containers", "--quiet") == ""
    assert not [
        line for line in Path("/proc/mounts").read_text().splitlines() if f"{builder.storage.root}/overlay/" in line
    ]


def test_a_worker_that_is_killed_takes_its_build_along(builder: Buildah, ask: Ask) -> None:
    request = ask(BASE + "RUN sleep 713 & sleep 713\n")
    program = (
        "from pathlib import Path\n"
        "from workers.tools.buildah import Buildah\n"
        "from workers.tools.buildah_storage import Storage\n"
        "from workers.tools.builder import BuildRequest\n"
        "from workers.tools.process import Runner\n"
        f"runner = Runner(Path({str(builder.runner.home)!r}))\n"
        f"storage = Storage(runner, Path({str(builder.storage.root)!r}))\n"
        f"context = Path({str(request.context)!r})\n"
        "request = BuildRequest('x', context, context / 'Dockerfile', '127.0.0.1:9/x', '1')\n"
        "Buildah(runner, storage, 60, insecure=True).build(request)\n"
    )
    worker = subprocess.Popen([sys.executable, "-c", program], cwd=Path(__file__).parents[3])
    assert eventually(lambda: processes("sleep 713"), 20)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    assert eventually(lambda: not processes("sleep 713"), 5)
    assert eventually(lambda: not processes(str(builder.storage.root)), 2)
    assert builder.build(ask(BASE)).digest
    assert storage_of(builder, "containers", "--quiet") == ""


def test_a_build_cannot_leave_its_root_folder_or_reach_devices(builder: Buildah, ask: Ask) -> None:
    with pytest.raises(UserFault) as caught:
        builder.build(ask(BASE + "RUN cat /proc/self/status; exit 1\n"))
    line = next(line for line in caught.value.log.splitlines() if line.startswith("CapEff"))
    held = int(line.split()[1], 16)
    for number, name in ((18, "SYS_CHROOT"), (27, "MKNOD"), (21, "SYS_ADMIN"), (19, "SYS_PTRACE"), (13, "NET_RAW")):
        assert not held & (1 << number), name


def test_a_build_sees_nothing_of_the_workers_environment(
    builder: Buildah, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEVSTACK_GITHUB_TOKEN", "ghs_secret")
    with pytest.raises(UserFault) as caught:
        builder.build(ask(BASE + "RUN env; exit 1\n"))
    assert "PATH=" in caught.value.log
    assert "DEVSTACK" not in caught.value.log


def test_a_step_can_mount_the_operators_ca_bundle_which_stays_out_of_the_image(
    builder: Buildah, ask: Ask, tmp_path: Path
) -> None:
    bundle = tmp_path / "ca.crt"
    bundle.write_text("the operator's bundle\n")
    trusting = Buildah(builder.runner, builder.storage, timeout=60, insecure=True, ca_bundle=bundle)
    dockerfile = BASE + "RUN --mount=type=secret,id=ca-bundle,target=/etc/ca.crt cat /etc/ca.crt > /seen || true\n"
    seen = []
    for each, tag in ((trusting, "with"), (builder, "without")):
        built = each.build(ask(dockerfile + f"RUN echo {tag} > /tag\n", tag=tag))
        container = storage_of(builder, "from", "--tls-verify=false", built.ref).strip()
        shown = storage_of(
            builder, "run", "--isolation=chroot", container, "sh", "-c", "cat /seen /etc/ca.crt 2>&1 || true"
        )
        storage_of(builder, "rm", container)
        seen.append(shown)
        if each is trusting:
            storage_of(builder, "rmi", "--all", "--force")
    assert seen[0].startswith("the operator's bundle\n")
    assert seen[0].count("bundle") == 1
    assert "bundle" not in seen[1]
