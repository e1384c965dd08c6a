"""A registry that asks for a password: the bot pushes, pods pull, and the password goes with the stack."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from model import names
from playground import registry
from playground.cluster.value import Playground
from playground.demo.stage import Stage
from playground.registry import Login, Registry
from tests.cluster.conftest import SETTINGS, clean_stage
from tests.cluster.story.people import Repository, app, config

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

LOGIN = Login("builder", "correct-horse:battery")


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with registry.running(tmp_path_factory.mktemp("locked"), auth=LOGIN) as found:
        assert found.auth_file is not None
        entries = json.loads(found.auth_file.read_text())
        entries["auths"]["other.example.com"] = {"auth": base64.b64encode(b"me:not for these pods").decode()}
        found.auth_file.write_text(json.dumps(entries))
        yield found


@pytest.fixture(scope="module")
def stage(ground: Playground, locked: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("stage")
    settings = {"DEVSTACK_REGISTRY": locked.address, "DEVSTACK_REGISTRY_AUTH_FILE": str(locked.auth_file)}
    with clean_stage(ground, folder, **SETTINGS, **settings) as made:
        yield made


def tags(locked: Registry, repository: str) -> list[str]:
    """What the registry has."""
    asked = httpx.get(f"http://{locked.address}/v2/{repository}/tags/list", auth=(LOGIN.user, LOGIN.password))
    found = asked.json().get("tags") or []
    images = {"Accept": "application/vnd.docker.distribution.manifest.v2+json"}
    return [
        tag
        for tag in found
        if httpx.head(
            f"http://{locked.address}/v2/{repository}/manifests/{tag}",
            auth=(LOGIN.user, LOGIN.password),
            headers=images,
        ).status_code
        == 200
    ]


@pytest.mark.parametrize(("where", "name"), [("stack", "locked"), ("base", "locked-base")])
def test_pods_pull_with_the_password_and_it_goes_with_the_stack(
    stage: Stage, locked: Registry, where: str, name: str
) -> None:
    assert httpx.get(f"http://{locked.address}/v2/").status_code == 401
    repo = Repository(stage, name, deploy="command")
    own = names.namespace(names.stack(repo.name, 1))
    namespace = own if where == "stack" else "locked-shop"
    described = config(repo.host, deploy="command")
    if where == "base":
        described += b"namespace: base\nbase: {namespace: locked-shop}\n"
        stage.kubectl("create", "namespace", namespace)
    repo.push("topic", app=app("locked"), devstack=described)
    number = repo.pull("topic")
    repo.say(number, f"/devstack deploy --label {name}")
    stage.wait_ready(repo.name, number)
    assert repo.answer(f"{name}.{repo.host}") == "locked"
    secret = yaml.safe_load(stage.kubectl("get", "secret", names.pull_secret(name), "-n", namespace, "-o", "yaml"))
    given = json.loads(base64.b64decode(secret["data"][".dockerconfigjson"]))
    assert list(given["auths"]) == [locked.address]
    images = stage.kubectl("get", "pods", "-n", namespace, "-o", "jsonpath={.items[*].spec.containers[*].image}")
    assert images.startswith(f"{locked.address}/faults/{name}/web@sha256:")
    assert len(tags(locked, f"faults/{name}/web")) == 1
    repo.close(number)
    repo.wait_gone(number)
    assert tags(locked, f"faults/{name}/web") == []
    if where == "base":
        marked = stage.kubectl("get", "all,secrets", "-n", namespace, "-l", "devstack.dev/stack", "-o", "name")
        assert marked.split() == []
        stage.kubectl("delete", "namespace", namespace, "--timeout=60s")
    shown = stage.comment(repo.name, number) + "".join(
        path.read_text(errors="replace") for path in stage.bot.logs.glob("*.log")
    )
    assert LOGIN.password not in shown
    assert base64.b64encode(f"{LOGIN.user}:{LOGIN.password}".encode()).decode() not in shown
