"""What `ensure` does: checks all, makes all, tells the pods, drops what is no longer wanted."""

from pathlib import Path
from typing import Any

import pytest

from hooks.contract import Problem, Unreachable
from hooks.rollout import HASH
from model import names
from tests.pure.hooks.cluster import Died
from tests.pure.hooks.stage import LEDGER, NAMESPACE, RELEASE, SECRET, Stage, thing


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(tmp_path).install(monkeypatch)


def deployment(secret: str = SECRET) -> dict[str, Any]:
    container = {"name": "app", "envFrom": [{"secretRef": {"name": secret}}]}
    return {"spec": {"template": {"metadata": {"labels": {"app": "orders"}}, "spec": {"containers": [container]}}}}


def annotation(stage: Stage, name: str) -> str | None:
    found = stage.cluster.objects[("deployments", NAMESPACE, name)]
    value: str | None = found["spec"]["template"]["metadata"].get("annotations", {}).get(HASH)
    return value


def test_resources_are_made_recorded_and_their_values_land_in_the_secret(stage: Stage) -> None:
    ended = stage.ensure(thing("orders", "ORDERS_URL"), thing("jobs", "JOBS_URL", kind="plain"))
    assert ended.code == 0
    assert stage.values == {"ORDERS_URL": "value-of-orders-feature1", "JOBS_URL": "value-of-jobs-feature1"}
    receipt = stage.receipts["orders-feature1"]
    assert (receipt.state, receipt.id, receipt.env) == ("ready", "id:orders-feature1", ("ORDERS_URL",))
    assert receipt.spec_hash
    labels = {"devstack.dev/stack": "acme-shop-1a2b3-7", "devstack.dev/service": "orders"}
    assert stage.ledger is not None
    assert labels.items() <= stage.ledger["metadata"]["labels"].items()
    assert labels.items() <= stage.cluster.objects[("secrets", NAMESPACE, SECRET)]["metadata"]["labels"].items()
    assert ended.message["resources"][0]["state"] == "ready"


def test_every_receipt_is_on_record_before_its_resource_is_begun(stage: Stage) -> None:
    seen: list[str] = []
    stage.things.hooks["ensure orders-feature1"] = lambda: seen.append(stage.receipts["orders-feature1"].state)
    stage.ensure(thing("orders"))
    assert seen == ["making"]


def test_a_second_run_makes_no_second_thing_and_writes_no_secret(stage: Stage) -> None:
    resources = [thing("orders", "ORDERS_URL"), thing("jobs", kind="plain")]
    stage.ensure(*resources)
    version = stage.cluster.objects[("secrets", NAMESPACE, SECRET)]["metadata"]["resourceVersion"]
    assert stage.ensure(*resources).code == 0
    assert (stage.things.made, stage.plains.made) == (["orders-feature1"], ["jobs-feature1"])
    assert stage.cluster.objects[("secrets", NAMESPACE, SECRET)]["metadata"]["resourceVersion"] == version


def test_what_somebody_deleted_by_hand_is_made_again(stage: Stage) -> None:
    stage.ensure(thing("orders", "URL"))
    stage.things.things.clear()
    assert stage.ensure(thing("orders", "URL")).code == 0
    assert list(stage.things.things) == ["orders-feature1"]


def test_an_empty_task_touches_nothing(stage: Stage) -> None:
    assert stage.ensure().code == 0
    assert stage.cluster.writes == 0


def test_all_problems_are_told_and_nothing_is_made(stage: Stage) -> None:
    stage.things.broken["check a-feature1"] = [Problem("the queue a may not be made", "Ask for the right.")]
    stage.plains.things["b-feature1"] = None  # a stranger's
    ended = stage.ensure(thing("a"), thing("b", kind="plain"), thing("c"))
    assert ended.code == 1
    assert sorted(ended.problems) == ["b-feature1 exists and nobody has it on record", "the queue a may not be made"]
    assert ended.message["problems"][0]["remedy"]
    assert (stage.things.made, stage.cluster.writes) == ([], 0)


