"""What goes wrong while a stack comes up or goes: pushes, closings, crashes, an emptied Redis."""

import subprocess

import pytest

from playground.demo.stage import Stage
from tests.cluster.story.people import SLOW_DOCKERFILE, Repository, app, config

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]


def sleeping() -> bool:
    """Whether a build of ours sleeps."""
    return subprocess.run(["pgrep", "-f", "^sleep 61.5"], capture_output=True, check=False).returncode == 0


def test_closing_while_the_build_runs_stops_it_and_removes_everything(stage: Stage) -> None:
    repo = Repository(stage, "closing")
    repo.push("slow", app=app("slow"), dockerfile=SLOW_DOCKERFILE.encode())
    number = repo.pull("slow")
    stage.wait("the build to run", sleeping, seconds=60)
    repo.close(number)
    stage.wait("the build to end", lambda: not sleeping(), seconds=15)
    stage.wait_comment(repo.name, number, "was removed")
    repo.wait_gone(number)


def test_of_two_pushes_within_a_second_the_newest_is_deployed(stage: Stage) -> None:
    repo = Repository(stage, "pushes")
    repo.push("topic", app=app("one"))
    number = repo.pull("topic")
    repo.push("topic", app=app("two"))
    newest = repo.push("topic", app=app("three"))
    # Sooner than the comparison with GitHub would mend a decision that was lost.
    stage.wait_ready(repo.name, number, newest, seconds=30)
    assert repo.answer(f"pushes-{number}.{repo.host}") == "three"
    repo.close(number)
    repo.wait_gone(number)


def test_a_push_during_a_build_supersedes_it_within_seconds(stage: Stage) -> None:
    repo = Repository(stage, "superseded")
    repo.push("topic", app=app("slow"), dockerfile=SLOW_DOCKERFILE.encode())
    number = repo.pull("topic")
    stage.wait("the build to run", sleeping, seconds=60)
    quick = repo.push(
        "topic", dockerfile=b'FROM python:3.11-slim-bookworm\nCOPY app.py /app.py\nCMD ["python3", "/app.py"]\n'
    )
    stage.wait("the build to end", lambda: not sleeping(), seconds=15)
    stage.wait_ready(repo.name, number, quick, seconds=60)
    repo.close(number)
    repo.wait_gone(number)


def test_the_run_of_a_worker_killed_during_a_build_is_taken_up(stage: Stage) -> None:
    repo = Repository(stage, "killed-build")
    repo.push("topic", app=app("patient"), dockerfile=SLOW_DOCKERFILE.replace("61.5", "9").encode())
    number = repo.pull("topic")
    repo.wait_phase(number, "Building")
    stage.bot.processes["work"].kill()
    stage.bot.spawn("work")
    stage.wait_ready(repo.name, number, seconds=90)
    repo.close(number)
    repo.wait_gone(number)


def test_the_run_of_a_worker_killed_during_helm_is_taken_up(stage: Stage) -> None:
    repo = Repository(stage, "killed-helm")
    repo.push("topic", app=app("late"), devstack=config(repo.host, DELAY="6"))
    number = repo.pull("topic")
    repo.wait_phase(number, "Deploying")
    mark = f"owner=helm,name=web-killed-helm-{number}"
    states = "jsonpath={.items[*].metadata.labels.status}"
    stage.wait(
        "the release to be pending",
        lambda: "pending" in stage.kubectl("get", "secrets", "-A", "-l", mark, "-o", states),
        seconds=20,
    )
    stage.bot.processes["work"].kill()
    stage.bot.spawn("work")
    stage.wait_ready(repo.name, number, seconds=120)
    assert repo.answer(f"killed-helm-{number}.{repo.host}") == "late"
    repo.close(number)
    repo.wait_gone(number)


def test_an_emptied_redis_in_the_middle_of_a_deploy_and_of_a_teardown(stage: Stage) -> None:
    import redis

    repo = Repository(stage, "flushed")
    repo.push("topic", app=app("flushed"), devstack=config(repo.host, DELAY="4"))
    number = repo.pull("topic")
    repo.wait_phase(number, "Deploying")
    with redis.Redis.from_url(stage.redis.url) as client:
        client.flushall()
        stage.wait_ready(repo.name, number, seconds=90)
        repo.close(number)
        repo.wait_phase(number, "Removing", seconds=30)
        client.flushall()
    stage.wait_comment(repo.name, number, "was removed")
    repo.wait_gone(number)


def test_a_lost_webhook_is_made_up_for_by_the_comparison(stage: Stage) -> None:
    repo = Repository(stage, "lost")
    repo.push("first", app=app("first"))
    first = repo.pull("first")
    stage.wait_ready(repo.name, first)
    stage.github.act("faults", lost_webhooks=100)
    repo.push("lost", app=app("lost"))
    number = repo.pull("lost")
    repo.close(first)
    stage.github.act("faults", lost_webhooks=0)
    stage.wait_ready(repo.name, number, seconds=100)
    repo.wait_gone(first)
    repo.close(number)
    repo.wait_gone(number)


def test_a_service_that_never_becomes_ready_is_told_with_what_still_runs(stage: Stage) -> None:
    repo = Repository(stage, "never")
    good = repo.push("topic", app=app("good"))
    number = repo.pull("topic")
    stage.wait_ready(repo.name, number, good)
    bad = repo.push("topic", devstack=config(repo.host, ANSWER="500"), app=app("bad"))
    said = stage.wait_comment(repo.name, number, "could not be deployed", f"`{bad[:7]}`", seconds=150)
    assert f"`{good[:7]}`" in said, "it says what still runs"
    assert repo.answer(f"never-{number}.{repo.host}") == "good"
    repo.close(number)
    repo.wait_gone(number)


def test_an_unreachable_github_delays_and_loses_nothing(stage: Stage) -> None:
    repo = Repository(stage, "github-down")
    repo.push("topic", app=app("through"))
    stage.github.act("faults", errors=6)
    number = repo.pull("topic")
    stage.wait_ready(repo.name, number, seconds=90)
    stage.github.act("faults", secondary=2, retry_after=1)
    repo.close(number)
    repo.wait_gone(number)
    stage.github.act("faults", errors=0, secondary=0)
