"""The doctor's own course: bounded in time, a broken check says so, what is shown holds no secret."""

import json
import threading
import time
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from cli import doctor
from cli.checks.finding import Finding, Level, bad, good, warning
from cli.checks.running import Check, Result, results
from cli.checks.subject import Subject
from cli.main import app
from config.settings import Settings
from workers.faults import Unavailable
from workers.world import World


def subject() -> Subject:
    return Subject(World(Settings()))


def test_a_silent_server_costs_its_own_check_and_no_other() -> None:
    never = threading.Event()

    def silent(_: Subject) -> Iterator[Finding]:
        never.wait()
        yield good("never")

    checks = [
        Check("silent", "", silent, seconds=0.3, remedy="wake it"),
        Check("another", "", silent, seconds=0.3),
        Check("quick", "", lambda _: [good("it works")]),
    ]
    started = time.monotonic()
    found = list(results(checks, subject()))
    never.set()
    assert time.monotonic() - started < 2
    assert [each.findings for each in found] == [
        (bad("no answer within 0.3 s", "wake it"),), (bad("no answer within 0.3 s", ""),), (good("it works"),),
    ]  # fmt: skip


def test_a_check_that_breaks_says_what_it_found_and_why_it_stopped() -> None:
    def broken(_: Subject) -> Iterator[Finding]:
        yield good("half of it")
        raise Unavailable("the registry", "it is away")

    (found,) = results([Check("registry", "", broken, remedy="start it")], subject())
    assert found.findings == (good("half of it"), bad("the registry is unavailable: it is away", "start it"))


def test_without_a_cluster_what_asks_it_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("DEVSTACK_KUBECONFIG", "/nowhere/kubeconfig")
    found = json.loads(CliRunner().invoke(app, ["doctor", "--json", "cluster", "crds", "rights"]).stdout)
    assert found["ok"] is False
    told = {each["check"]: [(one["level"], one["said"]) for one in each["findings"]] for each in found["checks"]}
    assert told["cluster"][0][0] == "bad"
    assert told["crds"] == told["rights"] == [("skipped", "the cluster does not answer")]


def test_settings_that_are_wrong_are_told_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVSTACK_KUBECONFIG", "/nowhere/kubeconfig")
    monkeypatch.setenv("DEVSTACK_PREVIEW_MIDDLEWARES", "login")
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 2
    assert "DEVSTACK_PREVIEW_MIDDLEWARES" in done.output
    assert "namespace/name" in done.output


def test_a_check_that_there_is_not_is_refused_with_those_that_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVSTACK_KUBECONFIG", "/nowhere/kubeconfig")
    done = CliRunner().invoke(app, ["doctor", "dsn"])
    assert done.exit_code == 2
    assert "certificate" in done.output


def shown(*findings: Finding) -> Result:
    return Result(Check("registry", "images", lambda _: []), findings, 0.1)


def test_what_is_bad_makes_it_fail_and_its_remedy_stands_below(capsys: pytest.CaptureFixture[str]) -> None:
    found = [shown(good("it answers"), bad("no push with hunter2", "mend hunter2"), warning("no deletion", "allow it"))]
    assert doctor.shown(found, lambda text: text.replace("hunter2", "***")) is False
    assert capsys.readouterr().out == (
        "registry    ✓ it answers\n"
        "            ✗ no push with ***\n"
        "              → mend ***\n"
        "            ! no deletion\n"
        "              → allow it\n"
        "\n1 good, 1 warning, 1 bad\n"
    )


def test_warnings_do_not_make_it_fail(capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.shown([shown(warning("no deletion", "allow it"))], str) is True
    assert doctor.shown_as_json([shown(warning("no deletion", "allow it"))], str) is True
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert said["checks"][0]["findings"] == [{"level": Level.WARNING, "said": "no deletion", "remedy": "allow it"}]
