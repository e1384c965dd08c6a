"""Of two repositories whose services are called by one in-cluster name, one has it under a label."""

from dataclasses import fields, replace
from typing import Any

import pytest

from model import names
from model.marks import LABEL_INSIDE, LABEL_SERVICE
from model.routing import following, inside
from model.routing.following import Following
from model.routing.reissue import Backend
from model.stack import Claim, Phase
from tests.pure.workers import plays
from tests.pure.workers.kubernetes import schema
from tests.pure.workers.objects import PlayedObjects
from tests.pure.workers.stage import Stage
from workers import reconcile
from workers.faults import UserFault
from workers.pipeline import plans, routing
from workers.pipeline.run import Run
from workers.pipeline.steps import Step

CONFIG = "services: {orders: {inCluster: true}}\ndeploy: command\n"


def inside_route(namespace: str, service: str = "orders") -> dict[str, Any]:
    """As the base's chart makes it."""
    labels = {LABEL_INSIDE: "true", LABEL_SERVICE: service}
    rule = {"kind": "Rule", "match": f"Host(`{service}`)", "services": [{"name": f"{service}-base", "port": 80}]}
    return {
        "apiVersion": "traefik.io/v1alpha1",
        "kind": "IngressRoute",
        "metadata": {"name": f"{service}-inside-80", "namespace": namespace, "labels": labels},
        "spec": {"entryPoints": ["inside"], "routes": [rule]},
    }


def base(stage: Stage, *namespaces: str) -> None:
    """Bases whose `orders` is called by its name through the proxy."""
    cluster = PlayedObjects()
    cluster.have(*map(inside_route, namespaces))
    stage.cluster = cluster
    stage.world.cluster._api.rest_client.pool_manager = cluster
    stage.world.settings = stage.world.settings.model_copy(
        update={"traefik_api_group": "traefik.io", "traefik_syntax": "v3"}
    )


def route(run: Run) -> None:
    """What the routes were made with goes on record, as after a deploy."""
    there = routing.base_routes(run)
    home = routing.base_namespace(run, there)
    backends = tuple(
        Backend(name, (), name, "ns", 80, inside=inside.of_service(there, name, home)) for name in run.chosen
    )
    found = Following(run.stack.spec.label, "uber-ctx-key", "ns", "rev", home, backends)
    run.record(lambda status: replace(status, receipts=following.replaced(status.receipts, found)))


@pytest.fixture(autouse=True)
def routed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "UP", (*plays.UP, Step("Deploying", Phase.DEPLOYING, route)))


def deployed(stage: Stage, repo: str, config: str = CONFIG) -> tuple[str, int]:
    pull = stage.repository(repo, config), stage.pull(repo)
    stage.say(*pull, "/devstack deploy --label feature1")
    stage.work()
    return pull


def phases(stage: Stage, *pulls: tuple[str, int]) -> list[Phase]:
    return [stage.stack(*each).status.phase for each in pulls]


def test_the_second_is_refused_with_both_named_and_comes_up_when_the_first_went(stage: Stage) -> None:
    base(stage, "shop")
    first, second = deployed(stage, "acme/orders"), deployed(stage, "acme/sales")
    assert phases(stage, first, second) == [Phase.READY, Phase.FAILED]
    said = stage.comment(*second).replace("\u200b", "")
    assert f"acme/orders#{first[1]} already holds `orders` under the label `feature1`" in said
    assert f"acme/sales#{second[1]} cannot have it under the same label, so nothing of it was built" in said
    stage.act("close", repo=first[0], number=first[1], by="ada")
    stage.told(*first, "closed")
    stage.world.queue.clear()
    reconcile.sweep(stage.world)
    assert names.stack(*second) not in [name for name, _ in stage.world.queue], "not before the first is gone"
    stage.work()
    reconcile.sweep(stage.world)
    stage.work()
    assert phases(stage, second) == [Phase.READY]


def test_before_the_first_deploy_is_done_the_name_is_held_already(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    base(stage, "shop")

    def broken(run: Run) -> None:
        raise UserFault("Broken", "It does not start.")

    with monkeypatch.context() as patched:
        patched.setattr(plans, "UP", (*plays.UP[:2], Step("Deploying", Phase.DEPLOYING, broken)))
        first = deployed(stage, "acme/orders")
    second = deployed(stage, "acme/sales")
    assert stage.stack(*first).status.receipts == ()
    assert f"acme/orders#{first[1]} already holds `orders`" in stage.comment(*second).replace("\u200b", "")


@pytest.mark.parametrize("name", ["api", "orders"])
def test_another_service_or_another_base_is_no_reason_to_refuse(stage: Stage, name: str) -> None:
    """Two bases that have the same short name have an entry point each."""
    base(stage, "shop", "market")
    first = deployed(stage, "acme/orders", f"{CONFIG}base: {{namespace: shop}}\n")
    second = deployed(stage, "acme/sales", f"{CONFIG.replace('orders', name)}base: {{namespace: market}}\n")
    assert phases(stage, first, second) == [Phase.READY, Phase.READY]


@pytest.mark.parametrize("part", ["claim", "blocked"])
def test_the_cluster_keeps_all_of_a_claim(part: str) -> None:
    """Of an object that its definition describes, Kubernetes drops what is not described."""
    stated: Any = schema().schema
    kept = stated["properties"]["status"]["properties"][part]["properties"]
    assert set(kept) == {each.name for each in fields(Claim)}


def test_what_nobody_calls_by_its_name_may_share_it(stage: Stage) -> None:
    base(stage)
    assert phases(stage, deployed(stage, "acme/orders"), deployed(stage, "acme/sales")) == [Phase.READY, Phase.READY]
