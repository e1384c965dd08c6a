"""The bot tells from the cluster's definitions how routes are written there."""

import pytest

from config.settings import Settings
from playground.cluster.value import Playground
from workers.cluster import dialect
from workers.cluster.client import Cluster
from workers.cluster.dialect import Dialect

pytestmark = pytest.mark.cluster


@pytest.fixture
def cluster(ground: Playground) -> Cluster:
    return Cluster(Settings(kubeconfig=str(ground.kubeconfig)))


def test_the_playgrounds_traefik_is_version_3(cluster: Cluster) -> None:
    assert dialect.of(cluster) == Dialect("traefik.io", "v3", ("traefik.io",))


def test_definitions_that_an_upgrade_left_behind_do_not_count(cluster: Cluster, old_group: str) -> None:
    assert cluster.openapi(f"{old_group}/v1alpha1") is not None
    assert dialect.of(cluster) == Dialect("traefik.io", "v3", ("traefik.io",))


def test_the_older_group_can_be_told(cluster: Cluster, old_group: str) -> None:
    assert dialect.of(cluster, old_group) == Dialect(old_group, "v2", (old_group,))
