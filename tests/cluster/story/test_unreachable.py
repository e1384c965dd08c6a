"""A registry or a cluster that does not answer for a while: tried again with pauses, told clearly, nothing half-recorded."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from playground.cluster.value import Playground
from playground.demo.stage import Stage
from tests.cluster.conftest import SETTINGS, clean_stage
from tests.cluster.story.door import Door
from tests.cluster.story.people import Repository, app, config
from tests.redis.tools.conftest import RegistryServer

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """The door of a registry, which does not delete, either."""
    server = RegistryServer(tmp_path_factory.mktemp("registry"), delete=False)
    host, _, port = server.address.partition(":")
    yield Door((host, int(port)))
    server.stop()


@pytest.fixture(scope="module")
def cluster(ground: Playground, tmp_path_factory: pytest.TempPathFactory) -> Door:
    """The door of the API server."""
    server = urlsplit(yaml.safe_load(ground.kubeconfig.read_text())["clusters"][0]["cluster"]["server"])
    return Door((str(server.hostname), int(server.port or 443)))


@pytest.fixture(scope="module")
def stage(ground: Playground, registry: Door, cluster: Door, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("stage")
    kubeconfig = yaml.safe_load(ground.kubeconfig.read_text())
    kubeconfig["clusters"][0]["cluster"]["server"] = f"https://{cluster.address}"
    (folder / "kubeconfig").write_text(yaml.safe_dump(kubeconfig))
    settings = {
        "DEVSTACK_REGISTRY": registry.address,
        "DEVSTACK_KUBECONFIG": str(folder / "kubeconfig"),
        "DEVSTACK_RETRIES_MAX": "2",
        **SETTINGS,
    }
    with clean_stage(ground, folder, **settings) as made:
        yield made


def status(repo: Repository, number: int) -> dict[str, Any]:
    """What its Stack has on record."""
    stack: Any = repo.stack(number)
    found: dict[str, Any] = (stack or {}).get("status", {})
    return found


def recorded(repo: Repository, number: int) -> set[str]:
    """Kinds of things that its Stack has on record as made."""
    return {receipt["kind"] for receipt in status(repo, number).get("receipts", [])}


def test_a_registry_that_is_away_for_a_while_delays_a_deploy(stage: Stage, registry: Door) -> None:
    repo = Repository(stage, "registry-away")
    repo.push("topic", app=app("patient"))
    registry.shut()
    try:
        number = repo.pull("topic")
        stage.wait_comment(repo.name, number, "The image registry does not answer", "The next try is in 5 s", "is queued")
        stage.wait("the second try", lambda: status(repo, number).get("retries") == 2, seconds=30)
        assert "The next try is in 10 s" in stage.wait_comment(repo.name, number, "The next try is in 10 s")
        assert recorded(repo, number) <= {"image"}  # what it is about to make: on record before it is there
        assert not status(repo, number).get("namespace")
    finally:
        registry.open()
    stage.wait_ready(repo.name, number, seconds=60)
    assert repo.answer(f"registry-away-{number}.{repo.host}") == "patient"
    assert status(repo, number).get("retries", 0) == 0
    repo.close(number)
    # This registry does not delete: that is told and is no fault.
    stage.wait_comment(repo.name, number, "was removed", "the registry does not allow deletion")
    repo.wait_gone(number)


def test_a_registry_that_stays_away_is_told_and_the_next_deploy_works(stage: Stage, registry: Door) -> None:
    repo = Repository(stage, "registry-gone")
    repo.push("topic", app=app("later"))
    registry.shut()
    try:
        number = repo.pull("topic")
        said = stage.wait_comment(
            repo.name,
            number,
            "could not be deployed",
            "The image registry did not answer",
            "/devstack deploy",
            seconds=60,
        )
        assert "not the fault of your change" in said
        assert repo.phase(number) == "Failed"
        assert recorded(repo, number) <= {"image"}
    finally:
        registry.open()
    repo.say(number, "/devstack deploy")
    stage.wait_ready(repo.name, number)
    registry.shut()
    try:
        repo.close(number)
        stage.wait_comment(repo.name, number, "the image registry did not answer")
        assert repo.phase(number) == "Removing"
    finally:
        registry.open()
    repo.wait_gone(number)
    stage.wait_comment(repo.name, number, "was removed")


def test_a_cluster_that_is_away_when_a_pull_request_is_opened(stage: Stage, cluster: Door) -> None:
    repo = Repository(stage, "cluster-away")
    repo.push("topic", app=app("through"))
    cluster.shut()
    try:
        number = repo.pull("topic")
        refused = stage.bot.processes["talk"].log
        stage.wait("the bot to meet it", lambda: "The cluster is unavailable" in refused.read_text(errors="replace"))
        assert repo.stack(number) is None
        assert stage.comment(repo.name, number) == ""
    finally:
        cluster.open()
    stage.wait_ready(repo.name, number, seconds=90)
    cluster.shut()
    try:
        repo.close(number)
    finally:
        cluster.open()
    stage.wait_comment(repo.name, number, "was removed")
    repo.wait_gone(number)


def test_a_cluster_that_goes_away_in_the_middle_of_a_deploy_and_of_a_teardown(stage: Stage, cluster: Door) -> None:
    repo = Repository(stage, "cluster-lost")
    repo.push("topic", app=app("again"), devstack=config(repo.host, DELAY="6"))
    number = repo.pull("topic")
    repo.wait_phase(number, "Deploying")
    log = stage.bot.processes["work"].log
    before = len(log.read_text(errors="replace"))
    cluster.shut()
    try:
        stage.wait("the run to meet it", lambda: "unavailable" in log.read_text(errors="replace")[before:], seconds=30)
    finally:
        cluster.open()
    stage.wait_ready(repo.name, number, seconds=120)
    assert repo.answer(f"cluster-lost-{number}.{repo.host}") == "again"
    repo.close(number)
    repo.wait_phase(number, "Removing")
    cluster.shut()
    cluster.open()
    stage.wait_comment(repo.name, number, "was removed")
    repo.wait_gone(number)