def test_a_check_only_looks(stage: Stage) -> None:
    ended = stage.run("check", thing("orders", "URL"))
    assert (ended.code, ended.states) == (0, {"orders-feature1": "checked"})
    assert (stage.things.made, stage.cluster.writes) == ([], 0)


def test_what_needs_another_comes_after_it(stage: Stage) -> None:
    seen: dict[str, list[str]] = {}
    stage.plains.hooks["ensure topic-feature1"] = lambda: seen.update(topic=list(stage.things.made))
    stage.things.hooks["ensure last-feature1"] = lambda: seen.update(last=stage.things.made + stage.plains.made)
    stage.ensure(thing("last", None, ("*", "")), thing("topic", None, ("thing", "queue"), kind="plain"), thing("queue"))
    assert seen == {"topic": ["queue-feature1"], "last": ["queue-feature1", "topic-feature1"]}


def test_a_failure_stops_only_what_needs_it(stage: Stage) -> None:
    stage.things.broken["ensure queue-feature1"] = [Problem("no room for a queue", "Delete one.")]
    ended = stage.ensure(
        thing("queue", "QUEUE"), thing("topic", "TOPIC", ("thing", "queue"), kind="plain"), thing("other", "OTHER")
    )
    assert ended.code == 1
    assert ended.states == {"queue-feature1": "failed", "topic-feature1": "waiting", "other-feature1": "ready"}
    assert "waits for thing `queue-feature1`, which failed" in ended.problems
    assert stage.receipts["queue-feature1"].problem == "no room for a queue"
    assert "topic-feature1" not in stage.receipts
    assert stage.values == {"OTHER": "value-of-other-feature1"}


def test_a_resource_that_fails_keeps_its_old_values_and_a_dropped_one_stays_until_all_is_well(stage: Stage) -> None:
    stage.ensure(thing("a", "A"), thing("b", "B"), thing("c", "C"))
    stage.things.broken["ensure b-feature1"] = [Problem("it broke")]
    ended = stage.ensure(thing("a", "A", value="new"), thing("b", "B"))
    assert ended.code == 1
    assert stage.values == {"A": "new", "B": "value-of-b-feature1", "C": "value-of-c-feature1"}
    assert "c-feature1" in stage.things.things
    assert stage.ensure(thing("a", "A"), thing("b", "B")).code == 0
    assert stage.values == {"A": "value-of-a-feature1", "B": "value-of-b-feature1"}
    assert "c-feature1" not in stage.things.things


def test_a_dropped_resource_is_removed_and_leaves_the_record(stage: Stage) -> None:
    stage.ensure(thing("orders", "URL"), thing("jobs", "JOBS", kind="plain"))
    ended = stage.ensure(thing("orders", "URL"))
    assert (ended.code, ended.states) == (0, {"orders-feature1": "ready", "jobs-feature1": "removed"})
    assert stage.plains.things == {}
    assert list(stage.receipts) == ["orders-feature1"]
    assert stage.values == {"URL": "value-of-orders-feature1"}


def test_a_dropped_resource_that_cannot_be_removed_stays_on_record_and_holds_nothing_up(stage: Stage) -> None:
    stage.ensure(thing("orders", "URL"), thing("jobs", kind="plain"))
    stage.plains.broken["remove jobs-feature1"] = [Unreachable("the broker") for _ in range(99)]
    ended = stage.ensure(thing("orders", "URL"))
    assert (ended.code, ended.states["jobs-feature1"]) == (0, "left")
    assert ended.message["problems"][0]["problem"] == "the broker does not answer"
    assert stage.receipts["jobs-feature1"].state == "failed"
    stage.plains.broken.clear()
    assert stage.ensure(thing("orders", "URL")).states["jobs-feature1"] == "removed"


