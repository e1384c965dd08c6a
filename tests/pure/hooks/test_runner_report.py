"""The message that the kubelet keeps, the exit code, and the end by a signal."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks import __main__ as command
from hooks.contract import Problem, Unreachable
from hooks.report import MESSAGE_BYTES, Report
from hooks.results import BROKEN, LEFT, READY, WAITING, Result, code, failure

texts = st.text(max_size=3000)
results = st.builds(
    Result,
    kind=st.sampled_from(["sqs", "kafka"]),
    name=st.text(min_size=1, max_size=255),
    state=st.sampled_from([READY, BROKEN, WAITING, LEFT]),
    problem=texts,
    remedy=texts,
    log=texts,
    warning=texts,
)


@given(st.lists(results, max_size=20))
def test_the_message_fits_whatever_went_wrong(found: list[Result]) -> None:
    report = Report("ensure", out=io.StringIO())
    for result in found:
        report.add(result)
    message = report.message(1)
    assert len(message.encode()) <= MESSAGE_BYTES
    told = json.loads(message)
    assert len(told["problems"]) + len(told["resources"]) + told.get("more", 0) == len(found)


def test_problems_come_before_what_is_well_and_logs_go_first() -> None:
    report = Report("ensure", out=io.StringIO())
    for number in range(100):
        report.add(Result("sqs", f"a-queue-{number}-feature1", READY))
    report.add(Result("job", "seed-feature1", BROKEN, problem="it ended with code 1", log="line\n" * 2000))
    told = json.loads(report.message(1))
    assert told["problems"][0]["problem"] == "it ended with code 1"
    assert told["problems"][0]["log"].endswith("line\n")
    assert (told["resources"], told["more"]) == ([], 100)


def test_a_line_of_the_log_is_json_with_all_of_it() -> None:
    out = io.StringIO()
    Report("ensure", lambda text: text.replace("secret", "***"), out).add(
        Result("job", "secret-seed", BROKEN, problem="a secret broke", log="one\ntwo")
    )
    told = json.loads(out.getvalue())
    assert told.pop("at").endswith("+00:00")
    assert told == {
        "phase": "ensure", "kind": "job", "name": "secret-seed", "state": "failed", "problem": "a *** broke", "log": "one\ntwo",
    }  # fmt: skip


def test_the_exit_code_tells_problems_from_servers_that_do_not_answer() -> None:
    key = ("sqs", "aws", "orders")
    broken, silent = failure(key, Problem("no")), failure(key, Unreachable("AWS"))
    waiting, well = Result(*key[::2], WAITING), Result(*key[::2], READY)
    assert [code(each) for each in ([], [well], [broken, waiting], [silent, waiting, well], [silent, broken])] == [
        0,
        0,
        1,
        3,
        1,
    ]


def run(env: dict[str, str], *argv: str) -> int:
    return command.main(argv, env)


def test_what_is_malformed_is_told_and_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = tmp_path / "message"
    where = {"DEVSTACK_TERMINATION_LOG": str(place)}
    assert run(where, "ensure") == 2
    assert "DEVSTACK_TASK is not set" in place.read_text()
    task = '{"stack":"s","label":"l","service":"s","release":"r","namespace":"n"}'
    assert run({**where, "DEVSTACK_TASK": task, "DEVSTACK_RECEIPTS": "{}"}, "remove") == 2
    assert "DEVSTACK_RECEIPTS: it is no list" in place.read_text()
    assert capsys.readouterr().out.count("\n") == 4


def test_an_unknown_phase_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run({}, "destroy")
    assert "invalid choice" in capsys.readouterr().err


STUCK = """
import os, sys, time
from hooks import __main__ as command, kube
class Pool:
    def request(self, *args, **kwargs):
        print("asked", flush=True)
        time.sleep(60)
kube.in_cluster = lambda env: kube.Kube(Pool())
os._exit(command.main(["ensure"]))
"""


def test_after_a_signal_the_process_is_gone_within_five_seconds_and_has_left_its_message(tmp_path: Path) -> None:
    place = tmp_path / "message"
    task = {"stack": "s", "label": "l", "service": "s", "release": "r", "namespace": "n", "resources": []}
    env = {**os.environ, "DEVSTACK_TASK": json.dumps(task), "DEVSTACK_TERMINATION_LOG": str(place)}
    with subprocess.Popen([sys.executable, "-c", STUCK], env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "asked\n"
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 1
        assert time.monotonic() - began < 5.5
    assert json.loads(place.read_text())["code"] == 1
