import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.playground import DOWN, app


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVSTACK_STATE", "/tmp/devstack-no-such-state")
    monkeypatch.setenv("DEVSTACK_CACHE", str(tmp_path))


def test_status_of_nothing_says_what_to_do() -> None:
    shown = CliRunner().invoke(app, ["status"])
    assert shown.exit_code == DOWN
    assert "devstack playground up" in shown.output


def test_status_as_json() -> None:
    shown = CliRunner().invoke(app, ["status", "--json"])
    assert shown.exit_code == DOWN
    assert json.loads(shown.stdout) == {"up": False, "parts": {}, "playground": None}


def test_down_of_nothing_is_no_error() -> None:
    shown = CliRunner().invoke(app, ["down", "--json"])
    assert shown.exit_code == 0
    assert json.loads(shown.stdout) == {"was_up": False}


def test_an_unknown_kind_is_a_wrong_call() -> None:
    assert CliRunner().invoke(app, ["up", "--cluster", "nomad"]).exit_code == 2


def test_what_cannot_be_done_is_told_without_a_traceback() -> None:
    shown = CliRunner().invoke(app, ["up", "--cluster", "embedded", "--install", "traefik"])
    assert shown.exit_code == 1
    assert "--install is for --cluster current" in shown.stderr
    assert "Traceback" not in shown.output


def test_help_says_that_kind_is_untried_and_what_current_expects() -> None:
    output = CliRunner().invoke(app, ["up", "--help"], env={"COLUMNS": "200", "TERM": "dumb"}).output
    shown = " ".join(output.replace("│", " ").split())
    assert "written but never tried" in shown
    assert "DEVSTACK_REGISTRY" in shown
