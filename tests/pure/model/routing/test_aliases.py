"""Which names are aliased in a stack's namespace, and where each leads."""

from typing import Any

from model.marks import LABEL_INSIDE, LABEL_SERVICE, NOTE_BEHIND
from model.routing.aliases import derive, is_alias


def service(name: str, namespace: str = "shop", marked: str = "", **more: Any) -> dict[str, Any]:
    labels = {LABEL_SERVICE: marked} if marked else {}
    return {"metadata": {"name": name, "namespace": namespace, "labels": labels, **more}, "spec": {}}


def leads(base: list[dict[str, Any]], own: list[dict[str, Any]] = [], *siblings: list[dict[str, Any]]) -> dict[str, str]:  # noqa: B006
    made = derive(base, stack="s", label="f1", namespace="stack", own=own, siblings=siblings)
    assert all(is_alias(each) and each["metadata"]["namespace"] == "stack" for each in made)
    return {each["metadata"]["name"]: each["spec"]["externalName"] for each in made}


def test_what_the_stack_does_not_have_is_the_bases() -> None:
    assert leads([service("orders"), service("postgres")]) == {
        "orders": "orders.shop.svc.cluster.local",
        "postgres": "postgres.shop.svc.cluster.local",
    }


def test_a_service_of_the_stack_is_found_under_the_bases_name() -> None:
    assert leads([service("orders")], [service("orders-f1", "stack")])["orders"] == "orders-f1.stack.svc.cluster.local"
    assert leads([service("orders")], [service("f1-orders", "stack")])["orders"] == "f1-orders.stack.svc.cluster.local"


def test_a_service_that_a_chart_made_is_never_touched() -> None:
    assert leads([service("orders"), service("redis")], [service("orders", "stack")]) == {
        "redis": "redis.shop.svc.cluster.local"
    }


def test_a_siblings_version_goes_before_the_bases_and_after_the_stacks_own() -> None:
    sibling = [service("orders-f1", "other"), service("audit-f1", "other")]
    found = leads([service("orders"), service("audit"), service("web")], [service("audit-f1", "stack")], sibling)
    assert found == {
        "orders": "orders-f1.other.svc.cluster.local",
        "audit": "audit-f1.stack.svc.cluster.local",
        "web": "web.shop.svc.cluster.local",
    }


def test_charts_that_name_things_otherwise_are_known_by_the_mark() -> None:
    assert leads([service("orders", marked="orders")], [service("x", "stack", "orders")])["orders"].startswith("x.stack.")
    assert leads([service("shop-orders", marked="orders")], [service("x", "stack", "orders")])["shop-orders"].startswith(
        "x.stack."
    )


def test_a_mark_that_two_have_tells_nothing() -> None:
    base = [service("orders", marked="orders"), service("orders-grpc", marked="orders")]
    own = [service("x", "stack", "orders"), service("y", "stack", "orders")]
    assert leads(base, own)["orders"] == "orders.shop.svc.cluster.local"
    assert leads(base, [own[0]]) == {
        "orders": "x.stack.svc.cluster.local",
        "orders-grpc": "orders-grpc.shop.svc.cluster.local",
    }


def test_a_name_that_leads_to_the_proxy_is_not_gone_through() -> None:
    known = service("orders", marked="orders", annotations={NOTE_BEHIND: "orders-base"})
    known["metadata"]["labels"][LABEL_INSIDE] = "true"
    base = [known, service("orders-base", marked="orders")]
    assert leads(base) == {
        "orders": "orders-base.shop.svc.cluster.local",
        "orders-base": "orders-base.shop.svc.cluster.local",
    }
    assert leads(base, [service("orders-f1", "stack", "orders")]) == {
        "orders": "orders-f1.stack.svc.cluster.local",
        "orders-base": "orders-base.shop.svc.cluster.local",
    }
