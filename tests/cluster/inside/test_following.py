"""A stack of a repository with a chart of its own, whose base changes while it lives: routes and aliases follow."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from model import names
from playground.demo.stage import Stage
from tests.cluster.inside import callers, followed
from tests.cluster.inside.callers import Call
from tests.cluster.inside.followed import BASE, HOST, REPOSITORY

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

LABEL = "follow-1"
WITH = {"uber-ctx-key": LABEL}
HOME = names.namespace(names.stack(REPOSITORY, 1))
CACHE = Call("cache", way="tcp", port=7000)
MINUTE = 60.0
TEMPLATE = "chart/templates/cache.yaml"


@pytest.fixture(scope="module")
def live(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The base, and a pull request that is live."""
    folder: Path = tmp_path_factory.mktemp("repository")
    for path, data in followed.files().items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    stage.kubectl("delete", "namespace", BASE, "--ignore-not-found", "--timeout=60s")
    stage.apply(*followed.base(stage.playground))
    try:
        stage.add_repository(REPOSITORY, folder)
        push(stage, {"note.txt": b"1"})
        assert stage.github.open_pull(REPOSITORY, "topic", "Follow", "ada") == 1
        stage.wait_ready(REPOSITORY, 1)
        yield stage
    finally:
        stage.kubectl("delete", "namespace", BASE, "--ignore-not-found", "--timeout=60s")


def push(stage: Stage, files: dict[str, bytes | None]) -> str:
    return stage.github.push(REPOSITORY, "topic", files, "ada")


def from_within(stage: Stage, *calls: Call) -> list[str]:
    """Calls from the stack's own pod."""
    return callers.call(stage.playground, HOME, f"deployment/web-{LABEL}", *calls)


def services(stage: Stage) -> dict[str, dict[str, Any]]:
    found = yaml.safe_load(stage.kubectl("get", "services", "-n", HOME, "-o", "yaml"))["items"]
    return {each["metadata"]["name"]: each["spec"] for each in found}


def who(stage: Stage, path: str = "/") -> str:
    """Who answers a request with the header from outside."""
    answer = stage.request(HOST, path, WITH)
    return str(answer.json()["who"]) if answer.status_code == 200 else str(answer.status_code)


def condition(stage: Stage) -> dict[str, Any]:
    stack = stage.stacks()[names.stack(REPOSITORY, 1)]
    found: dict[str, Any] = next(each for each in stack["status"]["conditions"] if each["type"] == "FollowsBase")
    return found


def test_a_service_that_a_later_deploy_brings_takes_the_place_of_its_alias(live: Stage) -> None:
    assert from_within(live, CACHE, Call("web"), Call("web", way="tcp", port=7000)) == ["base", "feature", "feature"]
    sha = push(live, {TEMPLATE: followed.deployed("cache", "own")})
    live.wait_ready(REPOSITORY, 1, sha)
    assert services(live)["cache"]["type"] == "ClusterIP"
    live.wait("the name to lead to the stack's own", lambda: from_within(live, CACHE) == ["own"], seconds=15)
    sha = push(live, {TEMPLATE: None})
    live.wait_ready(REPOSITORY, 1, sha)
    assert services(live)["cache"]["type"] == "ExternalName"
    live.wait("the name to lead to the base's again", lambda: from_within(live, CACHE) == ["base"], seconds=15)


def test_routes_and_aliases_follow_the_base_within_a_minute(live: Stage) -> None:
    assert who(live, "/api") == "feature"
    live.apply(
        followed.route("api", f"Host(`{HOST}`) && PathPrefix(`/api`)", "mail"),
        followed.service("mail"),
    )
    live.kubectl("delete", "service", "cache", "-n", BASE)
    changed = time.monotonic()
    live.wait("the new rule to be the base's", lambda: who(live, "/api") == "base", seconds=MINUTE)
    live.wait("the aliases", lambda: services(live).keys() == {f"web-{LABEL}", "web", "mail"}, seconds=MINUTE)
    assert time.monotonic() - changed < MINUTE
    assert who(live, "/") == "feature"
    assert condition(live)["status"] == "True"
    assert from_within(live, Call("mail", way="tcp", port=7000)) == ["base"]


def test_a_stack_whose_base_is_gone_says_so_until_it_is_back(live: Stage) -> None:
    live.kubectl("delete", "ingressroutes.traefik.io", "--all", "-n", BASE)
    said = f"The base is gone from `{HOST}`"
    live.wait_comment(REPOSITORY, 1, said, seconds=MINUTE)
    assert condition(live)["status"] == "False"
    assert who(live) == "feature"
    live.apply(followed.route("web", f"Host(`{HOST}`)", "web"))
    live.wait("the comment to be true again", lambda: said not in live.comment(REPOSITORY, 1), seconds=MINUTE)
    assert condition(live)["status"] == "True"


def test_aliases_vanish_with_the_stack(live: Stage) -> None:
    live.github.act("close", repo=REPOSITORY, number=1, by="ada")
    live.wait("the Stack to go", lambda: not live.stacks())
    assert f"namespace/{HOME}" not in live.kubectl("get", "namespaces", "-o", "name").split()
    left = live.kubectl("get", "services", "--all-namespaces", "-l", "devstack.dev/alias", "-o", "name")
    assert left.split() == []
