"""What of a namespace is a stack's own: beside the base, beside other features, and while its label moves."""

from typing import Any

import pytest

from model import names
from model.stack import Role, Spec, Stack, Status
from workers.cluster import belonging
from workers.cluster.belonging import Whose, whose

STACK, LABEL = "devstack.dev/stack", "devstack.dev/label"
BESIDE = Whose("s", "new", frozenset({"web-new"}), alone=False)
ALONE = Whose("s", "new", frozenset({"web-new"}), alone=True)


@pytest.mark.parametrize(
    ("labels", "release", "beside", "alone"),
    [
        ({}, "web-new", True, True),
        ({STACK: "s", LABEL: "old"}, "web-old", False, False),  # the label has moved
        ({STACK: "s", LABEL: "new"}, "web-base", False, False),
        ({}, "web", False, False),  # the base's
        ({STACK: "s", LABEL: "new"}, "", True, True),
        ({STACK: "s", LABEL: "old"}, "", False, False),
        ({STACK: "other", LABEL: "new"}, "", False, False),  # another repository under the same label
        ({}, "", False, True),  # nobody says whose it is
        ({LABEL: "new"}, "", False, True),
        ({LABEL: "old"}, "", False, False),
    ],
)
def test_whose_something_is(labels: dict[str, str], release: str, beside: bool, alone: bool) -> None:
    assert (BESIDE.owns(labels, release), ALONE.owns(labels, release)) == (beside, alone)


def stack(role: Role = Role.FEATURE) -> Stack:
    releases: tuple[dict[str, Any], ...] = (
        {"kind": "release", "name": "web-new", "namespace": "shop"},
        {"kind": "release", "name": "web-old", "namespace": "shop", "stale": True},
        {"kind": "release", "name": "web-there", "namespace": "elsewhere"},
        {"kind": "image", "name": "web-image", "tag": "1"},
    )
    return Stack("s", Spec("a/b", 1, "", "new", role=role), Status(receipts=releases))


def test_the_record_says_which_releases_are_the_stacks_own() -> None:
    assert whose(stack(), "shop") == BESIDE
    own = names.namespace("s")
    assert whose(stack(), own) == Whose("s", "new", frozenset(), alone=True)
    assert not whose(stack(Role.BASE), own).alone


def pod(kind: str, name: str, **labels: str) -> dict[str, Any]:
    owner = {"kind": kind, "name": name, "controller": True}
    return {"metadata": {"name": "p", "labels": labels, "ownerReferences": [owner] if kind else []}}


def test_a_pod_belongs_to_what_controls_it() -> None:
    assert belonging.controller(pod("ReplicaSet", "web-5f4", **{"pod-template-hash": "5f4"})) == "Deployment/web"
    assert belonging.controller(pod("ReplicaSet", "bare")) == "ReplicaSet/bare"
    assert belonging.controller(pod("StatefulSet", "db")) == "StatefulSet/db"
    assert belonging.controller(pod("", "")) == ""
    assert belonging.release_of({"metadata": {"annotations": {"meta.helm.sh/release-name": "web"}}}) == "web"
