"""What the queue's tasks do with a job: shown at once, decided behind that, tried for hours, and never without an answer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config import settings
from model import jobs
from model.stack import Phase
from tests.pure.workers.stage import Stage
from workers import patience
from workers.faults import OurFault, Unavailable


@pytest.fixture
def tasks(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The tasks in this process, on the stage's world; what they would queue they do at once."""
    monkeypatch.setenv("DEVSTACK_WORK_DIR", str(tmp_path))
    settings.load.cache_clear()
    from workers import tasks as module

    monkeypatch.setattr(module, "world", lambda: stage.world)
    module.app.conf.task_always_eager = True
    yield module
    module.app.conf.task_always_eager = False
    settings.load.cache_clear()


def take(tasks: Any, job: jobs.Job) -> Any:
    """The receiver's message reaches a worker."""
    return tasks.intake.apply(args=[jobs.to_json(job)])


def decide(tasks: Any, job: jobs.Job) -> Any:
    """What stands behind that in the queue."""
    return tasks.decide.apply(args=[jobs.to_json(job), False])


def test_a_comment_is_heard_and_decided(stage: Stage, tasks: Any) -> None:
    repo = stage.repository()
    number = stage.pull(repo)
    job = stage.job(repo, number, "/devstack deploy")
    assert take(tasks, job).successful()
    assert stage.reactions(job) == ["eyes", "rocket"]
    stage.work()
    assert stage.stack(repo, number).status.phase is Phase.READY


def test_a_github_that_does_not_answer_delays_and_loses_nothing(stage: Stage, tasks: Any) -> None:
    repo = stage.repository()
    number = stage.pull(repo)
    job = stage.job(repo, number, "/devstack deploy")
    stage.act("faults", errors=6)
    take(tasks, job)
    assert stage.reactions(job) == ["eyes", "rocket"]


def test_a_cluster_that_never_answers_is_told_by_a_reaction(
    stage: Stage, tasks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "TRIES", 3)
    repo = stage.repository()
    number = stage.pull(repo)
    job = stage.job(repo, number, "/devstack deploy")
    stage.cluster.silent = 10_000
    before = len(stage.cluster.requests)
    with pytest.raises(Unavailable):
        decide(tasks, job).get()
    assert stage.reactions(job) == ["confused", "eyes"]
    assert len(stage.cluster.requests) == before
    stage.cluster.silent = 0
    assert stage.gone(repo, number)


def test_what_github_forbids_for_good_has_its_reaction_too(stage: Stage, tasks: Any) -> None:
    repo = stage.repository()
    number = stage.pull(repo)
    job = stage.job(repo, number, "/devstack deploy")
    stage.refused = ["/permission"]
    with pytest.raises(OurFault):
        decide(tasks, job).get()
    assert stage.reactions(job) == ["confused", "eyes"]


def test_a_reaction_that_is_forbidden_keeps_no_command_back(stage: Stage, tasks: Any) -> None:
    repo = stage.repository()
    number = stage.pull(repo)
    stage.refused = ["/reactions"]
    take(tasks, stage.job(repo, number, "/devstack deploy"))
    stage.work()
    assert stage.stack(repo, number).status.phase is Phase.READY


def test_a_short_outage_is_over_quickly_and_a_long_one_loses_nothing() -> None:
    pauses = [patience.pause(retries) for retries in range(patience.TRIES)]
    assert sum(pauses[:6]) < 60
    in_the_beginning = [pause for number, pause in enumerate(pauses) if sum(pauses[:number]) < 300]
    assert max(in_the_beginning) <= 15
    assert max(pauses) <= 120
    assert sum(pauses) >= 2 * 3600
