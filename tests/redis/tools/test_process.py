"""One way to run a tool: what it sees, what is kept of its output, and that nothing of it outlives its end."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.redis.tools.watching import eventually, processes
from workers.faults import OurFault, Superseded
from workers.tools.process import Runner, ToolFailed, ToolTimeout

pytestmark = pytest.mark.redis

STUBBORN = "trap '' TERM; sleep 7{0} & setsid sleep 7{0} & echo started; while true; do sleep 7{0}; done"


def shell(script: str) -> list[str]:
    return ["sh", "-c", script]


def test_the_output_of_both_streams_is_kept_in_order(runner: Runner) -> None:
    result = runner.run(shell("echo one; echo two >&2; echo three"), timeout=10)
    assert (result.code, result.tail, result.output) == (0, "one\ntwo\nthree", b"")


def test_standard_output_can_be_had_apart_and_whole(runner: Runner) -> None:
    result = runner.run(shell("head -c 300000 /dev/zero; echo warned >&2"), timeout=10, separate=True)
    assert len(result.output) == 300000
    assert result.tail == "warned"


def test_a_tool_sees_only_what_it_is_given(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVSTACK_GITHUB_TOKEN", "ghs_secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com")
    seen = runner.run(["env"], timeout=10, env={"MINE": "1"}).tail.splitlines()
    names = {line.partition("=")[0] for line in seen}
    assert {"PATH", "HOME", "LC_ALL", "HTTPS_PROXY", "MINE"} <= names
    assert not any(name.startswith("DEVSTACK_") for name in names)


def test_arguments_are_not_read_by_a_shell(runner: Runner) -> None:
    assert runner.run(["echo", "$(id) `id` ; id"], timeout=10).tail == "$(id) `id` ; id"


def test_a_tool_has_no_input_and_its_own_working_folder(runner: Runner, tmp_path: Path) -> None:
    assert runner.run(shell("cat; pwd"), timeout=10, cwd=tmp_path).tail == str(tmp_path)


def test_a_broken_pipe_ends_a_tool_as_it_would_in_a_shell(runner: Runner) -> None:
    assert runner.run(shell("yes | head -1; echo done"), timeout=10).tail == "y\ndone"


def test_a_failing_tool_says_its_code_and_its_last_words(runner: Runner) -> None:
    with pytest.raises(ToolFailed) as caught:
        runner.run(shell("echo why; exit 7"), timeout=10)
    assert (caught.value.tool, caught.value.code, caught.value.tail) == ("sh", 7, "why")
    assert runner.run(shell("exit 7"), timeout=10, ok=(0, 7)).code == 7


def test_a_tool_that_was_killed_says_by_what(runner: Runner) -> None:
    with pytest.raises(ToolFailed) as caught:
        runner.run(shell("kill -9 $$"), timeout=10)
    assert caught.value.code == 128 + signal.SIGKILL


def test_a_missing_tool_is_named_with_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(OurFault, match=r"`buildah` is not installed; install it: apt-get install buildah"):
        Runner(tmp_path, path=str(tmp_path)).run(["buildah", "info"], timeout=10)


def test_secrets_are_hidden_in_result_log_and_lines(tmp_path: Path) -> None:
    lines: list[str] = []
    runner = Runner(tmp_path, mask=lambda text: text.replace("hunter2", "•••"))
    result = runner.run(shell("echo pass=hunter2"), timeout=10, log=tmp_path / "log", on_line=lines.append)
    assert result.tail == "pass=•••"
    assert lines == ["pass=•••"]
    assert (tmp_path / "log").read_text() == "pass=•••\n"


def test_a_tool_that_takes_too_long_is_ended_with_all_that_it_started(runner: Runner) -> None:
    started = time.monotonic()
    with pytest.raises(ToolTimeout) as caught:
        runner.run(shell(STUBBORN.format("01")), timeout=0.5, grace=0.3)
    assert time.monotonic() - started < 3
    assert caught.value.tail == "started"
    assert processes("sleep 701") == []


def test_a_cancelled_tool_is_ended_at_once(runner: Runner) -> None:
    cancelled = threading.Event()
    threading.Timer(0.3, cancelled.set).start()
    started = time.monotonic()
    with pytest.raises(Superseded):
        runner.run(shell(STUBBORN.format("02")), timeout=30, cancelled=cancelled, grace=0.3)
    assert time.monotonic() - started < 3
    assert processes("sleep 702") == []


def test_a_run_that_was_cancelled_before_starts_nothing(runner: Runner, tmp_path: Path) -> None:
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(Superseded):
        runner.run(["touch", str(tmp_path / "made")], timeout=10, cancelled=cancelled)
    assert not (tmp_path / "made").exists()


def test_a_tool_gets_its_grace_to_write_down_how_it_ended(runner: Runner, tmp_path: Path) -> None:
    cancelled = threading.Event()
    script = f"trap 'sleep 0.5; echo failed > {tmp_path}/status; exit 1' TERM; while true; do sleep 0.05; done"
    threading.Timer(0.3, cancelled.set).start()
    with pytest.raises(Superseded):
        runner.run(shell(script), timeout=30, cancelled=cancelled, grace=10)
    assert (tmp_path / "status").read_text() == "failed\n"


def test_grandchildren_get_the_grace_too_when_their_parent_is_quicker(runner: Runner, tmp_path: Path) -> None:
    """helmfile may be gone before helm has written down that its release failed."""
    cancelled = threading.Event()
    inner = f"trap 'sleep 0.5; echo failed > {tmp_path}/status; exit 1' TERM; while true; do sleep 0.05; done"
    threading.Timer(0.3, cancelled.set).start()
    with pytest.raises(Superseded):
        runner.run(shell(f"(sh -c \"{inner}\") & trap 'exit 1' TERM; wait"), timeout=30, cancelled=cancelled, grace=10)
    assert (tmp_path / "status").read_text() == "failed\n"


def test_what_a_tool_leaves_in_the_background_is_ended_with_it(runner: Runner) -> None:
    result = runner.run(shell("setsid sleep 703 & echo gone"), timeout=10)
    assert result.tail == "gone"
    assert result.seconds < 2
    assert processes("sleep 703") == []


def test_a_line_reader_that_fails_ends_the_tool(runner: Runner) -> None:
    def read(line: str) -> None:
        raise ValueError(line)

    with pytest.raises(ValueError, match="hello"):
        runner.run(shell("echo hello; sleep 704"), timeout=30, on_line=read, grace=0.3)
    assert processes("sleep 704") == []


def test_many_threads_run_tools_side_by_side(runner: Runner) -> None:
    said: dict[int, str] = {}

    def one(number: int) -> None:
        said[number] = runner.run(shell(f"sleep 0.1; echo {number}"), timeout=30).tail

    threads = [threading.Thread(target=one, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == {number: str(number) for number in range(16)}


def test_a_worker_that_is_killed_takes_its_tools_along(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path; from workers.tools.process import Runner\n"
        f"Runner(Path({str(tmp_path)!r})).run(['sh', '-c', {STUBBORN.format('05')!r}], timeout=60, grace=0.5)"
    )
    worker = subprocess.Popen([sys.executable, "-c", program], cwd=Path(__file__).parents[3])
    assert eventually(lambda: len(processes("sleep 705")) >= 3)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    assert eventually(lambda: not processes("sleep 705"), 5)
    assert eventually(lambda: not processes(f"guard.py 0.5 {tmp_path}"), 1)


def test_a_guard_that_is_killed_takes_its_tool_along(runner: Runner) -> None:
    failed: list[BaseException] = []

    def run() -> None:
        try:
            runner.run(["sleep", "706"], timeout=60)
        except ToolFailed as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert eventually(lambda: processes("/sleep 706"))
    guard = min(processes("guard.py 3.0 /usr/bin/sleep 706") or processes("sleep 706"))
    os.kill(guard, signal.SIGKILL)
    thread.join(5)
    assert len(failed) == 1
    assert processes("sleep 706") == []
