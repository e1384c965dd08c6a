"""Thirty deploys and destructions whose hook was killed at some moment; one more of each, and nothing is left."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from playground import backends
from playground.demo.stage import Stage
from tests.cluster.provision import servers
from tests.cluster.provision.feature import ALL, DATABASE, EVENTS, QUEUE, VARIABLES, Feature, keys_of_the_base
from tests.cluster.provision.release import Release, moments

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(400)]

RECORDED = {"orders-deleted-1", "order-events-deleted-1", "keys-deleted-1", "orders_deleted_1"}  # some share a name
NAMESPACE, KILLS, SEED = "killed", 30, 4
# Its own image is the hooks', which has no program of ours: what is run in it is as quick as can be.
RESOURCES = [
    {**DATABASE, "migrate": {"command": ["python3", "-c", "print(1)"]}} if each is DATABASE else each for each in ALL
]


@pytest.fixture
def release(stage: Stage, tmp_path: Path) -> Iterator[Release]:
    keys_of_the_base(stage, "a-key-of-the-base")
    metadata = {"name": "providers", "namespace": NAMESPACE}
    told = servers.of(stage).environment("cluster")
    stage.apply(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": told},
    )
    made = Release(stage, tmp_path, NAMESPACE, backends.hook_image(stage.playground), RESOURCES)
    yield made
    made.run(made.down())  # else a story that does not hold would leave things to the next
    stage.kubectl("delete", "namespace", NAMESPACE, "--timeout=60s")


def there(stage: Stage) -> set[str]:
    """Everything in the namespace that somebody made."""
    kinds = "pods,jobs,secrets,configmaps,serviceaccounts,roles,rolebindings"
    found = yaml.safe_load(stage.kubectl("get", kinds, "-n", NAMESPACE, "-o", "yaml"))["items"]
    return {f"{each['kind']}/{each['metadata']['name']}" for each in found}


def test_thirty_kills_then_a_deploy_and_a_destruction_leave_nothing(stage: Stage, release: Release) -> None:
    up = servers.of(stage)
    before, empty = servers.everything(up, "killed"), there(stage)
    roles = stage.kubectl("get", "roles,rolebindings", "-n", "shop", "-o", "name")
    hits = [
        release.killed(release.up() if what == "up" else release.down(), after, delete=delete)
        for what, after, delete in moments(KILLS, SEED)
    ]
    release.run(release.up())
    # Two queues, topics of SNS and Kafka, a database with its role, a user.
    assert len(servers.named(up, "killed")) == 7, servers.named(up, "killed")
    assert sum(hits) > KILLS / 2, f"{sum(hits)} of the kills found a hook that ran"
    release.run(release.down())
    assert servers.everything(up, "killed") == before
    assert there(stage) == empty
    assert stage.kubectl("get", "roles,rolebindings", "-n", "shop", "-o", "name") == roles


def test_a_deploy_whose_hook_somebody_deleted_is_made_up_for(stage: Stage) -> None:
    up = servers.of(stage)
    before = servers.everything(up, "deleted-1")
    feature = Feature(stage, "deleted", QUEUE, EVENTS)
    feature.ready()
    feature.push(*ALL)
    pod = f"{feature.release}-provision"
    stage.wait("the hook", lambda: feature.has("pod", pod), seconds=20)
    feature.kubectl("delete", "pod", pod, "--grace-period=0", "--force", "--ignore-not-found")
    stage.wait("all to be made", lambda: len(feature.recorded()) == len(RECORDED))
    feature.ready()
    assert set(feature.recorded().values()) == {"ready"}
    assert [name for name in VARIABLES if name not in feature.environment()] == []
    feature.close()
    assert servers.everything(up, "deleted-1") == before
