"""Who may have a label: whoever is there first keeps it, others join by a command of somebody with both rights."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from model import names
from model.stack import Desired, Phase
from tests.pure.workers import plays
from tests.pure.workers.stage import Stage
from workers import converge, reconcile
from workers.pipeline import plans, trust
from workers.pipeline.run import Run
from workers.pipeline.steps import Step

LABELLED = "Devstack-Label: feature1\n"
OTHER = "services: {web: {hosts: [orders.example.com]}, api: {hosts: [api.orders.example.com]}}\n"  # hosts of its own
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def phases(stage: Stage, *pulls: tuple[str, int]) -> list[Phase]:
    return [stage.stack(*each).status.phase for each in pulls]


def test_the_first_holder_is_not_locked_out_by_one_that_joined(stage: Stage) -> None:
    shop, orders = stage.repository("acme/shop"), stage.repository("acme/orders", OTHER)
    first = stage.live(shop, body=LABELLED)
    joined = stage.live(orders, by="grace")
    stage.say(orders, joined, "/devstack deploy --label feature1", by="grace")
    stage.work()
    assert stage.stack(orders, joined).status.claim == replace(stage.stack(shop, first).status.claim, label="feature1")  # type: ignore[type-var]  # both have one
    stage.act("roles", repo=orders, roles={"ada": "none"})
    newest = stage.push(shop, text="2")
    stage.told(shop, first)
    stage.work()
    assert stage.stack(shop, first).status.deployed_sha == newest
    assert phases(stage, (shop, first), (orders, joined)) == [Phase.READY, Phase.READY]


def test_one_that_joined_is_not_asked_again(stage: Stage) -> None:
    shop, orders = stage.repository("acme/shop"), stage.repository("acme/orders", OTHER)
    stage.live(shop, body=LABELLED)
    joined = stage.live(orders)
    stage.say(orders, joined, "/devstack deploy --label feature1")
    stage.work()
    stage.act("roles", repo=shop, roles={"ada": "none"})
    newest = stage.push(orders, text="2")
    stage.told(orders, joined)
    stage.work()
    assert stage.stack(orders, joined).status.deployed_sha == newest


def test_to_join_by_command_takes_write_access_there_too(stage: Stage) -> None:
    shop, orders = stage.repository("acme/shop", ada="read"), stage.repository("acme/orders", OTHER)
    stage.live(shop, body=LABELLED, by="grace")
    number = stage.live(orders)
    stage.say(orders, number, "/devstack deploy --label feature1")
    stage.work()
    assert phases(stage, (orders, number)) == [Phase.FAILED]
    assert "ada has no write access there" in stage.comment(orders, number)
    stage.say(orders, number, "/devstack deploy", by="grace")
    stage.work()
    assert phases(stage, (orders, number)) == [Phase.READY]


@pytest.mark.parametrize("more", [{"body": LABELLED}, {"labels": ["devstack/feature1"]}])
def test_to_join_by_text_or_label_is_refused_with_the_way_to_do_it(stage: Stage, more: dict[str, object]) -> None:
    shop, orders = stage.repository("acme/shop"), stage.repository("acme/orders", OTHER)
    stage.live(shop, body=LABELLED)
    number = stage.live(orders, **more)
    said = stage.comment(orders, number)
    assert phases(stage, (orders, number)) == [Phase.FAILED]
    assert "belongs to acme/shop#" in said
    assert "`/devstack deploy --label feature1`" in said
    stage.say(orders, number, "/devstack deploy --label feature1")
    stage.work()
    assert phases(stage, (orders, number)) == [Phase.READY]


def idle(stage: Stage, repo: str) -> None:
    number = stage.pull(repo, body=LABELLED)
    stage.say(repo, number, "/devstack help")


def waiting(stage: Stage, repo: str) -> None:
    fork = stage.act("fork", repo=repo, by="mallory")["repo"]
    stage.live(repo, by="mallory", head_repo=fork, body=LABELLED)


def expired(stage: Stage, repo: str) -> None:
    number = stage.live(repo, body=LABELLED)
    stage.wish(repo, number, expires_at=LONG_AGO)
    reconcile.sweep(stage.world)
    stage.work()


def destroyed(stage: Stage, repo: str) -> None:
    number = stage.live(repo, body=LABELLED)
    stage.say(repo, number, "/devstack destroy")
    stage.work()


def going(stage: Stage, repo: str) -> None:
    """Told to go, and not gone yet."""
    number = stage.live(repo, body=LABELLED)
    stage.say(repo, number, "/devstack destroy")


def failing(stage: Stage, repo: str) -> None:
    """Wanted, but no run was trusted yet: GitHub does not answer."""
    number = stage.pull(repo, body=LABELLED)
    stage.told(repo, number, "opened")


@pytest.mark.parametrize("squat", [idle, waiting, expired, going, destroyed, failing])
def test_what_does_not_run_holds_no_label(stage: Stage, squat: Callable[[Stage, str], None]) -> None:
    shop, orders = stage.repository("acme/shop"), stage.repository("acme/orders", OTHER)
    squat(stage, shop)
    stage.world.queue.clear()
    number = stage.live(orders, body=LABELLED)
    assert phases(stage, (orders, number)) == [Phase.READY]


def test_a_stack_without_services_holds_no_label(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    shop, orders = stage.repository("acme/shop"), stage.repository("acme/orders", OTHER)
    monkeypatch.setattr(plans, "UP", (Step("Preparing", Phase.BUILDING, trust.act),))
    holder = stage.live(shop, body=LABELLED)
    assert stage.stack(shop, holder).status.claim is None
    monkeypatch.setattr(plans, "UP", plays.UP)
    assert phases(stage, (orders, stage.live(orders, body=LABELLED))) == [Phase.READY]


def test_of_two_pull_requests_that_want_one_service_one_gets_it(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one comes while the first has chosen, and has not deployed yet."""
    repo = stage.repository()
    first, second = (stage.pull(repo, branch, body=LABELLED) for branch in ("one", "two"))

    def meanwhile(run: Run) -> None:
        if run.stack.spec.number == first:
            stage.told(repo, second, "opened")
            converge.converge(stage.world, names.stack(repo, second))

    step = Step("Preparing", Phase.BUILDING, meanwhile)
    monkeypatch.setattr(plans, "UP", (*plays.UP[:2], step, *plays.UP[2:]))
    stage.told(repo, first, "opened")
    stage.work()
    assert phases(stage, (repo, first), (repo, second)) == [Phase.READY, Phase.FAILED]
    assert f"acme/shop#\u200b{first} already holds `api`, `web`" in stage.comment(repo, second)
    assert stage.redis.held == {}


