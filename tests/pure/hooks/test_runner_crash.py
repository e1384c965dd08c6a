"""Killed at any point, the next run converges, and the removal leaves nothing that is ours and takes nothing that is not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pure.hooks.cluster import Died
from tests.pure.hooks.stage import NAMESPACE, Stage, thing

FIRST = (thing("queue", "QUEUE"), thing("topic", "TOPIC", ("thing", "queue")), thing("jobs", "JOBS", kind="plain"))
SECOND = (thing("queue", "QUEUE", value="another"), thing("jobs2", "JOBS", kind="plain"))
STRANGERS = {"queue-base": ("base", "orders"), "queue": ("base", "orders")}


@pytest.fixture
def stages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    def fresh() -> Iterator[Stage]:
        while True:
            stage = Stage(tmp_path).install(monkeypatch)
            stage.things.things.update(STRANGERS)
            stage.plains.things["jobs-base"] = None
            stage.cluster.put("deployments", NAMESPACE, "orders", {"spec": {"template": {"spec": {}}}})
            yield stage

    return fresh()


def nothing_is_left(stage: Stage) -> None:
    assert stage.things.things == STRANGERS
    assert stage.plains.things == {"jobs-base": None}
    assert [where for where in stage.cluster.objects if where[0] != "deployments"] == []


def converged(stage: Stage) -> None:
    assert set(stage.things.things) == {"queue-feature1", *STRANGERS}
    assert set(stage.plains.things) == {"jobs2-feature1", "jobs-base"}
    assert stage.values == {"QUEUE": "another", "JOBS": "value-of-jobs2-feature1"}
    assert {each.state for each in stage.receipts.values()} == {"ready"}
    assert set(stage.receipts) == {"queue-feature1", "jobs2-feature1"}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("first", [True, False], ids=["install", "upgrade"])
def test_killed_at_each_request_to_the_cluster(stages: Iterator[Stage], *, first: bool, after: bool) -> None:
    for point in range(1, 99):
        stage = next(stages)
        if not first:
            assert stage.ensure(*FIRST).code == 0
        stage.cluster.after, stage.cluster.die_at = after, stage.cluster.writes + point
        try:
            stage.ensure(*(FIRST if first else SECOND))
        except Died:
            stage.cluster.die_at = 0
        else:
            assert point > 8  # writes of a run: ledger, receipts, Secret, notes
            return
        if point % 2:  # half of them are deployed again first
            assert stage.ensure(*SECOND).code == 0
            converged(stage)
        assert stage.remove(*SECOND).code == 0
        nothing_is_left(stage)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("server", ["things", "plains"])
def test_killed_at_each_change_of_a_server(stages: Iterator[Stage], server: str, *, after: bool) -> None:
    for point in range(1, 9):
        stage = next(stages)
        target = stage.things if server == "things" else stage.plains
        target.after, target.die_at = after, point
        died = False
        for resources in (FIRST, SECOND):
            try:
                stage.ensure(*resources)
            except Died:
                died = True
                break
        target.die_at = 0
        if not died:
            return
        assert stage.ensure(*SECOND).code == 0
        converged(stage)
        assert stage.remove(*SECOND).code == 0
        nothing_is_left(stage)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_each_request_of_a_removal(stages: Iterator[Stage], *, after: bool) -> None:
    for point in range(1, 99):
        stage = next(stages)
        assert stage.ensure(*FIRST).code == 0
        stage.cluster.after, stage.cluster.die_at = after, stage.cluster.writes + point
        try:
            stage.remove(*FIRST)
        except Died:
            stage.cluster.die_at = 0
        else:
            assert point > 4
            return
        if point % 2:  # it is deployed again, though its removal had begun
            assert stage.ensure(*SECOND).code == 0
            converged(stage)
        assert stage.remove(*SECOND).code == 0
        nothing_is_left(stage)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_each_change_of_a_removal(stages: Iterator[Stage], *, after: bool) -> None:
    for point in range(1, 9):
        stage = next(stages)
        assert stage.ensure(*FIRST).code == 0
        stage.things.after, stage.things.die_at = after, stage.things.changes + point
        try:
            stage.remove(*FIRST)
        except Died:
            stage.things.die_at = 0
        else:
            assert point > 2
            return
        assert stage.remove(*FIRST).code == 0
        nothing_is_left(stage)
