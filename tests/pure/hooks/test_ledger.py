"""The record, the Secret, and the patience with which both are written."""

import json
import threading
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks import together
from hooks.contract import Problem, Receipt, Scope, Unreachable
from hooks.kube import Kube
from hooks.ledger import Ledger
from hooks.results import Stopped
from hooks.retry import patiently
from hooks.rollout import HASH, refers, roll
from hooks.vault import Vault, merged
from hooks.world import World
from tests.pure.hooks.cluster import Cluster

SCOPE = Scope("acme-shop-7", "feature1", "orders", "orders-feature1", "shop")
WHERE = ("configmaps", "shop", "orders-feature1-ledger")


class Clock:
    """Time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def world_of(kube: Kube, deadline: float = 60.0, clock: Clock | None = None) -> World:
    clock = clock or Clock()
    return World({}, kube, deadline=deadline, settings={}, clock=lambda: clock.now, sleep=clock.sleep)


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


def receipt(name: str, **more: Any) -> Receipt:
    return Receipt("sqs", name, "orders", "aws", **more)


def opened(cluster: Cluster) -> Ledger:
    ledger = Ledger(world_of(cluster.kube), SCOPE)
    ledger.load()
    ledger.open()
    return ledger


def test_what_is_put_is_there_for_the_next_run(cluster: Cluster) -> None:
    opened(cluster).put(receipt("a", state="ready", id="arn"), receipt("b"))
    again = opened(cluster)
    assert again.get(("sqs", "aws", "a")) == receipt("a", state="ready", id="arn")
    again.drop(receipt("a"))
    assert [each.name for each in opened(cluster).all()] == ["b"]


def test_several_receipts_are_one_request(cluster: Cluster) -> None:
    ledger = opened(cluster)
    before = cluster.writes
    ledger.put(*(receipt(str(number)) for number in range(9)))
    assert cluster.writes == before + 1


def test_what_somebody_else_wrote_meanwhile_is_kept(cluster: Cluster) -> None:
    ledger, other = opened(cluster), opened(cluster)
    other.put(receipt("theirs"))
    ledger.put(receipt("ours"))
    assert {each.name for each in opened(cluster).all()} == {"theirs", "ours"}


def test_threads_do_not_lose_each_others_receipts(cluster: Cluster) -> None:
    ledger = opened(cluster)
    threads = [threading.Thread(target=ledger.put, args=(receipt(str(number)),)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened(cluster).all()) == 12


def test_without_a_ledger_all_is_in_memory_and_nothing_is_written(cluster: Cluster) -> None:
    ledger = Ledger(world_of(cluster.kube), SCOPE)
    ledger.load()
    ledger.learn([receipt("a", id="first")])
    ledger.learn([receipt("a", id="second")])
    ledger.put(receipt("b"))
    ledger.drop(receipt("b"))
    ledger.finish(keep=True)
    assert [each.id for each in ledger.all()] == ["first"]
    assert cluster.writes == 0


def test_somebody_who_keeps_changing_it_is_told_of(cluster: Cluster) -> None:
    ledger = opened(cluster)
    cluster.refuse[("patch", "configmaps")] = 409
    with pytest.raises(Problem, match="somebody else keeps changing the ledger"):
        ledger.put(receipt("a"))


def test_it_tells_whose_it_is_and_owns_what_the_hook_makes(cluster: Cluster) -> None:
    world = world_of(cluster.kube)
    ledger = Ledger(world, SCOPE)
    ledger.open()
    meta = cluster.objects[WHERE]["metadata"]
    assert json.loads(meta["annotations"]["devstack.dev/scope"])["label"] == "feature1"
    assert world.owner == {"apiVersion": "v1", "kind": "ConfigMap", "name": ledger.name, "uid": meta["uid"]}


def test_labels_are_ones_that_kubernetes_takes() -> None:
    scope = Scope("n" * 60 + "-" + "r" * 53, "feature1", "orders", "r", "n")
    assert all(len(value) <= 63 for value in scope.labels.values())
    assert scope.marks["devstack.dev/stack"] != scope.labels["devstack.dev/stack"]


def test_waits_grow_and_vary_and_end_before_the_deadline() -> None:
    clock = Clock()
    world = world_of(Kube(None), 60.0, clock)

    def act() -> None:
        raise Unreachable("the broker")

    with pytest.raises(Unreachable):
        patiently(world, act)
    assert 50 < clock.now <= 60
    assert len(set(clock.slept)) == len(clock.slept) > 5
    assert max(clock.slept[:2]) <= 1.0
    assert max(clock.slept) <= 8.0
    with pytest.raises(Unreachable):
        patiently(world_of(Kube(None), 600.0, again := Clock()), act, most=10.0)
    assert again.now <= 10


def test_anything_else_goes_through_at_once_and_so_does_an_end_by_signal() -> None:
    world, calls = world_of(Kube(None)), list[int]()

    def act() -> None:
        calls.append(1)
        raise Problem("no")

    with pytest.raises(Problem):
        patiently(world, act)
    world.stop.set()

    def silent() -> None:
        calls.append(1)
        raise Unreachable("x")

    with pytest.raises(Unreachable):
        patiently(world, silent)
    assert len(calls) == 2


def test_side_by_side_but_only_so_many_and_none_after_the_stop() -> None:
    world = world_of(Kube(None))
    running, most, lock = 0, 0, threading.Lock()
    gate = threading.Barrier(2, timeout=5)

    def act() -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        gate.wait()
        with lock:
            running -= 1
        return 1

    assert set(together.each(world, dict.fromkeys(range(4), act), 2).values()) == {1}
    assert most == 2
    world.stop.set()
    assert all(isinstance(each, Stopped) for each in together.each(world, {1: act, 2: act}, 2).values())
    assert together.each(world, {}, 2) == {}


def test_what_hangs_is_given_up() -> None:
    clock, release = Clock(), threading.Event()
    world = world_of(Kube(None), 1.0, clock)

    def hang() -> None:
        clock.now = 100.0
        release.wait(10)

    found = together.each(world, {"x": hang}, 1)
    release.set()
    assert "the time of the run was up" in str(found["x"])


def test_after_a_signal_what_is_in_the_midst_of_something_gets_a_moment_and_no_more() -> None:
    world = World({}, Kube(None), deadline=time.monotonic() + 60, settings={})
    release, began = threading.Event(), time.monotonic()

    def hang() -> None:
        world.stop.set()
        release.wait(20)

    found = together.each(world, {"hangs": hang, "waits": lambda: None}, 1)
    release.set()
    assert time.monotonic() - began < 3.5
    assert str(found["hangs"]) == str(found["waits"]) == "it was not finished, for the run was told to stop"


def vault_of(cluster: Cluster) -> Vault:
    vault = Vault(world_of(cluster.kube), SCOPE)
    vault.load()
    return vault


def test_the_secret_gets_only_what_changed(cluster: Cluster) -> None:
    vault_of(cluster).write({"A": "1", "B": "2", "C": "ä"})
    vault = vault_of(cluster)
    assert vault.values == {"A": "1", "B": "2", "C": "ä"}
    vault.write({"A": "1", "B": "3"})
    assert cluster.values("shop", vault.name) == {"A": "1", "B": "3"}
    assert cluster.bodies[-1]["data"].keys() == {"B", "C"}


def test_the_hash_tells_of_changes_and_of_nothing_else(cluster: Cluster) -> None:
    vault = vault_of(cluster)
    first = vault.hash_of({"A": "on"})
    vault.write({"A": "on"})
    assert vault_of(cluster).hash_of({"A": "on"}) == first != vault_of(cluster).hash_of({"A": "off"})
    assert vault_of(Cluster()).hash_of({"A": "on"}) != first  # nobody can try the few values that there are


def test_a_secret_whose_making_was_answered_too_late_is_taken_as_made(cluster: Cluster) -> None:
    vault = vault_of(cluster)
    cluster.put("secrets", "shop", vault.name, {"metadata": {"labels": SCOPE.labels}, "data": {}})
    vault.write({"A": "1"})
    assert cluster.values("shop", vault.name) == {"A": "1"}


names = st.sampled_from("abcde")
values = st.dictionaries(st.sampled_from("UVWXYZ"), st.text(max_size=3), max_size=4)


@given(values, st.dictionaries(names, st.sets(st.sampled_from("UVWXYZ"))), st.dictionaries(names, values))
def test_merging_keeps_what_failed_and_lets_go_what_belongs_to_nobody(
    present: dict[str, str], owners: dict[str, set[str]], made: dict[str, dict[str, str]]
) -> None:
    kept = [receipt(name, env=tuple(sorted(env))) for name, env in owners.items()]
    keyed = {receipt(name).key: each for name, each in made.items()}
    found = merged(present, kept, keyed)
    new = {variable for each in made.values() for variable in each}
    old = {variable for name, env in owners.items() if name not in made for variable in env & present.keys()}
    assert found.keys() == new | old
    assert all(found[variable] == present[variable] for variable in old - new)


@pytest.mark.parametrize(
    "pod",
    [
        {"containers": [{"envFrom": [{"configMapRef": {"name": "s"}}, {"secretRef": {"name": "s"}}]}]},
        {"initContainers": [{"env": [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s", "key": "A"}}}]}]},
        {"volumes": [{"emptyDir": {}}, {"secret": {"secretName": "s"}}]},
        {"volumes": [{"projected": {"sources": [{"secret": {"name": "s"}}]}}]},
    ],
)
def test_who_uses_the_secret_is_seen_wherever_it_is_named(pod: dict[str, Any]) -> None:
    assert refers(pod, "s")
    assert not refers(pod, "other")


def test_a_mention_elsewhere_is_none() -> None:
    assert not refers(
        {"containers": [{"env": [{"name": "A", "value": "s"}], "envFrom": [{"configMapRef": {"name": "s"}}]}]}, "s"
    )


def test_workloads_of_all_sorts_are_rolled_once(cluster: Cluster) -> None:
    template = {"spec": {"containers": [{"envFrom": [{"secretRef": {"name": "s"}}]}]}}
    for plural in ("deployments", "statefulsets", "daemonsets"):
        cluster.put(plural, "shop", "orders", {"spec": {"template": template}})
    world = world_of(cluster.kube)
    assert roll(world, "shop", "s", "h1") == ("deployments/orders", "statefulsets/orders", "daemonsets/orders")
    assert roll(world, "shop", "s", "h1") == ()
    found = cluster.objects[("deployments", "shop", "orders")]
    assert found["spec"]["template"]["metadata"]["annotations"] == {HASH: "h1"}
    assert found["spec"]["template"]["spec"] == template["spec"]


def test_a_client_is_made_once_though_many_ask() -> None:
    world, made = world_of(Kube(None)), list[int]()
    gate = threading.Barrier(8)

    def ask() -> None:
        gate.wait()
        world.client("aws", "sqs", lambda: made.append(1))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
