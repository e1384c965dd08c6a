"""Default labels that nobody guesses: made from a secret of the operator's, kept for a pull request's life."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from model import names
from model.stack import LabelSource
from tests.pure.workers import plays
from tests.pure.workers.stage import staged
from workers.pipeline import plans


@pytest.fixture(autouse=True)
def _played(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "UP", plays.UP)
    monkeypatch.setattr(plans, "DOWN", plays.DOWN)


def test_a_pull_request_keeps_a_label_that_nobody_guesses(tmp_path: Path) -> None:
    with staged(tmp_path, label_secret=SecretStr("of the operator")) as stage:
        shop = stage.repository("acme/shop")
        number = stage.live(shop)
        first = stage.stack(shop, number).spec
        assert first.label == names.label("acme/shop", number, secret="of the operator")
        assert first.label_from is LabelSource.DEFAULT
        stage.push(shop, text="2")
        stage.told(shop, number)
        stage.work()
        assert stage.stack(shop, number).spec.label == first.label
        other = stage.live(shop)
        assert stage.stack(shop, other).spec.label != first.label.replace(f"-{number}-", f"-{other}-")


def test_a_label_that_people_choose_is_as_they_say(tmp_path: Path) -> None:
    with staged(tmp_path, label_secret=SecretStr("of the operator")) as stage:
        shop = stage.repository("acme/shop")
        number = stage.live(shop, body="Devstack-Label: feature1\n")
        assert stage.stack(shop, number).spec.label == "feature1"
