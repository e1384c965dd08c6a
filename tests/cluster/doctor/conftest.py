"""All that a bot needs, and the doctor as people start it: a process with the bot's environment."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from playground import redis as redis_server
from playground.cluster.value import Playground
from playground.demo.stage import BOT, TOKEN, apply_crd, bot_settings, user
from playground.github.client import start
from playground.ports import free
from tests.cluster.routing import objects

CHART = Path(__file__).resolve().parents[3] / "helm" / "bot"
RELEASE, NAMESPACE = "doctors", "doctor-suite"
SECONDS = 90


@dataclass(frozen=True)
class Said:
    """What the doctor said: by check, each finding as (level, said, remedy)."""

    code: int
    ok: bool
    checks: dict[str, list[tuple[str, str, str]]]

    def bad(self) -> dict[str, list[tuple[str, str]]]:
        """What is bad, with what to change."""
        found = {
            name: [(said, remedy) for level, said, remedy in findings if level == "bad"]
            for name, findings in self.checks.items()
        }
        return {name: findings for name, findings in found.items() if findings}


@dataclass(frozen=True)
class Clinic:
    """An installation that is well, until a test changes its environment."""

    ground: Playground
    environment: Mapping[str, str]
    github: Any
    changed: dict[str, str] = field(default_factory=dict)

    def ask(self, *checks: str, **settings: str) -> Said:
        """Run the doctor."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith("DEVSTACK_")}
        done = subprocess.run(
            [sys.executable, "-m", "cli.main", "doctor", "--json", *checks],
            env={**plain, **self.environment, **settings}, capture_output=True, text=True, check=False, timeout=SECONDS,
        )  # fmt: skip
        assert done.stdout.startswith("{"), done.stdout + done.stderr
        told = json.loads(done.stdout)
        by_check = {
            each["check"]: [(one["level"], one["said"], one["remedy"]) for one in each["findings"]]
            for each in told["checks"]
        }
        return Said(done.returncode, told["ok"], by_check)


@pytest.fixture(scope="module")
def clinic(alone: Playground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clinic]:
    """Nobody else's bot; Redis, GitHub with a repository and its webhook, the playground's cluster, Traefik and registry."""
    folder = tmp_path_factory.mktemp("clinic")
    apply_crd(alone)
    redis = redis_server.start(folder / "redis")
    try:
        github = start(free(18800), folder / "github", folder / "github.log")
        try:
            _, token = user(github)
            (folder / "repository").mkdir()
            (folder / "repository" / "README.md").write_text("A shop.\n")
            github.create_repo("acme/shop", folder / "repository", {BOT: "admin"})
            hook(github, "https://devstack.example.com/webhooks/github")
            environment = {
                **bot_settings(alone, folder / "work"),
                **token,
                "DEVSTACK_GITHUB_API_URL": github.url,
                "DEVSTACK_REDIS_URL": redis.url,
                "DEVSTACK_PREVIEW_BASE_URL": "http://localhost",  # hosts of other tests' Stacks are not looked up
            }
            yield Clinic(alone, environment, github)
        finally:
            github.stop()
    finally:
        redis.stop()


def hook(github: Any, url: str) -> None:
    """Have a webhook on the repository, as an administrator would make it."""
    config = {"url": url, "content_type": "json", "secret": "s"}
    answer = httpx.post(
        f"{github.url}/repos/acme/shop/hooks",
        json={"config": config, "events": ["pull_request", "issue_comment", "push"]},
        headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False, timeout=10,
    )  # fmt: skip
    assert answer.status_code == 201, answer.text


@pytest.fixture
def account(ground: Playground, tmp_path: Path) -> Iterator[Path]:
    """A kubeconfig with the rights that the chart gives the bot, and no others."""
    given = {
        "settings": {"registry": "r.example.com", "preview_base_url": "https://example.com"},
        "secrets": {"existingSecret": "devstack"},
        "provision": {"image": "r.example.com/hooks:1"},
    }
    done = subprocess.run(
        [str(ground.helm), "template", RELEASE, str(CHART), f"--namespace={NAMESPACE}", "--values=-"],
        input=json.dumps(given), capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    kinds = {"ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"}
    rendered = [each for each in yaml.safe_load_all(done.stdout) if each and each["kind"] in kinds]
    for each in rendered:
        if not each["kind"].startswith("Cluster"):
            each["metadata"]["namespace"] = NAMESPACE
    space = objects.namespaces([NAMESPACE])
    objects.lay(ground, space)
    objects.lay(ground, rendered)
    try:
        token = objects.kubectl(ground, "create", "token", f"{RELEASE}-devstack", f"--namespace={NAMESPACE}").strip()
        whole = yaml.safe_load(ground.kubeconfig.read_text())
        name = whole["current-context"]
        (context,) = [each for each in whole["contexts"] if each["name"] == name]
        whole["users"] = [{"name": context["context"]["user"], "user": {"token": token}}]
        path = tmp_path / "kubeconfig"
        path.write_text(yaml.safe_dump(whole))
        yield path
    finally:
        objects.take(ground, [*rendered, *space])
