"""A list that has become empty: what it had is taken away, and the record says that nothing is left."""

from pathlib import Path

import pytest

from hooks.contract import Unreachable
from tests.pure.hooks.stage import NAMESPACE, SECRET, Stage, thing


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    made = Stage(tmp_path).install(monkeypatch)
    made.ensure(thing("orders", "ORDERS_URL"), thing("jobs", kind="plain"))
    return made


def test_an_emptied_list_leaves_neither_things_nor_secret_nor_record(stage: Stage) -> None:
    assert stage.ensure().code == 0
    assert (stage.things.things, stage.plains.things) == ({}, {})
    assert ("secrets", NAMESPACE, SECRET) not in stage.cluster.objects
    assert stage.ledger is None or not stage.ledger["data"]
    assert stage.ensure(thing("orders", "ORDERS_URL")).code == 0
    assert stage.values == {"ORDERS_URL": "value-of-orders-feature1"}


def test_what_could_not_be_taken_away_stays_on_record_with_its_secret(stage: Stage) -> None:
    stage.things.broken["remove orders-feature1"] = [Unreachable("the server", "refused")] * 40
    assert stage.ensure().code == 0
    assert "orders-feature1" in stage.receipts
    assert ("secrets", NAMESPACE, SECRET) in stage.cluster.objects
    stage.things.broken.clear()
    stage.ensure()
    assert ("secrets", NAMESPACE, SECRET) not in stage.cluster.objects
