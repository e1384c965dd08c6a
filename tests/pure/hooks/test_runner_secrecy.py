"""No secret is shown anywhere: not in the log, not in the message, not in the ledger, not in the spec of a Pod."""

import json
from pathlib import Path
from typing import Any

import pytest

from hooks.contract import Problem
from hooks.masking import of_environment, of_values
from tests.pure.hooks.stage import LEDGER, NAMESPACE, Stage, thing

TOKEN = "s3cr3t-of-the-base-application"
PASSWORD = "p4ss/w%rd-of-the-server"


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    stage = Stage(tmp_path).install(monkeypatch)
    stage.cluster.secret("shop", "orders", API_KEY=TOKEN)
    stage.env = {"DEVSTACK_PROVIDER_KAFKA_URL": f"kafka://admin:{PASSWORD.replace('/', '%2F')}@kafka:9092"}
    return stage


SECRET: dict[str, Any] = {"kind": "secret", "from": {"namespace": "shop", "name": "orders"}, "keys": ["API_KEY"]}


def shown(stage: Stage) -> str:
    """Everything that somebody without rights on Secrets can see."""
    public = [body for (plural, _, _), body in stage.cluster.objects.items() if plural != "secrets"]
    return stage.shown + json.dumps(public) + json.dumps([pod["spec"] for pod in stage.cluster.pods])


@pytest.mark.parametrize("where", ["ensure orders-feature1", "check orders-feature1"])
def test_a_problem_that_holds_a_secret_is_masked(stage: Stage, where: str) -> None:
    stage.ensure(SECRET)
    text = f"login {TOKEN} with {PASSWORD} refused"
    stage.things.broken[where] = [Problem(text, f"Not {TOKEN}.", f"log: {TOKEN}")]
    ended = stage.ensure(SECRET, thing("orders"))
    assert ended.problems == ["login *** with *** refused"]
    assert TOKEN not in shown(stage)
    assert PASSWORD not in shown(stage)


def test_something_unforeseen_is_masked_too(stage: Stage) -> None:
    stage.ensure(SECRET)
    stage.things.broken["ensure orders-feature1"] = [ValueError(f"bad value {TOKEN}")]
    stage.ensure(SECRET, thing("orders"))
    assert "Traceback" in stage.shown
    assert TOKEN not in shown(stage)


def test_values_of_this_run_are_masked_from_the_moment_they_are_made(stage: Stage) -> None:
    stage.things.broken["ensure b-feature1"] = [Problem("the value was made-in-this-very-run")]
    ended = stage.ensure(thing("a", "A", value="made-in-this-very-run-{}"), thing("b", None, ("thing", "a")))
    assert ended.code == 1
    stage.things.broken["ensure b-feature1"] = [Problem("not made-in-this-very-run-a-feature1 again")]
    assert stage.ensure(thing("a", "A"), thing("b")).problems == ["not *** again"]


def test_names_stay_readable_though_they_are_values_too(stage: Stage) -> None:
    stage.things.broken["ensure b-feature1"] = [Problem("orders-feature1 is in the way")]
    ended = stage.ensure(thing("orders", "TOPIC", value="{}"), thing("b", None, ("thing", "orders")))
    assert ended.problems == ["orders-feature1 is in the way"]


def test_a_jobs_environment_comes_by_a_secret_that_goes_with_it(stage: Stage) -> None:
    stage.cluster.ends = lambda pod: (1, f"cannot use {TOKEN}\n")
    ended = stage.ensure(SECRET, {"kind": "job", "name": "seed", "command": ["seed"]})
    assert ended.code == 1
    assert ended.message["problems"][0]["log"] == "cannot use ***"
    assert TOKEN not in shown(stage)
    assert ("secrets", NAMESPACE, "orders-feature1-run") not in stage.cluster.objects
    assert stage.cluster.objects[("configmaps", NAMESPACE, LEDGER)]["data"]


def test_secrets_of_the_environment_are_known_by_name_and_in_addresses() -> None:
    found = set(
        of_environment(
            {
                "AWS_SECRET_ACCESS_KEY": "one",
                "DEVSTACK_PROVIDER_KAFKA_PASSWORD": "two",
                "DEVSTACK_PROVIDER_POSTGRES_URL": "postgresql://admin:thr%40ee@host:5432/postgres",
                "PATH": "/usr/bin",
                "DEVSTACK_PROVIDER_HTTP_ALLOW": "10.0.0.0/8",
                "DEVSTACK_PROVIDER_BAD_URL": "http://[:x@y",
            }
        )
    )
    assert found == {"one", "two", "thr%40ee", "thr@ee"}


def test_a_password_in_a_public_address_is_secret_all_the_same() -> None:
    address = "postgresql://u:hidden-pw@host/db"
    assert list(of_values([address], f"id {address}")) == ["hidden-pw", "hidden-pw"]
