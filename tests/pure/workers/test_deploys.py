"""What brings a stack up, moves it on and keeps it: pushes, commands, approvals, and a look at GitHub in between."""

from datetime import UTC, datetime, timedelta

import pytest

from model.stack import Desired, Phase
from tests.pure.workers.stage import CONFIG, Stage
from workers import reconcile

ON_COMMAND = CONFIG + "deploy: command\n"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def expire(stage: Stage, repo: str, number: int) -> None:
    """Its time has passed, and the sweep saw it."""
    stage.wish(repo, number, expires_at=LONG_AGO)
    reconcile.sweep(stage.world)
    stage.work()
    assert stage.stack(repo, number).status.phase is Phase.EXPIRED


def test_a_commit_that_was_asked_for_stays_until_the_next_push(stage: Stage) -> None:
    repo = stage.repository()
    number = stage.live(repo)
    old = stage.stack(repo, number).spec.sha
    new = stage.push(repo, text="2")
    stage.told(repo, number)
    stage.say(repo, number, f"/devstack deploy --sha {old[:8]}")
    stage.work()
    assert stage.stack(repo, number).status.deployed_sha == old
    assert "The next push moves it on" in stage.comment(repo, number)
    for _ in range(2):
        reconcile.compare(stage.world)
        stage.told(repo, number, "edited")
    stage.work()
    assert stage.stack(repo, number).spec.sha == old, "a look at GitHub is no push"
    assert new != old
    newest = stage.push(repo, text="3")
    stage.told(repo, number)
    stage.work()
    assert stage.stack(repo, number).status.deployed_sha == newest


def test_a_pinned_stack_that_expired_stays_so(stage: Stage) -> None:
    repo = stage.repository()
    number = stage.live(repo)
    old = stage.stack(repo, number).spec.sha
    stage.push(repo, text="2")
    stage.say(repo, number, f"/devstack deploy --sha {old}")
    expire(stage, repo, number)
    reconcile.compare(stage.world)
    stage.work()
    assert stage.stack(repo, number).status.phase is Phase.EXPIRED


def test_an_unknown_commit_leaves_nothing_behind(stage: Stage) -> None:
    repo = stage.repository(config=ON_COMMAND)
    number = stage.pull(repo)
    job = stage.say(repo, number, "/devstack deploy --sha 0123456")
    stage.work()
    stack = stage.stack(repo, number)
    assert (stack.spec.desired, stack.status.phase) == (Desired.DOWN, Phase.IDLE)
    assert stack.status.observed_generation == stack.generation, "nothing waits to be done"
    assert "not a commit of this pull request" in stage.comment(repo, number)
    assert stage.reactions(job) == ["confused", "eyes"]


def test_an_approval_begins_a_new_life(stage: Stage) -> None:
    repo = stage.repository()
    fork = stage.act("fork", repo=repo, by="mallory")["repo"]
    number = stage.live(repo, by="mallory", head_repo=fork)
    assert stage.stack(repo, number).status.phase is Phase.WAITING
    sha = stage.stack(repo, number).spec.sha
    expire(stage, repo, number)
    stage.say(repo, number, f"/devstack approve {sha}", by="grace")
    stack = stage.stack(repo, number)
    assert stack.spec.expires_at is not None
    left = stack.spec.expires_at - datetime.now(UTC)
    assert timedelta(hours=5, minutes=59) < left <= timedelta(hours=6)
    reconcile.sweep(stage.world)
    stage.work()
    assert stage.stack(repo, number).status.phase is Phase.READY


def test_a_question_does_not_keep_a_pull_request_from_being_deployed(stage: Stage) -> None:
    repo = stage.repository()
    number = stage.pull(repo)
    stage.say(repo, number, "/devstack status")
    assert stage.stack(repo, number).status.phase is Phase.IDLE
    stage.told(repo, number, "opened")
    stage.work()
    assert stage.stack(repo, number).status.phase is Phase.READY
    assert "/devstack status" in stage.comment(repo, number), "its answer is still there"


def test_a_question_deploys_nothing_where_a_command_is_wanted(stage: Stage) -> None:
    repo = stage.repository(config=ON_COMMAND)
    number = stage.pull(repo)
    stage.say(repo, number, "/devstack help")
    stage.told(repo, number, "opened")
    stage.push(repo, text="2")
    stage.told(repo, number)
    assert stage.world.queue == []
    assert stage.stack(repo, number).status.phase is Phase.IDLE


def test_a_pull_request_that_goes_to_another_branch_is_looked_at_anew(stage: Stage) -> None:
    repo = stage.repository()
    stage.push(repo, "release", "release")
    number = stage.live(repo)
    before = stage.stack(repo, number)
    stage.act("edit", repo=repo, number=number, by="ada", changes={"base": "release"})
    stage.told(repo, number, "edited")
    after = stage.stack(repo, number)
    assert (after.spec.base, after.spec.sha) == ("release", before.spec.sha)
    assert after.generation > before.generation
    assert stage.world.queue, "it runs again"


def test_a_lifetime_that_a_command_gave_counts_for_later_deploys_too(stage: Stage) -> None:
    repo = stage.repository()
    number = stage.live(repo)
    stage.say(repo, number, "/devstack deploy --ttl 12h")
    stage.say(repo, number, "/devstack deploy")
    expires = stage.stack(repo, number).spec.expires_at
    assert expires is not None
    assert expires - datetime.now(UTC) > timedelta(hours=11)


@pytest.mark.parametrize("config", [CONFIG, ON_COMMAND])
def test_what_a_person_destroyed_stays_so(stage: Stage, config: str) -> None:
    repo = stage.repository(config=config)
    number = stage.pull(repo)
    stage.say(repo, number, "/devstack deploy")
    stage.work()
    stage.say(repo, number, "/devstack destroy")
    stage.work()
    stage.push(repo, text="2")
    stage.told(repo, number)
    reconcile.compare(stage.world)
    stage.work()
    assert stage.stack(repo, number).status.phase is Phase.DESTROYED
