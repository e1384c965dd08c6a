"""What people do: commands, strangers, forks, expiry, `destroy`, and somebody with kubectl."""

import pytest

from playground.demo.stage import Stage
from tests.cluster.story.people import Repository, app

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]


def test_commands_are_answered_in_the_one_comment(stage: Stage) -> None:
    repo = Repository(stage, "commands", deploy="command")
    repo.push("topic", app=app("commanded"))
    number = repo.pull("topic")
    helped = repo.say(number, "/devstack help")
    stage.wait_comment(repo.name, number, "/devstack approve")
    stage.wait("the reaction", lambda: repo.reactions(number, helped) == ["eyes", "rocket"], seconds=10)
    repo.say(number, "Let us see.\n\n> /devstack destroy\n\n/devstack deploy --ttl 2h\n/devstack status")
    said = stage.wait_ready(repo.name, number)
    assert len(stage.bot_comments(repo.name, number)) == 1
    assert "/devstack status" in said
    repo.say(number, "/devstack logs web --lines 5")
    stage.wait_comment(repo.name, number, "asked for")
    repo.say(number, "/devstack logs nothing")
    stage.wait_comment(repo.name, number, "`nothing`")
    repo.say(number, "/devstack extend 500h")
    stage.wait_comment(repo.name, number, "72 h")
    repo.close(number)
    repo.wait_gone(number)


def test_a_stranger_is_refused_once_and_nothing_happens(stage: Stage) -> None:
    repo = Repository(stage, "stranger", deploy="command")
    repo.push("topic", app=app("stranger"))
    number = repo.pull("topic")
    first = repo.say(number, "/devstack deploy", by="eve")
    said = stage.wait_comment(repo.name, number, "write access")
    stage.wait("the reaction", lambda: "confused" in repo.reactions(number, first), seconds=10)
    second = repo.say(number, "/devstack deploy", by="eve")
    third = repo.say(number, "/devstack status")
    stage.wait("ada's answer", lambda: "rocket" in repo.reactions(number, third), seconds=20)
    assert "confused" not in repo.reactions(number, second)
    assert stage.comment(repo.name, number).count("write access") == said.count("write access")
    assert repo.phase(number) == "Idle"
    repo.close(number)
    repo.wait_gone(number)


def test_a_fork_waits_for_an_approval_of_this_very_commit(stage: Stage) -> None:
    repo = Repository(stage, "forked")
    fork = stage.github.act("fork", repo=repo.name, by="mallory")["repo"]
    sha = stage.github.push(fork, "idea", {"app.py": app("from a fork")}, "mallory")
    number = stage.github.open_pull(repo.name, "idea", "An idea", "mallory", head_repo=fork)
    stage.wait_comment(repo.name, number, "waits for an approval", f"/devstack approve {sha}")
    assert "faults-forked" not in stage.kubectl("get", "ns", "-o", "name")
    repo.say(number, f"/devstack approve {sha}", by="mallory")
    repo.say(number, "/devstack approve 0123456")
    stage.wait_comment(repo.name, number, "not the newest commit")
    repo.say(number, f"/devstack approve {sha[:10]}", by="grace")
    stage.wait_ready(repo.name, number, sha)
    assert repo.answer(f"forked-{number}.{repo.host}") == "from a fork"
    newer = stage.github.push(fork, "idea", {"app.py": app("something else")}, "mallory")
    stage.wait_comment(repo.name, number, "waits for an approval", f"/devstack approve {newer}")
    assert repo.answer(f"forked-{number}.{repo.host}") == "from a fork"
    stage.github.act("delete_repo", repo=fork)
    repo.say(number, f"/devstack approve {newer}")
    stage.wait_ready(repo.name, number, newer)
    repo.close(number)
    repo.wait_gone(number)


def test_destroy_is_remembered_and_deploy_brings_it_back(stage: Stage) -> None:
    repo = Repository(stage, "destroyed")
    repo.push("topic", app=app("one"))
    number = repo.pull("topic")
    stage.wait_ready(repo.name, number)
    repo.say(number, "/devstack destroy")
    repo.wait_phase(number, "Destroyed")
    repo.push("topic", app=app("two"))
    again = repo.say(number, "/devstack status")
    stage.wait("the answer", lambda: "rocket" in repo.reactions(number, again), seconds=20)
    assert repo.phase(number) == "Destroyed"
    repo.say(number, "/devstack deploy")
    stage.wait_ready(repo.name, number)
    assert repo.answer(f"destroyed-{number}.{repo.host}") == "two"
    repo.close(number)
    repo.wait_gone(number)


def test_a_stack_expires_and_a_push_revives_it(stage: Stage) -> None:
    repo = Repository(stage, "expired", deploy="command")
    repo.push("topic", app=app("short"))
    number = repo.pull("topic")
    repo.say(number, "/devstack deploy --ttl 15s")
    repo.wait_phase(number, "Expired", seconds=90)
    stage.wait_comment(repo.name, number, "has expired")
    assert "faults-expired" not in stage.kubectl("get", "ns", "-o", "name")
    newest = repo.push("topic", app=app("again"))
    stage.wait_ready(repo.name, number, newest)
    repo.close(number)
    repo.wait_gone(number)


def test_kubectl_delete_stack_tears_it_down(stage: Stage) -> None:
    repo = Repository(stage, "kubectl", deploy="command")
    repo.push("topic", app=app("kubectl"))
    number = repo.pull("topic")
    repo.say(number, "/devstack deploy --label by-kubectl")
    stage.wait_ready(repo.name, number)
    listed = stage.kubectl("get", "stacks")
    assert "by-kubectl" in listed
    assert "http://by-kubectl.kubectl.example.com" in listed
    name = next(each["metadata"]["name"] for each in stage.stacks().values() if each["spec"]["repository"] == repo.name)
    stage.kubectl("wait", "--for=condition=Ready", f"stack/{name}", "--timeout=10s")
    stage.kubectl("delete", "stack", name, "--timeout=90s")
    repo.wait_gone(number)
    repo.close(number)


def test_a_config_that_is_wrong_is_told_with_its_line(stage: Stage) -> None:
    repo = Repository(stage, "misconfigured")
    repo.push("topic", app=app("x"), devstack=b"services:\n  web:\n    prot: 8080\n")
    number = repo.pull("topic")
    stage.wait_comment(repo.name, number, ".devstack.yaml:3", "`port`")
    repo.push("topic", devstack=b"services:\n  web:\n    build: {context: ../..}\n")
    stage.wait_comment(repo.name, number, ".devstack.yaml:3", "..")
    repo.close(number)
    repo.wait_gone(number)
