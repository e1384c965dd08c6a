"""The stage of these tests, with played plans."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pure.workers import plays
from tests.pure.workers.stage import Stage, staged
from workers.pipeline import plans


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """GitHub, a cluster and the bot between them, in this process."""
    monkeypatch.setattr(plans, "UP", plays.UP)
    monkeypatch.setattr(plans, "DOWN", plays.DOWN)
    with staged(tmp_path) as made:
        yield made
