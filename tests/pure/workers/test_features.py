"""Pull requests that share a label are one feature: each comment shows them all, and follows when one of them changes."""

import pytest

from model import names
from model.stack import Desired, Phase
from tests.pure.workers import plays
from tests.pure.workers.stage import CONFIG, Stage
from workers import comment, converge, reconcile
from workers.faults import UserFault
from workers.pipeline import plans
from workers.pipeline.run import Run
from workers.pipeline.steps import Step

LABELLED = "Devstack-Label: feature1\n"
ORDERS = "services: {orders: {hosts: [orders.example.com]}}\n"


def feature(stage: Stage) -> tuple[tuple[str, int], tuple[str, int]]:
    """Two pull requests of two repositories under one label."""
    shop, orders = stage.repository("acme/shop"), stage.repository("acme/orders", ORDERS)
    first = stage.live(shop, body=LABELLED)
    second = stage.live(orders)
    stage.say(orders, second, "/devstack deploy --label feature1")
    stage.work()
    return (shop, first), (orders, second)


def rows(stage: Stage, repo: str, number: int) -> list[str]:
    """The rows of the comment's table of members, as a person sees them."""
    said = stage.comment(repo, number).replace("\u200b", "")
    return [line for line in said.split("\n") if line.startswith("| [")]


def later(stage: Stage) -> None:
    """So much later that comments may follow again."""
    stage.redis.kept.clear()


def writes(stage: Stage, since: int) -> list[str]:
    """The comments that were written."""
    return [each for each in stage.asked(since) if each.startswith(("PATCH", "POST")) and "/comments" in each]


def test_each_comment_shows_all_members(stage: Stage) -> None:
    (shop, first), (orders, second) = feature(stage)
    for repo, number in ((shop, first), (orders, second)):
        one, other = rows(stage, repo, number)
        assert one.startswith(f"| [acme/orders\\#{second}](<http://github.test/acme/orders/pull/{second}>)")
        assert other.startswith(f"| [acme/shop\\#{first}](<http://github.test/acme/shop/pull/{first}>)")
        assert "`orders` | ✅ live" in one
        assert "`web`, `api` | ✅ live" in other
        assert "(<http://feature1.example.com/>)" in one
        assert ("(this one)" in one) is (repo == orders)
        assert ("(this one)" in other) is (repo == shop)


def test_who_is_alone_has_no_such_table(stage: Stage) -> None:
    repo = stage.repository()
    number = stage.live(repo)
    assert "One feature" not in stage.comment(repo, number)
    other = stage.live(repo, branch="other")
    assert "One feature" not in stage.comment(repo, other)


def test_the_others_follow_when_one_goes(stage: Stage) -> None:
    (shop, first), (orders, second) = feature(stage)
    later(stage)
    stage.act("close", repo=orders, number=second, by="ada")
    stage.told(orders, second, "closed")
    stage.work()
    assert stage.gone(orders, second)
    assert rows(stage, shop, first) == []
    assert "is live" in stage.comment(shop, first)


def refuse(run: Run) -> None:
    raise UserFault("Broken", "It does not build.")


def test_the_others_follow_when_one_fails_and_when_it_is_well_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shop, first), (orders, second) = feature(stage)
    later(stage)
    with monkeypatch.context() as patched:
        patched.setattr(plans, "UP", (*plays.UP[:2], Step("Building", Phase.BUILDING, refuse)))
        stage.say(orders, second, "/devstack deploy")
        stage.work()
    assert "❌ could not be deployed" in rows(stage, shop, first)[0]
    later(stage)
    stage.say(orders, second, "/devstack deploy")
    stage.work()
    assert "✅ live" in rows(stage, shop, first)[0]


def test_a_push_that_goes_well_writes_nothing_to_the_others(stage: Stage) -> None:
    (shop, first), (orders, second) = feature(stage)
    later(stage)
    since = len(stage.asked())
    stage.push(orders, text="2")
    stage.told(orders, second)
    stage.work()
    assert not [each for each in stage.asked(since) if f"/{shop}/" in each], "the other repository is not even asked"
    reconcile.compare(stage.world)
    assert [each for each in writes(stage, since) if f"/{shop}/" in each] == []
    assert stage.stack(shop, first).status.members


