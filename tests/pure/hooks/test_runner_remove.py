"""What `remove` does: goes by the record and by the marks, asks for proof, names what is left."""

from pathlib import Path

import pytest

from hooks.contract import Problem, Receipt, Unreachable
from hooks.kube import Kube
from model.marks import NOTE_ABSENT, NOTE_REMOVED
from tests.pure.hooks.cluster import Cluster
from tests.pure.hooks.stage import LEDGER, NAMESPACE, SECRET, Stage, thing

ALL = (thing("queue", "QUEUE"), thing("topic", "TOPIC", ("thing", "queue")), thing("jobs", "JOBS", kind="plain"))


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return Stage(tmp_path).install(monkeypatch)


def test_everything_goes_and_the_record_with_it(stage: Stage) -> None:
    stage.ensure(*ALL)
    ended = stage.remove(*ALL)
    assert ended.code == 0
    assert set(ended.states.values()) == {"removed"}
    assert (stage.things.things, stage.plains.things, stage.cluster.objects) == ({}, {}, {})


def test_a_second_removal_finds_nothing_and_is_well(stage: Stage) -> None:
    stage.ensure(*ALL)
    stage.remove(*ALL)
    ended = stage.remove(*ALL)
    assert (ended.code, ended.states) == (0, {})


def test_what_was_deleted_by_hand_counts_as_gone(stage: Stage) -> None:
    stage.ensure(*ALL)
    stage.plains.things.clear()
    ended = stage.remove(*ALL)
    assert (ended.code, ended.states["jobs-feature1"]) == (0, "absent")


def test_the_kept_ledger_says_that_nothing_is_left_until_the_next_deploy(stage: Stage) -> None:
    stage.ensure(*ALL)
    stage.remove(*ALL, keepLedger=True)
    assert stage.ledger is not None
    assert {NOTE_REMOVED: "true", NOTE_ABSENT: "true"}.items() <= stage.ledger["metadata"]["annotations"].items()
    assert stage.ledger["data"] == {}
    assert stage.values is None
    stage.ensure(*ALL)
    found = stage.cluster.objects[("configmaps", NAMESPACE, LEDGER)]
    assert not found["metadata"]["annotations"].keys() & {NOTE_REMOVED, NOTE_ABSENT}


def test_what_the_mark_shows_is_removed_though_no_record_tells_of_it(stage: Stage) -> None:
    stage.ensure(*ALL[:2])
    del stage.cluster.objects[("configmaps", NAMESPACE, LEDGER)]
    ended = stage.remove(*ALL[:2])
    assert ended.code == 0
    assert stage.things.things == {}


def test_what_is_not_ours_stays(stage: Stage) -> None:
    stage.things.things |= {"queue": ("base", "orders"), "queue-other": ("other", "orders")}
    stage.ensure(*ALL)
    assert stage.remove(*ALL).code == 0
    assert set(stage.things.things) == {"queue", "queue-other"}


def test_a_failure_stops_no_other_and_names_what_is_left_and_why(stage: Stage) -> None:
    stage.ensure(*ALL)
    stage.plains.broken["remove jobs-feature1"] = [Problem("the topic is in use", "Stop its consumers.")]
    ended = stage.remove(*ALL)
    assert ended.code == 1
    assert ended.message["problems"] == [
        {"kind": "plain", "name": "jobs-feature1", "state": "failed", "problem": "the topic is in use",
         "remedy": "Stop its consumers."}
    ]  # fmt: skip
    assert stage.things.things == {}
    assert list(stage.receipts) == ["jobs-feature1"]
    assert stage.receipts["jobs-feature1"].problem == "the topic is in use"
    assert stage.remove(*ALL).code == 0
    assert stage.cluster.objects == {}


def test_a_server_that_does_not_answer_leaves_the_rest_to_be_removed(stage: Stage) -> None:
    stage.ensure(*ALL)
    for call in ("remove jobs-feature1", "find "):
        stage.plains.broken[call] = [Unreachable("the broker") for _ in range(999)]
    ended = stage.remove(*ALL, deadlineSeconds=60)
    assert (ended.code, stage.things.things) == (3, {})
    assert len(ended.problems) == 1
    assert stage.now < 61


def test_a_server_that_cannot_be_asked_for_proof_is_no_proof(stage: Stage) -> None:
    stage.ensure(*ALL)
    stage.things.broken["find "] = [Problem("the queues may not be listed") for _ in range(9)]
    ended = stage.remove(*ALL)
    assert (ended.code, ended.problems) == (1, ["the queues may not be listed"])
    assert stage.ledger is not None


