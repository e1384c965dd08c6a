"""The playground, up for the whole tier; a stage of its own for each file of stories."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import playground
from playground.cluster.value import Playground
from playground.demo.stage import USER, Stage
from playground.demo.stage import alone as no_stage
from playground.demo.stage import stage as make_stage

SETTINGS = {"DEVSTACK_DEPLOY_TIMEOUT": "60", "DEVSTACK_LEASE_SECONDS": "10"}


@pytest.fixture(scope="session")
def ground() -> Playground:
    return playground.start()


@pytest.fixture(scope="module")
def alone(ground: Playground) -> Iterator[Playground]:
    """The playground without any bot."""
    with no_stage(ground):
        yield ground


@pytest.fixture(scope="module")
def stage(ground: Playground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with clean_stage(ground, tmp_path_factory.mktemp("stage"), **SETTINGS) as made:
        yield made


@contextmanager
def clean_stage(
    ground: Playground, folder: Path, *, needs: Collection[str] = (), account: str = USER, **settings: str
) -> Iterator[Stage]:
    """A stage without Stacks, before and after."""
    with make_stage(ground, folder, needs=needs, account=account, **settings) as made:
        clean(made)
        yield made
        clean(made)


def clean(stage: Stage) -> None:
    """No Stack of another stage or an earlier run is left; the bot that runs takes them down."""
    names = list(stage.stacks())
    if names:
        stage.kubectl("delete", "stacks", *names, "--wait=false")
        stage.wait(
            "the Stacks to go", lambda: not set(names) & set(stage.stacks()), told=lambda: stage.kubectl("get", "stacks")
        )
    stage.kubectl("delete", "namespace", "shop", "--ignore-not-found", "--timeout=60s")
