"""How runs end: what the comment, the commit status and the record say, and when a record may go."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from model import names
from model.stack import Phase, Stack
from tests.pure.workers import plays
from tests.pure.workers.stage import Stage
from workers import comment, converge, endings, reconcile
from workers.faults import OurFault, Unavailable, UserFault
from workers.pipeline import plans
from workers.pipeline.run import Run
from workers.pipeline.steps import Step


def closed(stage: Stage, repo: str, number: int) -> None:
    stage.act("close", repo=repo, number=number, by="ada")
    stage.told(repo, number, "closed")


def ready_condition(stack: Stack) -> dict[str, object]:
    (found,) = stack.status.conditions
    return found


def test_a_record_goes_only_when_its_last_comment_is_written(stage: Stage) -> None:
    repo = stage.repository()
    number = stage.live(repo)
    closed(stage, repo, number)
    stage.act("faults", errors=1000)
    stage.work()
    assert "http://shop-" in stage.comment(repo, number), "it still says what is not true any more"
    stack = stage.stack(repo, number)
    assert (stack.deleting, stack.status.phase, stack.status.comment_due) == (True, Phase.DESTROYED, True)
    assert stack.status.services == ()
    assert stack.status.retry_at is not None
    assert not reconcile.unfinished(stack, datetime.now(UTC), 20), "it rests"
    assert reconcile.unfinished(stack, stack.status.retry_at, 20)
    stage.work()
    assert not stage.gone(repo, number)
    stage.act("faults", errors=0)
    stage.work()
    assert stage.gone(repo, number)
    said = stage.comment(repo, number)
    assert "was removed" in said
    assert "- 2 routes and middlewares" in said, "what the first try removed is told by the last"
    assert "example.com" not in said


def test_a_comment_that_can_never_be_written_keeps_a_record_for_a_day(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = stage.repository()
    number = stage.live(repo)
    closed(stage, repo, number)
    stage.refused = ["/issues/"]
    stage.work()
    assert not stage.gone(repo, number)
    later = datetime.now(UTC) + timedelta(seconds=endings.LAST_WORDS_SECONDS + 1)
    monkeypatch.setattr(endings, "now", lambda: later)
    stage.work()
    assert stage.gone(repo, number)


def test_a_record_whose_repository_is_gone_waits_for_no_comment(stage: Stage) -> None:
    repo = stage.repository()
    number = stage.live(repo)
    closed(stage, repo, number)
    stage.hidden = ["/repos/"]
    stage.work()
    assert stage.gone(repo, number)
    assert "was removed" not in stage.comment(repo, number)


def test_a_status_for_a_commit_that_is_gone_holds_nothing_back(stage: Stage) -> None:
    repo = stage.repository()
    number = stage.live(repo)
    stage.refused = ["/statuses/"]
    closed(stage, repo, number)
    stage.work()
    assert stage.gone(repo, number)
    assert "was removed" in stage.comment(repo, number)


def test_destroying_turns_no_check_green(stage: Stage) -> None:
    repo = stage.repository()
    number = stage.live(repo)
    assert stage.status(repo, number)[0] == "success"
    stage.say(repo, number, "/devstack destroy")
    stage.work()
    assert stage.status(repo, number)[0] == "pending"
    closed(stage, repo, number)
    stage.work()
    assert stage.status(repo, number)[0] == "pending"


def test_what_was_proven_of_a_commit_stays_proven_when_its_pull_request_is_closed(stage: Stage) -> None:
    repo = stage.repository()
    number = stage.live(repo)
    closed(stage, repo, number)
    stage.work()
    assert stage.status(repo, number) == ("success", "Was live, removed with the pull request")


def test_closing_turns_no_failed_check_green(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = stage.repository()
    number = stage.live(repo)
    monkeypatch.setattr(plans, "UP", (Step("Building", Phase.BUILDING, refuse),))
    stage.say(repo, number, "/devstack deploy")
    stage.work()
    assert stage.status(repo, number)[0] == "failure"
    closed(stage, repo, number)
    stage.work()
    assert stage.status(repo, number)[0] == "pending"


def test_kubectl_delete_turns_no_check_green(stage: Stage) -> None:
    repo = stage.repository()
    number = stage.live(repo)
    name = names.stack(repo, number)
    stage.world.stacks.request_delete(name)
    converge.converge(stage.world, name)
    assert stage.gone(repo, number)
    assert stage.status(repo, number)[0] == "pending"


def refuse(run: Run) -> None:
    raise UserFault("No such file", "There is no Dockerfile.")


def test_a_superseded_run_says_so_in_the_same_comment(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = stage.repository()
    number = stage.pull(repo)
    pushed: list[str] = []

    def pushed_meanwhile(run: Run) -> None:
        if not pushed:
            pushed.append(stage.push(repo, text="2"))
            stage.told(repo, number)
            run.held.stop("superseded")  # as the lease's own thread would, a little later
        run.check()

    step = Step("Building", Phase.BUILDING, pushed_meanwhile)
    monkeypatch.setattr(plans, "UP", (*plays.UP[:2], step, *plays.UP[2:]))
    stage.told(repo, number, "opened")
    old = stage.stack(repo, number).spec.sha
    stage.work()
    said = stage.comment(repo, number)
    assert f"- `{pushed[0][:7]}` came while `{old[:7]}` was being deployed, and took its place." in said
    assert "is live" in said
    assert stage.stack(repo, number).status.superseded == ""
    stage.push(repo, text="3")
    stage.told(repo, number)
    stage.work()
    assert "took its place" not in stage.comment(repo, number)


def test_a_run_says_its_step_and_has_a_condition_to_wait_for(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = stage.repository()
    number = stage.pull(repo)
    seen: list[str] = []

    def look(run: Run) -> None:
        while True:
            status = stage.stack(repo, number).status
            if status.run is not None and status.run.step:
                seen.append(status.run.step)
                assert status.run.generation == stage.stack(repo, number).generation
                return

    monkeypatch.setattr(plans, "UP", (*plays.UP[:2], Step("Deploying", Phase.DEPLOYING, look), *plays.UP[2:]))
    stage.told(repo, number, "opened")
    stage.work()
    assert seen
    stack = stage.stack(repo, number)
    up = ready_condition(stack)
    assert (up["type"], up["status"], up["observedGeneration"]) == ("Ready", "True", stack.generation)
    stage.say(repo, number, "/devstack destroy")
    assert ready_condition(stage.stack(repo, number))["observedGeneration"] == stack.generation, "older than the wish"
    stage.work()
    down = ready_condition(stage.stack(repo, number))
    assert (down["status"], down["reason"]) == ("False", "Destroyed")


def test_a_narrator_ends_with_its_run_though_the_cluster_is_silent(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def silence(run: Run) -> None:
        stage.cluster.silent = 10_000
        raise Unavailable("the image registry", "it is silent too")

    repo = stage.repository()
    number = stage.pull(repo)
    monkeypatch.setattr(plans, "UP", (Step("Building", Phase.BUILDING, silence),))
    stage.told(repo, number, "opened")
    with pytest.raises(Unavailable):
        stage.work()
    assert not [each.name for each in threading.enumerate() if each.name in ("narrator", "lease")]


def test_a_server_that_does_not_answer_is_asked_again_and_then_told(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silence(run: Run) -> None:
        raise Unavailable("the image registry")

    repo = stage.repository()
    number = stage.pull(repo)
    monkeypatch.setattr(plans, "UP", (Step("Building", Phase.BUILDING, silence),))
    stage.told(repo, number, "opened")
    pauses = []
    for _ in range(stage.world.settings.retries_max):
        stage.work()
        assert stage.stack(repo, number).status.phase is Phase.QUEUED
        assert "The image registry does not answer" in stage.comment(repo, number)
        pauses.append(stage.world.queue[-1][1])
    assert pauses == sorted(pauses)
    stage.work()
    assert stage.stack(repo, number).status.phase is Phase.FAILED
    assert "The image registry did not answer" in stage.comment(repo, number)
    assert stage.stack(repo, number).status.message == "The image registry did not answer"


def test_what_could_not_be_removed_is_tried_again_and_all_of_it_told(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = [True]

    def images(run: Run) -> None:
        if stuck:
            raise OurFault("a manifest")
        run.removed.append("image `shop/web`")

    repo = stage.repository()
    number = stage.live(repo)
    monkeypatch.setattr(plans, "DOWN", (*plays.DOWN, Step("Images", Phase.REMOVING, images)))
    closed(stage, repo, number)
    stage.work()
    assert "Could not be removed yet" in stage.comment(repo, number)
    stack = stage.stack(repo, number)
    far = replace(stack, status=replace(stack.status, retries=5000))
    assert endings.pause(far) == endings.RETRY_MOST_SECONDS
    stuck.clear()
    stage.work()
    said = stage.comment(repo, number)
    assert "image `shop/web`" in said
    assert said.count("2 routes and middlewares") == 1
    assert stage.gone(repo, number)


def test_nobody_but_the_holder_tells_progress(stage: Stage) -> None:
    """A worker that lost its lease while it was away comes back."""
    repo = stage.repository()
    number = stage.live(repo)
    stack = stage.stack(repo, number)
    view = replace(comment.view_of(stage.world, stack), phase=Phase.BUILDING, run_id="another", notes=("old",))
    comment.progress(stage.world, stack.name, view, "build")
    assert stage.stack(repo, number).status.phase is Phase.READY
