"""Where a request's way through the services may begin, and which ways tell of a feature."""

from typing import Any

from model.marks import LABEL_INSIDE
from model.routing.hops import Hop, Lost
from model.routing.preview import AS_BASE, Preview
from model.stack import Phase, Service, Spec, Stack, Status
from workers.pipeline.chain import ENTRIES_MOST, Entry, Walk, concerning, entries, losses, members

GIVEN = (("uber-ctx-key", "f1"), ("baggage", "uber-ctx-key=f1"))


def route(namespace: str, *matches: str, **labels: str) -> dict[str, Any]:
    return {
        "metadata": {"name": "r", "namespace": namespace, "labels": labels},
        "spec": {"routes": [{"match": m} for m in matches]},
    }


BASE = [
    route("shop", "Host(`example.com`)", "Host(`example2.com`) && PathPrefix(`/api`)", "HostRegexp(`.+`)", "Host(`broken"),
    route("shop", "Host(`*.wild.com`)", "Host(`bad host\r\nX: y`)", "!Host(`not.com`)", "PathPrefix(`/x`)"),
    route("shop", "Host(`orders.shop`)", **{LABEL_INSIDE: "orders"}),
    route("elsewhere", "Host(`elsewhere.com`)"),
    {"metadata": {"name": "r", "namespace": "shop"}, "spec": {}},
]  # fmt: skip


def test_it_begins_at_the_features_previews_and_at_the_other_hosts_of_its_base() -> None:
    found = entries(BASE, "f1", "uber-ctx-key", ["example2.com", "example2.com"], AS_BASE)
    assert found == (Entry("f1.example2.com"), Entry("example.com", GIVEN))
    assert [each.preview for each in found] == [True, False]


def test_previews_are_where_the_operator_put_them() -> None:
    found = entries([], "feature1", "uber-ctx-key", ["a.example.com"], Preview(domains=("example.com",)))
    assert found == (Entry("feature1--a.example.com"),)


def test_there_are_never_many_and_the_features_own_come_first() -> None:
    many = [route("shop", *(f"Host(`h{number}.com`)" for number in range(50)))]
    found = entries(many, "f1", "uber-ctx-key", [f"h{number}.com" for number in range(3)], AS_BASE)
    assert len(found) == ENTRIES_MOST
    assert [each.preview for each in found] == [True] * 3 + [False] * 5


def stack(name: str, label: str, service: str, phase: Phase) -> Stack:
    found = Service(service, "", "", "", "ready", hosts=(f"{service}.com",))
    return Stack(name, Spec("acme/shop", 1, "", label), Status(phase=phase, services=(found,)))


def test_a_feature_is_all_of_its_live_stacks() -> None:
    stacks = [
        stack("a", "f1", "web", Phase.READY),
        stack("b", "f1", "api", Phase.READY),
        stack("c", "f1", "old", Phase.FAILED),
        stack("d", "f2", "other", Phase.READY),
    ]
    assert members(stacks, "f1") == ({"web", "api"}, ("web.com", "api.com"))
    assert members(stacks, "f1", also=("c",))[0] == {"web", "api", "old"}


def test_of_the_bases_ways_only_those_count_that_come_to_the_feature() -> None:
    own = Walk(Entry("f1.example2.com"), 200, Hop("orders", label="f1"))
    silent = Walk(Entry("f1.page.com"), 200)
    loses = Walk(Entry("example.com", GIVEN), 200, Hop("storefront", after=(Hop("orders"),)))
    unconcerned = Walk(Entry("other.com", GIVEN), 200, Hop("other", after=(Hop("prices"),)))
    telling = concerning([own, silent, loses, unconcerned], "f1", {"orders"})
    assert telling == [own, loses]
    assert losses([*telling, loses], "f1", {"orders"}) == (Lost("orders", ("storefront",)),)
