"""Namespaces: one that somebody deleted by hand, and the base's own, which a feature shares."""

import pytest
import yaml

from playground.demo.stage import Stage
from tests.cluster.provision import servers
from tests.cluster.provision.feature import ALL, QUEUE, Feature, keys_of_the_base

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]

HOOKS_MAKE = "pods,secrets,configmaps,serviceaccounts,roles,rolebindings,deployments,services,ingressroutes.traefik.io"


def test_a_namespace_is_deleted_by_hand_then_the_pull_request_is_closed(stage: Stage) -> None:
    keys_of_the_base(stage, "a-key-of-the-base")
    up = servers.of(stage)
    before = servers.everything(up, "vanished-1")
    feature = Feature(stage, "vanished", *ALL)
    feature.ready()
    stage.kubectl("delete", "namespace", feature.namespace, "--timeout=60s")
    assert "orders-vanished-1" in servers.named(up, feature.label)
    feature.close()
    assert servers.everything(up, "vanished-1") == before
    left = stage.kubectl("get", "pods,roles,rolebindings", "-A", "-o", "name", "-l", "devstack.dev/label=vanished-1")
    assert left.split() == []
    assert "devstack-remove" not in stage.kubectl("get", "pods", "-n", "devstack", "-o", "name")


def names_in(stage: Stage, namespace: str) -> set[str]:
    """Kind and name of all that a feature may leave there."""
    found = yaml.safe_load(stage.kubectl("get", HOOKS_MAKE, "-n", namespace, "-o", "yaml"))["items"]
    return {f"{each['kind']}/{each['metadata']['name']}" for each in found}


def test_a_feature_in_the_namespace_of_the_base_leaves_nothing_there(stage: Stage) -> None:
    up = servers.of(stage)
    before, there = servers.everything(up, "beside-1"), names_in(stage, "shop")
    feature = Feature(stage, "beside", *ALL, namespace="base", base={"namespace": "shop"})
    feature.ready()
    assert {f"Secret/{feature.release}-resources", f"ConfigMap/{feature.release}-ledger"} <= names_in(stage, "shop")
    feature.ready(feature.push(QUEUE))
    feature.ready(feature.push())
    assert servers.everything(up, "beside-1") == before
    feature.ready(feature.push(*ALL))
    assert "orders_beside_1" in servers.named(up, feature.label)
    feature.close()
    assert servers.everything(up, "beside-1") == before
    assert names_in(stage, "shop") == there
