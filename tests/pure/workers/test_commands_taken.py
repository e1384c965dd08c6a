"""Commands are heard, done once and answered in the one comment, whatever dies or is silent in between."""

from datetime import timedelta

import pytest

from model.stack import Desired, Phase
from tests.pure.workers.stage import CONFIG, Stage
from workers import intake, lock
from workers.faults import Unavailable
from workers.intake import answers, comments

ON_COMMAND = CONFIG + "deploy: command\n"


class Died(BaseException):
    """What a worker that is killed leaves behind: nothing after this line."""


def dies(*_given: object, **_more: object) -> None:
    raise Died


@pytest.mark.parametrize("where", ["put_on_record", "react"])
def test_a_command_is_done_once_though_its_worker_died(stage: Stage, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    repo = stage.repository()
    number = stage.live(repo)
    before = stage.stack(repo, number).spec
    job = stage.job(repo, number, "/devstack extend 1h\n/devstack deploy")
    assert intake.hear(stage.world, job)
    with monkeypatch.context() as patched:
        patched.setattr(comments, where, dies)
        with pytest.raises(Died):
            intake.take(stage.world, job, first=True)
    stage.redis.lose_locks()
    for _ in range(2):
        intake.take(stage.world, job, first=True)
    after = stage.stack(repo, number).spec
    assert before.expires_at is not None
    assert after.attempt == before.attempt + 1
    assert after.done == (f"{job.comment_id}:0", f"{job.comment_id}:1")
    assert stage.reactions(job) == ["eyes", "rocket"]
    assert stage.comment(repo, number).count("now lives until") == 1


def test_extending_twice_by_one_comment_extends_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = stage.repository()
    number = stage.live(repo)
    before = stage.stack(repo, number).spec.expires_at
    job = stage.job(repo, number, "/devstack extend 1h")
    with monkeypatch.context() as patched:
        patched.setattr(comments, "put_on_record", dies)
        for _ in range(3):
            with pytest.raises(Died):
                intake.take(stage.world, job)
            stage.redis.lose_locks()
    intake.take(stage.world, job)
    after = stage.stack(repo, number).spec.expires_at
    assert before is not None
    assert after == before + timedelta(hours=1)


def test_a_removal_that_comes_again_does_not_undo_a_later_deploy(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = stage.repository()
    number = stage.live(repo)
    job = stage.job(repo, number, "/devstack destroy")
    with monkeypatch.context() as patched:
        patched.setattr(comments, "put_on_record", dies)
        with pytest.raises(Died):
            intake.take(stage.world, job)
    stage.redis.lose_locks()
    stage.say(repo, number, "/devstack deploy")
    intake.take(stage.world, job)
    stage.work()
    assert stage.stack(repo, number).status.phase is Phase.READY


def test_what_is_on_record_is_only_told(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker died with the answer on record; nothing is asked or done again, whatever has changed since."""
    repo = stage.repository()
    number = stage.live(repo)
    job = stage.job(repo, number, "/devstack status")
    with monkeypatch.context() as patched:
        patched.setattr(comments, "react", dies)
        with pytest.raises(Died):
            intake.take(stage.world, job)
    stage.act("roles", repo=repo, roles={"ada": "none"})
    intake.take(stage.world, job)
    assert stage.reactions(job) == ["eyes", "rocket"]
    assert "It lives until" in stage.comment(repo, number)


def test_a_replay_of_what_was_dealt_with_asks_github_once(stage: Stage) -> None:
    repo = stage.repository()
    number = stage.live(repo)
    job = stage.say(repo, number, "/devstack status")
    asked = len(stage.asked())
    intake.take(stage.world, job, first=intake.hear(stage.world, job))
    assert [each.rpartition("/")[2] for each in stage.asked(asked)] == ["reactions"] * 3


def test_a_comment_that_was_deleted_is_taken_back(stage: Stage) -> None:
    repo = stage.repository()
    number = stage.pull(repo)
    job = stage.job(repo, number, "/devstack deploy")
    stage.act("user", login="ada", tokens=["ada-token"])
    own = {"Authorization": "Bearer ada-token"}
    assert stage.http.delete(f"/repos/{repo}/issues/comments/{job.comment_id}", headers=own).status_code == 204
    intake.take(stage.world, job)
    assert stage.gone(repo, number)


def test_the_sign_comes_before_anything_is_decided(stage: Stage) -> None:
    """Another decision about the pull request takes long."""
    repo = stage.repository()
    number = stage.pull(repo)
    job = stage.job(repo, number, "/devstack status")
    with stage.world.alone_with(repo, number):
        assert intake.hear(stage.world, job)
        assert stage.reactions(job) == ["eyes"]
        with pytest.raises(lock.Busy) as busy:
            intake.take(stage.world, job, first=True)
        assert busy.value.retry_after == lock.INTAKE_AGAIN_SECONDS
    intake.take(stage.world, job)
    assert stage.reactions(job) == ["eyes", "rocket"]


def test_a_command_on_a_closed_pull_request_leaves_the_report_of_the_removal(stage: Stage) -> None:
    repo = stage.repository()
    number = stage.live(repo)
    stage.act("close", repo=repo, number=number, by="ada")
    stage.told(repo, number, "closed")
    stage.work()
    said = stage.comment(repo, number)
    assert "was removed" in said
    job = stage.say(repo, number, "/devstack deploy")
    assert stage.reactions(job) == ["confused", "eyes"]
    assert stage.gone(repo, number)
    assert stage.comment(repo, number) == said


def test_a_stranger_who_could_not_be_answered_is_answered_later(stage: Stage) -> None:
    repo = stage.repository()
    number = stage.pull(repo)
    job = stage.job(repo, number, "/devstack deploy", by="eve")
    assert intake.hear(stage.world, job)
    stage.cluster.silent = 100
    with pytest.raises(Unavailable):
        intake.take(stage.world, job)
    stage.cluster.silent = 0
    intake.take(stage.world, job)
    assert stage.reactions(job) == ["confused", "eyes"]
    assert "write access" in stage.comment(repo, number)
    again = stage.say(repo, number, "/devstack deploy", by="eve")
    assert stage.reactions(again) == ["eyes"], "once a day"
    stage.redis.down = True
    blind = stage.say(repo, number, "/devstack deploy", by="eve")
    assert stage.reactions(blind) == ["confused", "eyes"]


def test_what_is_given_up_is_told(stage: Stage) -> None:
    repo = stage.repository()
    number = stage.pull(repo)
    job = stage.job(repo, number, "/devstack deploy")
    intake.give_up(stage.world, job, "the cluster was silent for hours")
    assert stage.reactions(job) == ["confused"]
    assert "not done, for a reason on our side" in stage.comment(repo, number)
    assert f"`{job.delivery}`" in stage.comment(repo, number)
    assert stage.stack(repo, number).spec.desired is Desired.DOWN


def test_what_is_given_up_while_the_cluster_is_silent_has_its_reaction(stage: Stage) -> None:
    repo = stage.repository()
    number = stage.pull(repo)
    job = stage.job(repo, number, "/devstack deploy")
    stage.cluster.silent = 100
    intake.give_up(stage.world, job, "the cluster is silent")
    assert stage.reactions(job) == ["confused"]


def test_a_fault_of_ours_is_an_answer_too(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_given: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr(answers, "extend", broken)
    repo = stage.repository()
    number = stage.live(repo)
    job = stage.say(repo, number, "/devstack extend 1h\n/devstack status")
    assert stage.reactions(job) == ["confused", "eyes"]
    said = stage.comment(repo, number)
    assert "for a reason on our side" in said
    assert "It lives until" in said, "the other line has its own answer"
    assert "ZeroDivision" not in said


def test_a_reaction_that_github_refuses_keeps_no_answer_back(stage: Stage) -> None:
    repo = stage.repository()
    number = stage.live(repo)
    job = stage.job(repo, number, "/devstack status")
    stage.refused = ["/reactions"]
    intake.take(stage.world, job, first=True)
    assert "/devstack status" in stage.comment(repo, number)


def test_an_outage_of_github_in_the_middle_of_two_commands_does_none_twice(stage: Stage) -> None:
    repo = stage.repository()
    number = stage.live(repo)
    attempt = stage.stack(repo, number).spec.attempt
    job = stage.job(repo, number, "/devstack deploy\n/devstack deploy --sha 0123456")
    assert intake.hear(stage.world, job)
    for errors in (1, 2, 3, 4, 5):
        stage.act("faults", errors=errors)
        with pytest.raises(Unavailable):
            intake.take(stage.world, job)
        stage.act("faults", errors=0)
    intake.take(stage.world, job)
    assert stage.stack(repo, number).spec.attempt == attempt + 1


def test_a_trace_of_nothing_says_so_and_is_for_people_with_write_access(stage: Stage) -> None:
    repo = stage.repository(config=ON_COMMAND)
    number = stage.pull(repo)
    stage.say(repo, number, "/devstack trace /basket")
    assert "Nothing is deployed for this pull request." in stage.comment(repo, number)
    refused = stage.say(repo, number, "/devstack trace /basket", by="eve")
    assert stage.reactions(refused) == ["confused", "eyes"]
    assert "Commands are for people with write access" in stage.comment(repo, number)
