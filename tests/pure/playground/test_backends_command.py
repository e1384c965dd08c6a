"""`devstack playground up --with …`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import playground
from cli.playground import app
from playground import backends
from playground.backends import Backends
from playground.cluster.value import Playground

REDIS = {"redis": {"redis": 30000}}


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The names that were asked for; no cluster is started."""
    seen: list[list[str]] = []
    ground = Playground(
        "embedded", tmp_path, "registry:5000", "http://127.0.0.1:80", tmp_path, tmp_path, ("example.com",)
    )

    def ensure(_: Playground, names: list[str]) -> Backends:
        seen.append(names)
        return Backends(ground, ("redis",), REDIS, {"redis": "p"})

    monkeypatch.setattr(playground, "start", lambda *_, **__: ground)
    monkeypatch.setattr(backends, "ensure", ensure)
    return seen


def test_names_are_given_by_commas_or_one_by_one(asked: list[list[str]]) -> None:
    assert CliRunner().invoke(app, ["up", "--with", "redis,kafka", "--with", "moto"]).exit_code == 0
    assert asked == [["redis", "kafka", "moto"]]


def test_all_are_all(asked: list[list[str]]) -> None:
    assert CliRunner().invoke(app, ["up", "--with", "all"]).exit_code == 0
    assert asked == [list(backends.NAMES)]


def test_without_it_none_is_started(asked: list[list[str]]) -> None:
    shown = CliRunner().invoke(app, ["up", "--json"])
    assert "backends" not in json.loads(shown.stdout)
    assert asked == []


def test_what_hooks_are_told_is_printed(asked: list[list[str]]) -> None:
    shown = CliRunner().invoke(app, ["up", "--with", "redis"])
    assert "export DEVSTACK_PROVIDER_REDIS_URL=redis://:p@127.0.0.1:30000" in shown.output
    told = json.loads(CliRunner().invoke(app, ["up", "--with", "redis", "--json"]).stdout)["backends"]
    assert told["loopback"] == {"DEVSTACK_PROVIDER_REDIS_URL": "redis://:p@127.0.0.1:30000"}
    assert told["cluster"]["DEVSTACK_PROVIDER_REDIS_URL"].endswith("@redis.devstack-backends.svc.cluster.local:6379")


def test_an_unknown_one_is_told_before_anything_is_started(asked: list[list[str]]) -> None:
    shown = CliRunner().invoke(app, ["up", "--with", "redis,oracle"])
    assert shown.exit_code == 1
    assert "there is no backend oracle" in shown.stderr
    assert asked == []
