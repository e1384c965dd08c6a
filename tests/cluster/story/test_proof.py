"""What proof of absence sees: everything of a stack that is there, whatever is on record, and nothing of one that is gone."""

import threading
import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import httpx
import pytest

from config.settings import Settings
from model import names
from playground.demo.stage import Stage
from tests.cluster.story.people import Repository, app, config
from workers.faults import OurFault
from workers.pipeline import prove
from workers.pipeline.run import Run
from workers.world import World

if TYPE_CHECKING:
    from workers.lease import Held
    from workers.narrator import Narrator

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]


def run_of(stage: Stage, name: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run of the bot's own, in this process."""
    for key, value in stage.bot.environment.items():
        if key.startswith("DEVSTACK_"):
            monkeypatch.setenv(key, value)
    world = World(Settings())
    stack = world.stacks.get(name)
    assert stack is not None
    return Run(world, stack, "proof", cast("Held", threading.Event()), cast("Narrator", SimpleNamespace()), Path())


def said(run: Run) -> str:
    """What is still there."""
    try:
        prove.act(run)
    except OurFault as fault:
        return str(fault)
    return ""


def tags(stage: Stage, repository: str) -> list[str]:
    """What the registry has of a repository."""
    address = f"http://{stage.playground.registry}/v2/{repository}"
    found = httpx.get(f"{address}/tags/list").json().get("tags") or []
    kind = {"Accept": "application/vnd.docker.distribution.manifest.v2+json"}
    return [tag for tag in found if httpx.head(f"{address}/manifests/{tag}", headers=kind).status_code == 200]


def digest(stage: Stage, repository: str, tag: str) -> str:
    """Of a tag."""
    kind = {"Accept": "application/vnd.docker.distribution.manifest.v2+json"}
    found = httpx.head(f"http://{stage.playground.registry}/v2/{repository}/manifests/{tag}", headers=kind)
    return found.headers["Docker-Content-Digest"]


def test_every_system_is_asked_by_mark(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = Repository(stage, "proven", deploy="command")
    repo.push("topic", app=app("proven"))
    number = repo.pull("topic")
    repo.say(number, "/devstack deploy --label proven")
    stage.wait_ready(repo.name, number)
    name = names.stack(repo.name, number)
    own = names.namespace(name)
    run = run_of(stage, name, monkeypatch)
    (tag,) = tags(stage, "faults/proven/web")
    seen = said(run)
    for each in (
        f"namespace {own}",
        f"deployments {own}/web-proven",
        f"services {own}/web-proven",
        f"ingressroutes {own}/",
        f"middlewares {own}/",
        f"secrets {own}/sh.helm.release.v1.web-proven.v1",
        f"release record {own}/sh.helm.release.v1.web-proven.v1",
        f"image {stage.playground.registry}/faults/proven/web:{tag}",
    ):
        assert each in seen
    repo.close(number)
    repo.wait_gone(number)
    assert said(run) == ""


def test_what_the_record_lost_is_found_by_the_marks(stage: Stage) -> None:
    repo = Repository(stage, "lostrecord", deploy="command")
    stage.kubectl("create", "namespace", "lostrecord")
    described = config(repo.host, deploy="command") + b"namespace: base\nbase: {namespace: lostrecord}\n"
    repo.push("topic", app=app("lost"), devstack=described)
    number = repo.pull("topic")
    repo.say(number, "/devstack deploy --label lost")
    stage.wait_ready(repo.name, number)
    name = names.stack(repo.name, number)
    stage.kubectl("patch", "stack", name, "--subresource=status", "--type=merge", "-p", '{"status": {"receipts": []}}')
    repo.close(number)
    repo.wait_gone(number)
    kinds = "all,secrets,ingressroutes.traefik.io,middlewares.traefik.io"
    assert stage.kubectl("get", kinds, "-n", "lostrecord", "-o", "name").split() == []
    stage.kubectl("delete", "namespace", "lostrecord", "--timeout=60s")


def test_images_of_old_content_go_with_the_next_deploy_and_shared_ones_stay(stage: Stage) -> None:
    repo = Repository(stage, f"pruned-{uuid.uuid4().hex[:6]}", deploy="command")  # the registry remembers other runs
    images = f"{repo.name}/web"
    described = config(repo.host, deploy="command") + b"base: {deploy: true, namespace: pruned}\n"
    for version in ("one", "two", "three"):
        repo.push("main", devstack=described, app=app(version))
        stage.wait(f"the base to be at {version}", lambda version=version: repo.answer(repo.host) == version)
        stage.wait("it to be proven", lambda: base_phase(stage, repo) == "Ready")
    stage.wait("only the newest image to be left", lambda: len(tags(stage, images)) == 1)
    (shared,) = tags(stage, images)
    base = stage.stacks()[names.base_stack(repo.name)]
    assert [each["tag"] for each in base["status"]["receipts"] if each["kind"] == "image"] == [shared]
    repo.push("topic", app=app("four"))
    number = repo.pull("topic")
    repo.say(number, "/devstack deploy --label pruned")
    stage.wait_ready(repo.name, number)
    newer = repo.push("topic", app=app("five"))
    stage.wait_ready(repo.name, number, newer)
    stage.wait("the base's and the newest to be left", lambda: len(tags(stage, images)) == 2)
    # With no service left in the change the stack is empty; of the base's very image nothing goes with who has the same.
    repo.push("topic", app=app("three"), notes=b"x = 1\n")
    stage.wait_comment(repo.name, number, "touches none of the services")
    assert stage.request(f"pruned.{repo.host}").status_code == httpx.codes.NOT_FOUND
    stage.wait("its own image to go", lambda: len(tags(stage, images)) == 1)
    repo.say(number, "/devstack deploy web --label pruned")
    stage.wait("the base's to be shared", lambda: repo.answer(f"pruned.{repo.host}") == "three")
    repo.close(number)
    repo.wait_gone(number)
    assert repo.answer(repo.host) == "three"
    assert shared in tags(stage, images)
    digests = {digest(stage, images, tag) for tag in tags(stage, images)}
    assert len(digests) == 1
    stage.kubectl("delete", "stack", names.base_stack(repo.name))
    stage.kubectl("delete", "namespace", "pruned", "--timeout=60s")


def base_phase(stage: Stage, repo: Repository) -> str:
    """The phase of the base's Stack."""
    status = stage.stacks()[names.base_stack(repo.name)].get("status", {})
    return str(status.get("phase", ""))