def test_a_variable_that_moves_to_another_resource_keeps_the_new_value(stage: Stage) -> None:
    stage.ensure(thing("old", "URL"))
    assert stage.ensure(thing("new", "URL")).code == 0
    assert stage.values == {"URL": "value-of-new-feature1"}
    assert list(stage.things.things) == ["new-feature1"]


@pytest.mark.parametrize("kind", ["thing", "plain"])
def test_a_strangers_thing_is_never_adopted_not_even_on_the_second_run(stage: Stage, kind: str) -> None:
    server = stage.things if kind == "thing" else stage.plains
    stranger = ("someone", "else") if kind == "thing" else None

    def sneak() -> None:  # after the check, before the making
        server.things.setdefault("orders-feature1", stranger)

    server.hooks["ensure orders-feature1"] = sneak
    for _ in range(2):
        assert stage.ensure(thing("orders", "URL", kind=kind)).code == 1
        assert stage.receipts == {}
    assert stage.remove(thing("orders", "URL", kind=kind)).code == 0
    assert server.things == {"orders-feature1": stranger}


def test_a_server_that_comes_back_is_waited_for(stage: Stage) -> None:
    stage.things.broken["check orders-feature1"] = [Unreachable("the broker", "connection refused")] * 3
    stage.things.broken["ensure orders-feature1"] = [Unreachable("the broker")] * 3
    assert stage.ensure(thing("orders")).code == 0
    assert stage.now > 0


def test_what_was_half_made_before_a_timeout_is_ours_at_the_second_try(stage: Stage) -> None:
    stage.plains.broken["ensured jobs-feature1"] = [Unreachable("the broker", "timed out")]
    assert stage.ensure(thing("jobs", kind="plain")).code == 0
    assert stage.plains.made == ["jobs-feature1"]


def test_a_server_that_never_answers_ends_the_run_within_the_deadline(stage: Stage) -> None:
    stage.things.broken["ensure orders-feature1"] = [Unreachable("the broker") for _ in range(999)]
    ended = stage.ensure(thing("orders"), deadlineSeconds=60)
    assert ended.code == 3
    assert stage.now < 60
    assert ended.problems == ["the broker does not answer"]


def test_a_problem_outweighs_a_server_that_does_not_answer(stage: Stage) -> None:
    stage.things.broken["ensure a-feature1"] = [Unreachable("the broker") for _ in range(999)]
    stage.things.broken["ensure b-feature1"] = [Problem("no")]
    assert stage.ensure(thing("a"), thing("b")).code == 1


def test_something_unforeseen_in_a_kind_is_told_and_stops_no_other(stage: Stage) -> None:
    stage.things.broken["ensure a-feature1"] = [ZeroDivisionError("division by zero")]
    ended = stage.ensure(thing("a"), thing("b"))
    assert ended.code == 1
    assert ended.states == {"a-feature1": "failed", "b-feature1": "ready"}
    assert "ZeroDivisionError" in ended.problems[0]
    assert "Traceback" in ended.log


def test_pods_are_made_anew_when_a_value_changes_and_only_then(stage: Stage) -> None:
    stage.cluster.put("deployments", NAMESPACE, "orders", deployment())
    stage.cluster.put("deployments", NAMESPACE, "other", deployment("another-secret"))
    stage.ensure(thing("orders", "URL"))
    first = annotation(stage, "orders")
    stage.ensure(thing("orders", "URL"))
    assert annotation(stage, "orders") == first
    stage.ensure(thing("orders", "URL", value="another"))
    assert annotation(stage, "orders") not in {None, first}
    assert annotation(stage, "other") is None
    note = stage.ledger["data"]["secret.json"] if stage.ledger else ""
    assert str(annotation(stage, "orders")) in note
    assert "rolling" not in note