def test_a_server_that_forgets_slowly_gets_its_time(stage: Stage) -> None:
    stage.ensure(*ALL)
    asked: list[float] = []

    def remembers() -> None:
        asked.append(stage.now)
        if len(asked) in {3, 4}:
            stage.things.things["queue-feature1"] = ("acme-shop-1a2b3-7", "orders")
        elif len(asked) > 4:
            stage.things.things.pop("queue-feature1", None)

    stage.things.hooks["find "] = remembers
    stage.things.hooks["remove queue-feature1"] = lambda: asked.append(-1)
    assert stage.remove(*ALL).code == 0
    assert asked.count(-1) == 1


def test_what_its_server_keeps_listing_is_left(stage: Stage) -> None:
    stage.ensure(*ALL)
    stage.things.hooks["find "] = lambda: stage.things.things.update({"queue-feature1": ("acme-shop-1a2b3-7", "orders")})
    ended = stage.remove(*ALL)
    assert (ended.code, ended.problems) == (1, ["its server still has it, though it was removed"])


def test_receipts_are_enough_where_the_namespace_is_gone(stage: Stage) -> None:
    stage.ensure(*ALL)
    receipts = list(stage.receipts.values())
    stage.cluster.objects.clear()
    stage.cluster.gone.add(NAMESPACE)
    ended = stage.run("remove", given=receipts)
    assert ended.code == 0
    assert (stage.things.things, stage.plains.things) == ({}, {})


def test_receipts_are_enough_without_any_right_in_the_cluster(stage: Stage) -> None:
    stage.ensure(*ALL)
    receipts = list(stage.receipts.values())
    for verb in ("get", "list", "delete", "patch"):
        for plural in ("configmaps", "secrets", "pods"):
            stage.cluster.refuse[(verb, plural)] = 403
    ended = stage.run("remove", given=receipts)
    assert ended.code == 0
    assert (stage.things.things, stage.plains.things) == ({}, {})


def test_by_receipts_what_is_in_the_namespace_goes_too_where_it_is_there(stage: Stage) -> None:
    stage.ensure(*ALL)
    assert stage.run("remove", given=list(stage.receipts.values())).code == 0
    assert stage.cluster.objects == {}


def test_a_receipt_of_a_kind_that_this_version_does_not_know_is_left(stage: Stage) -> None:
    ended = stage.run("remove", given=[Receipt("fax", "orders-feature1", "orders")])
    assert ended.code == 1
    assert ended.problems == ["this version of the hooks knows no kind `fax`"]


def test_pods_and_secrets_of_the_releases_hooks_go_but_not_the_hooks_own(stage: Stage) -> None:
    marks = {
        "devstack.dev/stack": "acme-shop-1a2b3-7",
        "devstack.dev/service": "orders",
        "devstack.dev/label": "feature1",
    }
    labels = {"labels": {**marks, "devstack.dev/hook": "orders-feature1"}}
    for name in ("orders-feature1-run-x", "orders-feature1-provision", "orders-feature1-provision-8xk2p"):
        stage.cluster.put("pods", NAMESPACE, name, {"metadata": labels})
    stage.cluster.put("secrets", NAMESPACE, "orders-feature1-run", {"metadata": labels, "data": {"x.URL": "dQ=="}})
    stage.cluster.put("pods", NAMESPACE, "orders", {"metadata": {"labels": {"app": "orders"}}})
    assert stage.remove().code == 0
    left = {name for _, _, name in stage.cluster.objects}
    assert left == {"orders-feature1-provision", "orders-feature1-provision-8xk2p", "orders"}


def test_a_ledger_that_cannot_be_read_keeps_nothing_else_from_being_removed(stage: Stage) -> None:
    stage.ensure(*ALL)
    assert stage.ledger is not None
    stage.ledger["data"]["sqs.bad.json"] = "{"
    ended = stage.remove(*ALL)
    assert ended.code == 1
    assert ended.problems == ["the ledger's entry `sqs.bad.json` cannot be read"]
    assert (stage.things.things, stage.plains.things) == ({}, {})


@pytest.mark.parametrize("name", [SECRET, "orders-feature1-run"])
def test_a_secret_of_somebody_else_is_left_alone(stage: Stage, name: str) -> None:
    stage.cluster.put("secrets", NAMESPACE, name, {"data": {}})
    assert stage.remove(*ALL).code == 1
    assert stage.cluster.values(NAMESPACE, name) == {}


def test_a_run_that_is_told_to_stop_says_what_is_left(stage: Stage) -> None:
    stage.ensure(*ALL)

    def stop() -> None:
        stage.world.stop.set()

    stage.plains.hooks["remove jobs-feature1"] = stop
    ended = stage.remove(*ALL, parallel=1)
    assert ended.code == 1
    assert stage.ledger is not None


def test_without_a_cluster_a_removal_without_receipts_says_so(stage: Stage) -> None:
    class Nowhere(Cluster):
        @property
        def kube(self) -> Kube:
            return Kube(None)

    stage.cluster = Nowhere()
    ended = stage.remove(*ALL)
    assert (ended.code, ended.problems[0]) == (1, "this run has no cluster to talk to")
    assert stage.run("remove", *ALL, given=[]).code == 0
