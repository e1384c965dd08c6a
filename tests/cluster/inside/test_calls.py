"""Calls from within the cluster, as programs make them: by the names that they know, over what they speak."""

import time
from collections.abc import Sequence

import pytest
import yaml

from model.routing.inside_needs import missing
from playground.cluster import addons
from playground.demo.stage import kubectl
from tests.cluster.inside import callers
from tests.cluster.inside.callers import Call
from tests.cluster.inside.ground import CALLER, HEADER, HOME, LABEL, MARKET, SHOP, Ground, gateway
from workers.follow import follow

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

WITH = {HEADER: LABEL}
NAMES = ["orders", f"orders.{SHOP}", f"orders.{SHOP}.svc", f"orders.{SHOP}.svc.cluster.local"]
BAGGAGE = {"baggage": f"session=4711, {HEADER}={LABEL};ttl=1"}
PROXY_SECONDS = 20.0


@pytest.fixture(scope="module", autouse=True)
def taken_up(inside: Ground) -> None:
    """Traefik has the feature's routes."""
    until(inside, SHOP, [Call("orders", WITH)], ["feature"])


def until(ground: Ground, namespace: str, calls: Sequence[Call], answers: Sequence[str]) -> None:
    """Wait until the calls are answered so."""
    deadline = time.monotonic() + PROXY_SECONDS
    while (found := callers.call(ground.playground, namespace, CALLER, *calls)) != list(answers):
        assert time.monotonic() < deadline, found
        time.sleep(0.5)


def answers(ground: Ground, namespace: str, *calls: Call) -> list[str]:
    return callers.call(ground.playground, namespace, CALLER, *calls)


def test_every_name_is_routed_by_the_header_in_both_forms(inside: Ground) -> None:
    for headers, who in (
        (WITH, "feature"),
        (BAGGAGE, "feature"),
        ({HEADER.upper(): LABEL}, "feature"),
        ({}, "shop"),
        ({HEADER: f"{LABEL}0"}, "shop"),
        ({HEADER: ""}, "shop"),
    ):
        assert answers(inside, SHOP, *(Call(name, headers) for name in NAMES)) == [who] * len(NAMES)


def test_the_same_short_name_in_two_bases(inside: Ground) -> None:
    calls = [Call("orders"), Call("orders", WITH), Call(f"orders.{SHOP}", WITH), Call(f"orders.{SHOP}")]
    assert answers(inside, MARKET, *calls) == ["market", "market", "feature", "shop"]
    calls = [Call("orders"), Call(f"orders.{MARKET}"), Call(f"orders.{MARKET}", WITH)]
    assert answers(inside, SHOP, *calls) == ["shop", "market", "market"]


def test_the_second_port_is_routed_too_and_speaks_grpcs_http2(inside: Ground) -> None:
    calls = [Call(name, headers, "h2c", 9000) for name in NAMES[:2] for headers in (WITH, BAGGAGE, {})]
    assert answers(inside, SHOP, *calls) == ["feature", "feature", "shop"] * 2


@pytest.mark.parametrize("way", ["websocket", "events"])
def test_long_connections(inside: Ground, way: str) -> None:
    assert answers(inside, SHOP, Call("orders", WITH, way), Call("orders", {}, way)) == ["feature", "shop"]


def test_short_names_mean_the_same_in_the_stacks_own_namespace(inside: Ground) -> None:
    """No header, no configuration: what the stack has is its own, over any protocol; all else is the base's."""
    calls = [
        Call("orders"),
        Call("orders", way="tcp", port=7000),
        Call("orders", way="h2c", port=9000),
        Call("payments"),
        Call("vault", way="tcp", port=7000),
        Call("safes", way="tcp", port=7000),
        Call("orders-base"),
    ]
    own, base = ["feature"] * 3, ["shop payments", "shop vault", "shop vault", "shop"]
    assert answers(inside, HOME, *calls) == [*own, *base]


def test_the_stacks_namespace_can_be_named_from_anywhere(inside: Ground) -> None:
    calls = [Call(f"orders.{HOME}"), Call(f"payments.{HOME}.svc.cluster.local"), Call(f"vault.{HOME}", {}, "tcp", 7000)]
    assert answers(inside, SHOP, *calls) == ["feature", "shop payments", "shop vault"]
    assert answers(inside, HOME, Call(f"orders.{SHOP}", WITH), Call(f"orders.{SHOP}")) == ["feature", "shop"]


def test_nothing_from_outside_reaches_an_in_cluster_name(inside: Ground) -> None:
    outside = f"traefik.{addons.NAMESPACE}"
    assert answers(inside, SHOP, Call(outside, {"Host": "orders"})) == ["status 404"]


def test_a_doctor_finds_nothing_missing(inside: Ground) -> None:
    found = kubectl(inside.playground, "get", "deployment", "traefik", "-n", addons.NAMESPACE, "-o", "yaml")
    (container,) = yaml.safe_load(found)["spec"]["template"]["spec"]["containers"]
    needs = missing(container["args"], inside.listed("services"), inside.listed("ingressroutes"))
    ours = (SHOP, MARKET, "traefik-inside", "traefik-market")
    assert [each for each in needs if any(name in f"{each.object} {each.problem}" for name in ours)] == []


def test_a_running_service_can_be_opted_in(inside: Ground) -> None:
    """Last, since it changes the ground: the name that had an address becomes another name of Traefik."""
    on = {"inCluster": True, "gateway": gateway("traefik-inside")}
    inside.release("payments", SHOP, "payments", "shop payments", **on)
    until(inside, SHOP, [Call("payments"), Call(f"payments.{SHOP}")], ["shop payments"] * 2)
    follow(inside.world)
    until(inside, HOME, [Call("payments"), Call(f"payments.{SHOP}")], ["shop payments"] * 2)
    aliases = kubectl(inside.playground, "get", "service", "payments", "-n", HOME, "-o", "jsonpath={.spec.externalName}")
    assert aliases == f"payments-base.{SHOP}.svc.cluster.local"