def test_pods_are_told_by_the_next_run_where_one_died_after_it_wrote_the_secret(stage: Stage) -> None:
    stage.ensure(thing("orders", "URL"))
    stage.cluster.put("deployments", NAMESPACE, "orders", deployment())

    def die_at_secret(method: str, where: tuple[str, str, str]) -> None:
        if where[0] == "secrets":
            raise Died

    stage.cluster.on_write = die_at_secret
    with pytest.raises(Died):
        stage.ensure(thing("orders", "URL", value="another"))
    assert annotation(stage, "orders") is None
    stage.cluster.on_write = lambda method, where: None
    stage.ensure(thing("orders", "URL", value="another"))
    assert annotation(stage, "orders") is not None


def test_two_resources_may_not_give_one_variable_though_it_shows_only_when_they_are_made(stage: Stage) -> None:
    stage.cluster.secret("shop", "base", URL="x")
    whole = {"kind": "secret", "from": {"namespace": "shop", "name": "base"}, "whole": True}
    ended = stage.ensure(whole, thing("orders", "URL"))
    assert ended.code == 1
    assert ended.problems == ["it gives the variable `URL`, which thing `orders` gives too"]


def test_a_run_that_is_told_to_stop_begins_nothing_more_and_ends_in_failure(stage: Stage) -> None:
    def stop() -> None:
        stage.world.stop.set()

    stage.things.hooks["ensure a-feature1"] = stop
    ended = stage.ensure(thing("a", "A"), thing("b", None, ("thing", "a")))
    assert ended.code == 1
    assert stage.things.made == ["a-feature1"]
    assert ended.states["b-feature1"] == "failed"
    assert stage.receipts["a-feature1"].state == "ready"
    assert stage.values == {"A": "value-of-a-feature1"}
    assert stage.ensure(thing("a", "A"), thing("b", None, ("thing", "a"))).code == 1  # the hook fires again
    stage.things.hooks.clear()
    assert stage.ensure(thing("a", "A"), thing("b", None, ("thing", "a"))).code == 0


def test_a_ledger_that_is_deleted_in_the_midst_of_a_run_is_written_again(stage: Stage) -> None:
    stage.things.hooks["ensure a-feature1"] = lambda: stage.cluster.objects.pop(("configmaps", NAMESPACE, LEDGER))
    assert stage.ensure(thing("a"), thing("b")).code == 0
    assert {name: each.state for name, each in stage.receipts.items()} == {"a-feature1": "ready", "b-feature1": "ready"}


def test_a_ledger_or_a_secret_of_somebody_else_is_not_touched(stage: Stage) -> None:
    for plural, name in (("configmaps", LEDGER), ("secrets", SECRET)):
        stage.cluster.objects.clear()
        stage.cluster.put(plural, NAMESPACE, name, {"data": {}})
        ended = stage.ensure(thing("a"))
        assert ended.code == 1
        assert "is not of this stack" in ended.problems[0]
    assert (stage.things.made, stage.cluster.writes) == ([], 0)


def test_a_missing_right_is_named(stage: Stage) -> None:
    stage.cluster.refuse[("create", "configmaps")] = 403
    ended = stage.ensure(thing("a"))
    assert ended.code == 1
    assert ended.problems == [f"the hook may not create configmaps in the namespace `{NAMESPACE}`"]
    assert stage.things.made == []


def test_a_cluster_that_does_not_answer_is_told_as_such(stage: Stage) -> None:
    stage.cluster.refuse[("get", "configmaps")] = 503
    ended = stage.ensure(thing("a"), deadlineSeconds=30)
    assert (ended.code, ended.problems) == (3, ["the cluster's API does not answer: status 503"])


def test_a_malformed_task_is_told_before_anything_is_asked(stage: Stage) -> None:
    ended = stage.ensure({"kind": "sqz", "name": "orders"}, thing("a"))
    assert ended.code == 2
    assert ended.problems[0].startswith("resource 1: there is no kind `sqz`")
    assert stage.cluster.requests == []


def test_release_names_lead_to_what_the_chart_calls_them() -> None:
    assert (names.resources_secret(RELEASE), names.resources_ledger(RELEASE)) == (SECRET, LEDGER)
