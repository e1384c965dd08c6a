"""A stack's routes and aliases follow its base; what it cannot follow it says, and nothing is written without need."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog.testing

from config.settings import Settings
from model import names
from model.marks import LABEL_INSIDE, LABEL_LABEL, LABEL_SERVICE
from model.routing import following
from model.routing.following import Following
from model.routing.reissue import Backend
from model.stack import Desired, Phase, RunState, Spec, Status
from tests.pure.workers.kubernetes import KUBECONFIG
from tests.pure.workers.objects import PlayedObjects, labels_of
from tests.pure.workers.remembering import PlayedRedis
from tests.pure.workers.stage import PlayedWorld
from workers import comment, conditions
from workers.cluster.client import Cluster
from workers.follow import follow

NAME = "acme-shop-1"
HOME = names.namespace(NAME)
STOREFRONT = Backend("storefront", ("example.com",), "storefront-f1", HOME, 80)
FOUND = Following("f1", "uber-ctx-key", HOME, "rev", "shop", (STOREFRONT,), ("example.com",))


def route(name: str, match: str, service: str, **labels: str) -> dict[str, Any]:
    rule = {"match": match, "kind": "Rule", "services": [{"name": service, "port": 80}]}
    metadata = {"name": name, "namespace": "shop", "labels": labels}
    return {
        "apiVersion": "traefik.io/v1alpha1",
        "kind": "IngressRoute",
        "metadata": metadata,
        "spec": {"entryPoints": ["web"], "routes": [rule]},
    }


def service(name: str, namespace: str = "shop", **labels: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": [{"port": 80}]}}


@pytest.fixture
def cluster() -> PlayedObjects:
    made = PlayedObjects()
    made.have(
        {"kind": "Namespace", "metadata": {"name": "shop"}},
        {"kind": "Namespace", "metadata": {"name": HOME}},
        service("kubernetes", "default"),
        service("storefront"),
        service("orders"),
        service("storefront-f1", HOME),
        route("storefront", "Host(`example.com`)", "storefront"),
    )
    return made


@pytest.fixture
def world(tmp_path: Path, cluster: PlayedObjects, monkeypatch: pytest.MonkeyPatch) -> Iterator[PlayedWorld]:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(KUBECONFIG)
    made = PlayedWorld(
        Settings(kubeconfig=str(kubeconfig), work_dir=tmp_path, traefik_api_group="traefik.io", traefik_syntax="v3"),
        cluster,
        PlayedRedis(),
    )
    played = Cluster(made.settings)
    played._api.rest_client.pool_manager = cluster
    made.cluster = played
    # GitHub is the edge here: what a comment would say is asked of the Stack itself.
    monkeypatch.setattr(comment, "refresh", lambda *_, **__: True)
    deployed(made)
    follow(made)
    cluster.writes.clear()
    return made


def deployed(world: PlayedWorld, name: str = NAME, found: Following = FOUND, **spec: Any) -> None:
    world.stacks.create(name, Spec("acme/shop", 1, "a" * 40, found.label, **spec))
    status = Status(phase=Phase.READY, observed_generation=1, receipts=(following.receipt(found),))
    world.stacks.patch_status(name, lambda _: status)


def rules(cluster: PlayedObjects, side: str = "header") -> list[tuple[str, str]]:
    """Match and target of each rule of a side."""
    there = cluster.named("IngressRoute", HOME).values()
    ours = [rule for each in there if labels_of(each).get("devstack.dev/side") for rule in each["spec"]["routes"]]
    asked = [rule for rule in ours if rule["match"].startswith("(Header(") == (side == "header")]
    return sorted((rule["match"], rule["services"][0]["name"]) for rule in asked)


def aliases(cluster: PlayedObjects) -> dict[str, str]:
    """Where the aliases lead."""
    there = cluster.named("Service", HOME).values()
    return {each["metadata"]["name"]: each["spec"]["externalName"] for each in there if "externalName" in each["spec"]}


def said(world: PlayedWorld) -> tuple[str, ...]:
    """What the comment would say besides the rest."""
    stack = world.stacks.get(NAME)
    assert stack is not None
    return comment.view_of(world, stack).notes


def follows(world: PlayedWorld) -> tuple[str, str]:
    """Answer and message of the condition."""
    stack = world.stacks.get(NAME)
    assert stack is not None
    found = conditions.last(stack.status.conditions, conditions.FOLLOWS)
    assert found is not None
    return found["status"], found["message"]


def test_nothing_is_written_and_little_is_asked_where_nothing_changed(world: PlayedWorld, cluster: PlayedObjects) -> None:
    for number in range(2, 102):
        name, home = f"acme-shop-{number}", names.namespace(f"acme-shop-{number}")
        backend = replace(STOREFRONT, namespace=home, name=f"storefront-f{number}")
        deployed(world, name, replace(FOUND, label=f"f{number}", namespace=home, backends=(backend,)))
    follow(world)
    cluster.writes.clear()
    cluster.requests.clear()
    world.followed = ""
    follow(world)
    assert cluster.writes == []
    assert len(cluster.requests) <= 7  # one list of each kind, whatever number of stacks there is
    follow(world)
    assert cluster.writes == []


def test_a_new_rule_of_the_base_is_followed(world: PlayedWorld, cluster: PlayedObjects) -> None:
    cluster.have(route("api", "Host(`example.com`) && PathPrefix(`/api`)", "orders"))
    follow(world)
    for side in ("header", "preview"):
        assert {target for match, target in rules(cluster, side) if "/api" in match} == {"orders"}
    cluster.lose("IngressRoute", "api")
    follow(world)
    assert [target for _, target in rules(cluster)] == ["storefront-f1"]
    assert follows(world) == ("True", "")


def test_what_somebody_changed_or_took_away_comes_back(world: PlayedWorld, cluster: PlayedObjects) -> None:
    before = {kind: cluster.named(kind, HOME) for kind in ("IngressRoute", "Middleware")}
    (name, found), *_ = before["IngressRoute"].items()
    found["spec"]["routes"][0]["match"] = "Host(`example.com`)"
    cluster.have(found)
    cluster.lose("Middleware", namespace=HOME)
    follow(world)
    assert "uber-ctx-key" in cluster.named("IngressRoute", HOME)[name]["spec"]["routes"][0]["match"] or "preview" in name
    assert cluster.named("Middleware", HOME).keys() == before["Middleware"].keys()


def test_a_base_without_a_route_says_so_and_the_feature_stays(world: PlayedWorld, cluster: PlayedObjects) -> None:
    cluster.lose("IngressRoute", "storefront")
    follow(world)
    assert any("The base is gone from `example.com`" in each for each in said(world))
    assert follows(world)[0] == "False"
    assert [target for _, target in rules(cluster)] == ["storefront-f1"]
    cluster.have(route("storefront", "Host(`example.com`)", "storefront"))
    follow(world)
    assert said(world) == ()
    assert follows(world) == ("True", "")


def test_a_host_that_the_base_never_had_is_named_until_it_has_it(world: PlayedWorld, cluster: PlayedObjects) -> None:
    new = replace(STOREFRONT, hosts=("example.com", "new.example.com"))
    world.stacks.patch_status(
        NAME, lambda status: replace(status, receipts=(following.receipt(replace(FOUND, backends=(new,))),))
    )
    follow(world)
    assert [each for each in said(world) if "`new.example.com`" in each and "no route" in each] == list(said(world)) != []
    assert follows(world) == ("True", ""), "nothing of the base has changed"
    cluster.have(route("new", "Host(`new.example.com`)", "storefront"))
    follow(world)
    assert said(world) == ()


def test_a_base_service_that_is_gone_is_named(world: PlayedWorld, cluster: PlayedObjects) -> None:
    cluster.lose("Service", "storefront", "shop")
    follow(world)
    assert any("Service `shop/storefront` is gone" in each for each in said(world))


def test_a_base_namespace_that_is_gone_is_named(world: PlayedWorld, cluster: PlayedObjects) -> None:
    for kind in ("Service", "IngressRoute"):
        cluster.lose(kind, namespace="shop")
    cluster.lose("Namespace", "shop")
    follow(world)
    assert said(world) == (
        "The base is gone: there is no namespace `shop` any more. Only what this feature has is left.",
    )
    assert aliases(cluster) == {}


def test_a_host_whose_routes_can_no_longer_be_had_is_left_to_the_base(world: PlayedWorld, cluster: PlayedObjects) -> None:
    other = replace(STOREFRONT, service="orders", hosts=("example2.com",), name="orders-f1")
    cluster.have(route("orders", "Host(`example2.com`)", "orders"))
    world.stacks.patch_status(
        NAME,
        lambda status: replace(status, receipts=(following.receipt(replace(FOUND, backends=(STOREFRONT, other))),)),
    )
    follow(world)
    assert {target for _, target in rules(cluster)} == {"storefront-f1", "orders-f1"}
    cluster.have(route("stranger", "Host(`f1.example.com`)", "stranger"))
    follow(world)
    assert [target for _, target in rules(cluster)] == ["orders-f1"]
    assert [target for _, target in rules(cluster, "preview")] == ["orders-f1"]
    assert any("`f1.example.com`" in each and "`shop/stranger`" in each for each in said(world))


@pytest.mark.parametrize("place", [{}, {"entryPoints": ["internal"], "ingressClassName": "other"}])
@pytest.mark.parametrize("match", ["PathPrefix(`/x`", "HostRegexp(`(a`)", "Host(`other.example.com`) & (", ""])
def test_a_strangers_text_that_is_no_rule_takes_no_routes_away(
    world: PlayedWorld, cluster: PlayedObjects, match: str, place: dict[str, Any]
) -> None:
    before = cluster.named("IngressRoute", HOME)
    typo = route("typo", match, "x")
    typo["metadata"]["namespace"] = "other-team"
    typo["spec"] |= place
    cluster.have(typo)
    follow(world)
    assert cluster.named("IngressRoute", HOME) == before != {}
    assert cluster.writes == []
    assert said(world) == ()


@pytest.mark.parametrize("match", ["Host(`example.com`) & x", r"HostRegexp(`^\p{Letter}+\.com$`) && Path(`/api`)"])
def test_what_cannot_be_read_is_told_and_takes_no_routes_away(
    world: PlayedWorld, cluster: PlayedObjects, match: str
) -> None:
    before = rules(cluster)
    cluster.have(route("typo", match, "x"))
    follow(world)
    assert rules(cluster) == before != []
    assert {target for _, target in rules(cluster, "preview")} == {"storefront-f1"}
    (told,) = said(world)
    assert "routes of this feature for `example.com` stay" in told
    assert "`shop/typo`" in told
    assert follows(world)[0] == "False"
    cluster.have(route("stranger", "Host(`f1.example.com`)", "stranger"))
    follow(world)
    assert rules(cluster) == [], "a conflict that can be read counts beside it"
    cluster.lose("IngressRoute", "stranger")
    cluster.lose("IngressRoute", "typo")
    follow(world)
    assert rules(cluster) == before
    assert said(world) == ()


def test_a_rule_of_thousands_of_alternatives_is_followed(world: PlayedWorld, cluster: PlayedObjects) -> None:
    paths = " || ".join(f"Path(`/p{number}`)" for number in range(3000))
    cluster.have(route("legacy", paths, "legacy"), route("api", "Host(`example.com`) && PathPrefix(`/api`)", "orders"))
    follow(world)
    assert {target for _, target in rules(cluster)} == {"storefront-f1", "legacy", "orders"}


def test_a_stack_that_we_cannot_cope_with_is_logged_once_and_keeps_no_other_from_following(
    world: PlayedWorld, cluster: PlayedObjects
) -> None:
    deployed(world, "acme-shop-0", replace(FOUND, header="baggage"))  # no header of ours: nothing can be derived
    cluster.have(route("api", "Host(`example.com`) && PathPrefix(`/api`)", "orders"))
    with structlog.testing.capture_logs() as logs:
        follow(world)
    assert "orders" in {target for _, target in rules(cluster)}
    assert [each["stack"] for each in logs if each["log_level"] == "error"] == ["acme-shop-0"]
    assert all(each.get("exc_info") for each in logs if each["log_level"] == "error")
    follow(world)  # what that look itself has written
    cluster.writes.clear()
    with structlog.testing.capture_logs() as logs:
        follow(world)
    assert logs == []
    assert cluster.writes == []


def test_in_cluster_routes_are_followed_when_the_base_begins_with_them(
    world: PlayedWorld, cluster: PlayedObjects
) -> None:
    known = route("storefront-inside-80", "Host(`storefront`)", "storefront-base", **{LABEL_SERVICE: "storefront"})
    known["metadata"]["labels"][LABEL_INSIDE] = "true"
    cluster.have(known, service("storefront-base"))
    follow(world)
    assert any("Host(`storefront`)" in match and target == "storefront-f1" for match, target in rules(cluster))


def test_aliases_follow_the_base(world: PlayedWorld, cluster: PlayedObjects) -> None:
    assert aliases(cluster) == {
        "storefront": f"storefront-f1.{HOME}.svc.cluster.local",
        "orders": "orders.shop.svc.cluster.local",
    }
    cluster.have(service("payments"), service("of-a-feature", **{LABEL_LABEL: "f2"}))
    cluster.lose("Service", "orders", "shop")
    follow(world)
    assert aliases(cluster).keys() == {"storefront", "payments"}


def test_a_service_that_a_chart_made_stays(world: PlayedWorld, cluster: PlayedObjects) -> None:
    cluster.lose("Service", "orders", HOME)
    cluster.have(service("orders", HOME))
    follow(world)
    assert aliases(cluster).keys() == {"storefront"}
    assert cluster.writes == []


def test_an_alias_that_was_bent_is_led_back(world: PlayedWorld, cluster: PlayedObjects) -> None:
    found = cluster.named("Service", HOME)["orders"]
    cluster.have({**found, "spec": {**found["spec"], "externalName": "evil.example.com"}})
    follow(world)
    assert aliases(cluster)["orders"] == "orders.shop.svc.cluster.local"


def test_the_version_of_a_sibling_goes_before_the_bases_as_long_as_it_stays(
    world: PlayedWorld, cluster: PlayedObjects
) -> None:
    there = names.namespace("acme-orders-2")
    deployed(world, "acme-orders-2", replace(FOUND, namespace=there, backends=()))
    cluster.have(service("orders-f1", there))
    follow(world)
    assert aliases(cluster)["orders"] == f"orders-f1.{there}.svc.cluster.local"
    world.stacks.update_spec("acme-orders-2", lambda spec: replace(spec, desired=Desired.DOWN) if spec else None)
    follow(world)
    assert aliases(cluster)["orders"] == "orders.shop.svc.cluster.local"


def test_a_stack_whose_run_is_at_it_is_left_alone_until_the_run_has_ended(
    world: PlayedWorld, cluster: PlayedObjects
) -> None:
    now = datetime.now(UTC)
    world.stacks.patch_status(NAME, lambda status: replace(status, run=RunState("r", "other/r", 1, now, now)))
    cluster.have(route("api", "Host(`example.com`) && PathPrefix(`/api`)", "orders"))
    follow(world)
    assert len(rules(cluster)) == 1
    old = now - timedelta(minutes=5)
    world.stacks.patch_status(NAME, lambda status: replace(status, run=RunState("r", "other/r", 1, old, old)))
    follow(world)
    assert len(rules(cluster)) == 2


@pytest.mark.parametrize("gone", [{"desired": Desired.DOWN}])
def test_a_stack_on_its_way_out_gets_nothing_new(
    world: PlayedWorld, cluster: PlayedObjects, gone: dict[str, Any]
) -> None:
    world.stacks.update_spec(NAME, lambda spec: replace(spec, **gone) if spec else None)
    cluster.have(route("api", "Host(`example.com`) && PathPrefix(`/api`)", "orders"), service("payments"))
    follow(world)
    assert cluster.writes == []


def test_a_wish_that_came_while_it_followed_is_taken_up(world: PlayedWorld, cluster: PlayedObjects) -> None:
    world.stacks.update_spec(NAME, lambda spec: replace(spec, sha="b" * 40) if spec else None)
    cluster.have(route("api", "Host(`example.com`) && PathPrefix(`/api`)", "orders"))
    follow(world)
    assert [name for name, _ in world.queue] == [NAME]
