"""The client of the cluster's API: paths, errors in words, and where there is no cluster."""

from pathlib import Path
from typing import Any

import pytest
import urllib3
from urllib3.exceptions import ConnectTimeoutError, ProtocolError

from hooks.contract import Problem, Unreachable
from hooks.kube import Conflict, Forbidden, Kube, NoCluster, NotThere, in_cluster
from tests.pure.hooks.cluster import Cluster


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


def test_objects_are_made_read_changed_listed_and_deleted(cluster: Cluster) -> None:
    kube = cluster.kube
    assert kube.get("configmaps", "shop", "orders") is None
    body: dict[str, Any] = {"metadata": {"name": "orders", "labels": {"a": "b", "c": "d"}}, "data": {"x": "1", "y": "2"}}
    made = kube.create("configmaps", "shop", body)
    assert made["metadata"]["resourceVersion"]
    assert kube.merge("configmaps", "shop", "orders", {"data": {"x": None, "z": "3"}})["data"] == {"y": "2", "z": "3"}
    assert [each["metadata"]["name"] for each in kube.list("configmaps", "shop", {"a": "b", "c": "d"})] == ["orders"]
    assert kube.list("configmaps", "shop", {"a": "other"}) == []
    kube.replace("configmaps", "shop", "orders", {"metadata": {"name": "orders"}, "data": {}})
    assert kube.delete("configmaps", "shop", "orders", grace=2)
    assert not kube.delete("configmaps", "shop", "orders")
    assert cluster.bodies[-1] == {"propagationPolicy": "Background"}
    assert cluster.bodies[-2] == {"propagationPolicy": "Background", "gracePeriodSeconds": 2}


def test_paths_are_the_apis_own(cluster: Cluster) -> None:
    cluster.kube.list("deployments", "shop")
    cluster.kube.list("pods", "shop")
    assert [path for _, path in cluster.requests] == [
        "/apis/apps/v1/namespaces/shop/deployments", "/api/v1/namespaces/shop/pods",
    ]  # fmt: skip


def test_an_old_version_and_a_second_of_the_same_name_are_conflicts(cluster: Cluster) -> None:
    body = {"metadata": {"name": "orders"}}
    cluster.kube.create("configmaps", "shop", body)
    with pytest.raises(Conflict):
        cluster.kube.create("configmaps", "shop", body)
    with pytest.raises(Conflict):
        cluster.kube.merge("configmaps", "shop", "orders", {"metadata": {"resourceVersion": "0"}})


def test_what_is_to_be_changed_must_be_there(cluster: Cluster) -> None:
    with pytest.raises(NotThere, match="configmaps `x` in the namespace `shop` does not exist"):
        cluster.kube.merge("configmaps", "shop", "x", {})
    cluster.gone.add("shop")
    with pytest.raises(NotThere, match="the namespace `shop` does not exist"):
        cluster.kube.create("pods", "shop", {"metadata": {"name": "x"}})


@pytest.mark.parametrize(
    ("status", "error", "sentence"),
    [
        (401, Problem, "does not accept the hook's account"),
        (403, Forbidden, "the hook may not get secrets `orders` in the namespace `shop`"),
        (422, Problem, "refuses to get secrets `orders`: secrets refused"),
        (429, Unreachable, "the cluster's API does not answer: status 429"),
        (500, Unreachable, "status 500"),
    ],
)
def test_errors_in_words(cluster: Cluster, status: int, error: type[Exception], sentence: str) -> None:
    cluster.refuse[("get", "secrets")] = status
    with pytest.raises(error, match=sentence):
        cluster.kube.get("secrets", "shop", "orders")


def test_the_missing_right_is_named_as_a_role_has_it(cluster: Cluster) -> None:
    cluster.refuse = {("list", "pods"): 403, ("create", "pods"): 403, ("patch", "deployments"): 403}
    for act, right in (
        (lambda: cluster.kube.list("pods", "shop"), "verb `list` on `pods`"),
        (lambda: cluster.kube.create("pods", "shop", {"metadata": {"name": "x"}}), "verb `create` on `pods`"),
        (lambda: cluster.kube.strategic("deployments", "shop", "x", {}), "verb `patch` on `deployments`"),
    ):
        with pytest.raises(Forbidden) as caught:
            act()
        assert right in caught.value.remedy


def test_what_happens_on_the_wire_is_told_without_details(cluster: Cluster) -> None:
    pool = urllib3.HTTPConnectionPool("127.0.0.1")
    for error in (ConnectTimeoutError(pool, "slow"), ProtocolError("reset")):
        cluster.failing.append(error)
        with pytest.raises(Unreachable, match=f"the cluster's API does not answer: {type(error).__name__}"):
            cluster.kube.get("secrets", "shop", "orders")


def test_logs_of_a_pod_and_of_none(cluster: Cluster) -> None:
    cluster.ends = lambda pod: (0, "hello\n")
    cluster.kube.create("pods", "shop", {"metadata": {"name": "x"}})
    assert cluster.kube.logs("shop", "x", 40) == "hello\n"
    assert cluster.kube.logs("shop", "y", 40) == ""
    cluster.refuse[("get", "pods")] = 400  # "container is waiting to start"
    assert cluster.kube.logs("shop", "x", 40) == ""


def test_outside_of_a_cluster_every_call_says_so(tmp_path: Path) -> None:
    for kube in (in_cluster({}), in_cluster({"KUBERNETES_SERVICE_HOST": "10.96.0.1"}, tmp_path), Kube(None)):
        with pytest.raises(NoCluster, match="no cluster"):
            kube.get("secrets", "shop", "orders")


@pytest.mark.parametrize("host", ["10.96.0.1", "fd00::1"])
def test_inside_of_a_cluster_the_account_is_read_anew_for_each_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    cluster, made = Cluster(), dict[str, Any]()

    def pool(at: str, port: int, **more: Any) -> Cluster:
        made.update(at=at, port=port, **more)
        return cluster

    monkeypatch.setattr(urllib3, "HTTPSConnectionPool", pool)
    (tmp_path / "token").write_text("token-of-the-account\n")
    kube = in_cluster({"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": "6443"}, tmp_path)
    assert kube.get("secrets", "shop", "orders") is None
    assert (made["at"].strip("[]"), made["port"], made["ca_certs"]) == (host, 6443, str(tmp_path / "ca.crt"))
    (tmp_path / "token").write_text("another")
    with pytest.raises(AssertionError):  # the cluster of the tests looks at the token
        kube.get("secrets", "shop", "orders")
