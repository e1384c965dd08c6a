"""The playground, up for the whole tier (of this lane, where there are some); a stage of its own for each file of stories."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

import playground
from playground.cluster.value import Playground
from playground.demo.stage import USER, Stage
from playground.demo.stage import alone as no_stage
from playground.demo.stage import stage as make_stage
from playground.places import places
from playground.progress import silent
from playground.toolset import router
from tests.cluster.lanes import Lanes, lane, place
from tests.cluster.routing import objects
from tests.cluster.routing.tried import OLD_GROUP

SETTINGS = {"DEVSTACK_DEPLOY_TIMEOUT": "60", "DEVSTACK_LEASE_SECONDS": "10"}


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Lanes:
    """Groups of files for each lane, in our order."""
    config.option.loadscopereorder = False
    return Lanes(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Lanes take groups in the order in which they were collected."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: place(item.nodeid))


@pytest.fixture(scope="session", autouse=True)
def in_lane(worker_id: str) -> Iterator[None]:
    """A lane for this process, where there are some."""
    if worker_id == "master":
        yield
        return
    with lane(worker_id):
        yield


@pytest.fixture(scope="session")
def ground() -> Playground:
    return playground.start()


@pytest.fixture(scope="module")
def alone(ground: Playground) -> Iterator[Playground]:
    """The playground without any bot."""
    with no_stage(ground):
        yield ground


@pytest.fixture(scope="module")
def old_group(ground: Playground) -> Iterator[str]:
    """Traefik 2's own API group, which the playground does not serve by itself; gone again at the end.

    Its other group, traefik.io, is there in version 3's definitions, which take all that version 2 knows.
    """
    documents = yaml.safe_load_all(router.definitions(places().cache, silent(), 2).read_text())
    wanted = [each for each in documents if each["spec"]["group"] == OLD_GROUP]
    with objects.defined(ground, wanted):
        yield OLD_GROUP


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
    """No Stack of another stage or an earlier run is left, nor a base application; the bot that runs takes Stacks down."""
    found = stage.stacks()
    bases = {each.get("status", {}).get("namespace") for each in found.values() if each["spec"]["role"] == "Base"}
    if found:
        before = uids(found)
        stage.kubectl("delete", "stacks", *found, "--wait=false")
        # A base that is opted in may be back, under its name, by the same look that let it go; the next stage's bot, whose
        # GitHub does not know it, lets go of that one.
        stage.wait(
            "the Stacks to go", lambda: not before & uids(stage.stacks()), told=lambda: stage.kubectl("get", "stacks")
        )
    for namespace in {"shop", *bases} - {None, ""}:
        stage.kubectl("delete", "namespace", namespace, "--ignore-not-found", "--timeout=60s")


def uids(stacks: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """What tells Stacks from others that had their names."""
    return {each["metadata"]["uid"] for each in stacks.values()}
