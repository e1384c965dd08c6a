"""When a stack's aliases are made and led elsewhere: before its pods start, and before a sibling's workloads go."""

import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from config.project import parse
from model import names
from model.routing import following
from model.stack import Desired, Role, Spec, Stack
from tests.pure.workers.objects import PlayedObjects
from tests.pure.workers.stage import PlayedWorld
from tests.pure.workers.test_follow import FOUND, HOME, NAME, aliases, cluster, deployed, service, world
from workers.faults import UserFault
from workers.pipeline import aliases as room
from workers.pipeline import chart
from workers.pipeline.run import Run

if TYPE_CHECKING:
    from workers.lease import Held
    from workers.narrator import Narrator

__all__ = ["cluster", "world"]  # the fixtures

CONFIG = "services: {storefront: {hosts: [example.com]}, job: {port: 0}}\nbase: {namespace: shop}\n"
SIBLING = "acme-orders-2"
THERE = names.namespace(SIBLING)


def run_of(world: PlayedWorld, stack: Stack) -> Run:
    """A run that has read the config."""
    held, narrator = cast("Held", threading.Event()), cast("Narrator", SimpleNamespace())
    run = Run(world, stack, "1", held, narrator, Path(), project=parse(CONFIG), chosen=("storefront", "job"))
    run.namespace = HOME
    return run


def the_run(world: PlayedWorld, name: str = NAME) -> Run:
    stack = world.stacks.get(name)
    assert stack is not None
    return run_of(world, stack)


def test_before_the_first_service_is_there_names_lead_to_the_base(world: PlayedWorld, cluster: PlayedObjects) -> None:
    cluster.lose("Service", namespace=HOME)
    room.prepare(the_run(world), FOUND, Path(), Path())
    assert aliases(cluster) == {
        "orders": "orders.shop.svc.cluster.local",
        "storefront": f"storefront-f1.{HOME}.svc.cluster.local",  # which the deploy is about to make
    }


def test_a_name_that_the_deploy_brings_is_cleared_and_no_other(world: PlayedWorld, cluster: PlayedObjects) -> None:
    cluster.have(service("storefront-f1"))  # the base has one of just that name
    cluster.lose("Service", "storefront-f1", HOME)
    cluster.have({**service("storefront-f1", HOME), **alias("storefront-f1")})
    room.prepare(the_run(world), FOUND, Path(), Path())
    assert "storefront-f1" not in cluster.named("Service", HOME)
    assert "orders" in aliases(cluster)


def alias(name: str) -> dict[str, Any]:
    """As it stands."""
    labels = {"devstack.dev/alias": "true", "app.kubernetes.io/managed-by": "devstack", "devstack.dev/stack": NAME}
    metadata = {"name": name, "namespace": HOME, "labels": labels}
    return {"metadata": metadata, "spec": {"type": "ExternalName", "externalName": f"{name}.shop.svc.cluster.local"}}


def test_where_the_base_lives_must_be_known(world: PlayedWorld, cluster: PlayedObjects) -> None:
    room.prepare(the_run(world), replace(FOUND, base=""), Path(), Path())
    room.settle(the_run(world), replace(FOUND, namespace="shop"))
    assert cluster.writes == []


def test_siblings_are_led_back_to_the_base_before_a_version_goes(
    world: PlayedWorld, cluster: PlayedObjects, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(room.time, "sleep", waited.append)
    deployed(world, SIBLING, replace(FOUND, namespace=THERE, backends=()))
    cluster.have(service("orders-f1", THERE))
    room.settle(the_run(world), FOUND)
    assert aliases(cluster)["orders"] == f"orders-f1.{THERE}.svc.cluster.local"
    world.stacks.update_spec(SIBLING, lambda spec: replace(spec, desired=Desired.DOWN) if spec else None)
    room.hand_back(the_run(world, SIBLING))
    assert aliases(cluster)["orders"] == "orders.shop.svc.cluster.local"
    assert waited == [room.DNS_SECONDS]
    room.hand_back(the_run(world, SIBLING))
    assert waited == [room.DNS_SECONDS]  # nothing led there any more


def test_a_feature_in_the_bases_namespace_is_no_part_of_the_base(world: PlayedWorld, cluster: PlayedObjects) -> None:
    release = {"kind": "release", "name": "other-f2", "namespace": "shop"}
    deployed(world, "acme-other-3", replace(FOUND, label="f2", namespace="shop"))
    world.stacks.patch_status(
        "acme-other-3", lambda status: replace(status, receipts=(release, following.receipt(replace(FOUND, label="f2"))))
    )
    made = service("other-f2")
    made["metadata"]["annotations"] = {"meta.helm.sh/release-name": "other-f2"}
    cluster.have(made)
    room.settle(the_run(world), FOUND)
    assert aliases(cluster).keys() == {"orders", "storefront"}


def test_a_base_service_is_opted_in_by_the_repository_and_the_operator(world: PlayedWorld) -> None:
    base = Stack("acme-shop-base", Spec("acme/shop", 0, "a" * 40, "", role=Role.BASE))
    run = run_of(world, base)
    run.namespace = "shop"
    (plain,) = parse("services: {web: {hosts: [example.com]}}").services.values()
    (inside,) = parse("services: {web: {hosts: [example.com], inCluster: true}}").services.values()
    assert chart.in_cluster(run, plain) == {}
    with pytest.raises(UserFault, match="needs a Service in front of Traefik"):
        chart.in_cluster(run, inside)
    given = {
        "in_cluster_gateway": "traefik-{namespace}.infra.svc.cluster.local",
        "in_cluster_entrypoint": "in-{namespace}",
    }
    run.world.settings = run.world.settings.model_copy(update=given)
    assert chart.in_cluster(run, inside) == {
        "inCluster": True,
        "gateway": {
            "host": "traefik-shop.infra.svc.cluster.local",
            "entryPoints": {"80": "in-shop"},
            "clusterDomain": "cluster.local",
        },
    }
    assert chart.in_cluster(the_run(world), inside) == {}  # a feature has no name that anybody knows


def test_a_stack_of_no_services_has_no_aliases(world: PlayedWorld, cluster: PlayedObjects) -> None:
    assert aliases(cluster)
    room.withdraw(the_run(world))
    assert cluster.named("Service", HOME).keys() == {"storefront-f1"}


def test_a_record_of_another_bot_is_passed_over(world: PlayedWorld, cluster: PlayedObjects) -> None:
    assert following.of([{"kind": following.KIND, "name": "routes", "label": "f1"}]) is None
    assert following.of([{**following.receipt(FOUND), "more": 1}]) == FOUND