def test_a_service_is_free_again_when_its_stack_went(stage: Stage) -> None:
    repo = stage.repository()
    first = stage.live(repo, branch="one", body=LABELLED)
    second = stage.live(repo, branch="two", body=LABELLED)
    assert phases(stage, (repo, second)) == [Phase.FAILED]
    stage.say(repo, first, "/devstack destroy")
    stage.work()
    stage.say(repo, second, "/devstack deploy")
    stage.work()
    assert phases(stage, (repo, second)) == [Phase.READY]


def test_a_label_that_cannot_be_one_is_told_in_the_comment(stage: Stage) -> None:
    repo = stage.repository()
    number = stage.live(repo, body="Devstack-Label: Feature_1\n")
    said = stage.comment(repo, number)
    assert f"`shop-{number}` is live" in said
    assert "- The label `Feature_1` may only hold a-z" in said
    stage.act("edit", repo=repo, number=number, by="ada", changes={"body": LABELLED})
    stage.told(repo, number, "edited")
    stage.work()
    assert "`feature1` is live" in stage.comment(repo, number)
    assert "Feature_1" not in stage.comment(repo, number)


def test_a_stack_whose_label_is_refused_says_what_it_wants(stage: Stage) -> None:
    shop, orders = stage.repository("acme/shop"), stage.repository("acme/orders", OTHER)
    stage.live(shop, body=LABELLED)
    number = stage.live(orders)
    stage.act("label", repo=orders, number=number, label="devstack/feature1", by="ada")
    stage.told(orders, number, "labeled")
    stage.work()
    assert stage.stack(orders, number).status.message == "Label in use"
    stage.act("label", repo=orders, number=number, label="devstack/feature1", by="ada", add=False)
    stage.told(orders, number, "unlabeled")
    stage.work()
    assert phases(stage, (orders, number)) == [Phase.READY]
    assert stage.stack(orders, number).spec.desired is Desired.UP