def test_of_several_changes_in_a_moment_the_others_follow_the_first_and_the_last(stage: Stage) -> None:
    (shop, first), (orders, second) = feature(stage)
    later(stage)
    since = len(stage.asked())
    for text in ("destroy", "deploy", "destroy"):
        stage.say(orders, second, f"/devstack {text}")
        stage.work()
    assert len([each for each in writes(stage, since) if f"/{shop}/" in each]) == 1
    stage.say(orders, second, "/devstack deploy")
    stage.work()
    reconcile.compare(stage.world)
    assert "`orders` | ✅ live" in rows(stage, shop, first)[0]
    assert not stage.stack(shop, first).status.comment_due


def test_what_a_killed_worker_did_not_tell_the_comparison_tells(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    (shop, first), (orders, second) = feature(stage)
    later(stage)
    with monkeypatch.context() as patched:
        patched.setattr(comment, "others_follow", lambda *_given: None)
        stage.say(orders, second, "/devstack destroy")
        stage.work()
    assert len(rows(stage, shop, first)) == 2
    reconcile.compare(stage.world)
    assert rows(stage, shop, first) == []


def test_one_that_moves_to_another_label_leaves_the_table(stage: Stage) -> None:
    (shop, first), (orders, second) = feature(stage)
    stage.say(orders, second, "/devstack deploy --label feature2")
    stage.work()
    reconcile.compare(stage.world)
    assert rows(stage, shop, first) == rows(stage, orders, second) == []


def test_who_is_refused_the_label_is_no_member(stage: Stage) -> None:
    shop, orders = stage.repository("acme/shop"), stage.repository("acme/orders", ORDERS)
    first = stage.live(shop, body=LABELLED)
    second = stage.live(orders, body=LABELLED)
    reconcile.compare(stage.world)
    assert stage.stack(orders, second).status.phase is Phase.FAILED
    assert rows(stage, shop, first) == rows(stage, orders, second) == []


def test_a_comment_costs_one_listing_of_its_own_feature(stage: Stage) -> None:
    (shop, first), _ = feature(stage)
    since = len(stage.cluster.requests)
    stack = stage.stack(shop, first)
    comment.view_of(stage.world, stack)
    listings = [each for each in stage.cluster.requests[since:] if each.endswith("/stacks")]
    assert len(listings) == 1


def test_of_two_that_want_one_service_the_second_is_refused_before_anything_is_built(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = stage.repository()
    built: list[int] = []
    step = Step("Building", Phase.BUILDING, lambda run: built.append(run.stack.spec.number))
    monkeypatch.setattr(plans, "UP", (*plays.UP[:2], step, *plays.UP[2:]))
    first, second = (stage.live(repo, branch=branch, body=LABELLED) for branch in ("one", "two"))
    assert built == [first]
    said = stage.comment(repo, second).replace("\u200b", "")
    assert f"acme/shop#{first} already holds `api`, `web` under the label `feature1`" in said
    assert f"acme/shop#{second} cannot have them under the same label" in said
    assert "tried again by itself within a minute" in said
    assert rows(stage, repo, first) == []


def test_the_second_comes_up_by_itself_when_the_first_closes(stage: Stage) -> None:
    repo = stage.repository()
    first, second, third = (stage.live(repo, branch=branch, body=LABELLED) for branch in ("one", "two", "three"))
    reconcile.sweep(stage.world)
    assert stage.world.queue == [], "nothing is tried while the first has it"
    stage.act("close", repo=repo, number=first, by="ada")
    stage.told(repo, first, "closed")
    stage.world.queue.clear()
    reconcile.sweep(stage.world)
    assert names.stack(repo, second) not in [name for name, _ in stage.world.queue], "nor before it is gone"
    stage.work()
    reconcile.sweep(stage.world)
    reconcile.sweep(stage.world)
    stage.work()
    phases = {stage.stack(repo, number).status.phase for number in (second, third)}
    assert phases == {Phase.READY, Phase.FAILED}, "one of the two that waited"
    attempts = [stage.stack(repo, number).spec.attempt for number in (second, third)]
    reconcile.sweep(stage.world)
    stage.work()
    assert [stage.stack(repo, number).spec.attempt for number in (second, third)] == attempts
    assert stage.redis.held == {}


def test_one_that_fails_for_another_reason_is_not_tried_for_ever(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = stage.repository()
    first, second = (stage.live(repo, branch=branch, body=LABELLED) for branch in ("one", "two"))
    stage.say(repo, first, "/devstack destroy")
    stage.work()
    monkeypatch.setattr(plans, "UP", (plays.UP[0], Step("Building", Phase.BUILDING, refuse)))
    for _ in range(4):
        reconcile.sweep(stage.world)
        stage.work()
    assert stage.stack(repo, second).spec.attempt == 1


def test_a_service_that_was_refused_is_free_with_another_choice(stage: Stage) -> None:
    repo = stage.repository()
    first = stage.pull(repo, branch="one", body=LABELLED)
    stage.say(repo, first, "/devstack deploy web")
    stage.work()
    second = stage.live(repo, branch="two", body=LABELLED)
    assert stage.stack(repo, second).status.phase is Phase.FAILED
    stage.say(repo, second, "/devstack deploy api")
    stage.work()
    assert stage.stack(repo, second).status.phase is Phase.READY
    assert [row.split(" | ")[1] for row in rows(stage, repo, second)] == ["`web`", "`api`"]


def test_services_of_two_repositories_are_the_same_where_they_answer_on_one_host(stage: Stage) -> None:
    shop, twin = stage.repository("acme/shop"), stage.repository("acme/twin")
    other = stage.repository("acme/other", "services: {web: {hosts: [other.example.com]}}\n")
    first = stage.live(shop, body=LABELLED)
    refused, joined = stage.live(twin), stage.live(other)
    for repo, number in ((twin, refused), (other, joined)):
        stage.say(repo, number, "/devstack deploy --label feature1")
        stage.work()
    assert stage.stack(twin, refused).status.phase is Phase.FAILED
    assert f"acme/shop#\u200b{first} already holds `api`, `web`" in stage.comment(twin, refused)
    assert stage.stack(other, joined).status.phase is Phase.READY


def test_a_race_of_both_at_once_has_one_winner(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second asks for the services in the very moment in which the first has looked and not taken them yet."""
    repo = stage.repository()
    first, second = (stage.pull(repo, branch, body=LABELLED) for branch in ("one", "two"))
    listed = stage.world.stacks.list

    def meanwhile(label: str = "") -> object:
        found = listed(label)
        if "devstack:label:feature1" in stage.redis.held and not stage.deliveries > 1:
            stage.told(repo, second, "opened")
            converge.converge(stage.world, names.stack(repo, second))
        return found

    monkeypatch.setattr(stage.world.stacks, "list", meanwhile)
    stage.told(repo, first, "opened")
    stage.work()
    monkeypatch.undo()
    monkeypatch.setattr(plans, "UP", plays.UP)
    assert stage.stack(repo, first).status.phase is Phase.READY
    assert stage.stack(repo, second).status.phase is not Phase.READY
    assert stage.stack(repo, second).spec.desired is Desired.UP
    stage.wish(repo, second, attempt=7)
    converge.converge(stage.world, names.stack(repo, second))
    assert stage.stack(repo, second).status.phase is Phase.FAILED
    assert stage.stack(repo, first).status.phase is Phase.READY


@pytest.mark.parametrize("config", [CONFIG])
def test_the_table_never_makes_the_comment_too_long(stage: Stage, config: str) -> None:
    shop = stage.repository("acme/shop", config)
    stage.live(shop, body=LABELLED)
    for number in range(4):
        repo = stage.repository(f"acme/r{number}", f"services: {{s{number}: {{hosts: [s{number}.example.com]}}}}\n")
        pull = stage.live(repo)
        stage.say(repo, pull, "/devstack deploy --label feature1")
        stage.work()
    reconcile.compare(stage.world)
    assert len(rows(stage, shop, 1)) == 5
