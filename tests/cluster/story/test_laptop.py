"""`devstack up | status | down`: the same pipelines for a folder, without GitHub and without a bot."""

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from playground.cluster.value import Playground
from playground.demo.stage import ROOT, apply_crd, bot_settings, kubectl, request
from tests.cluster.story.people import DOCKERFILE, app, config

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]
HOST = "laptop.example.com"


class Laptop:
    """A person with a repository and a terminal."""

    def __init__(self, ground: Playground, folder: Path) -> None:
        self.ground = ground
        self.folder = folder / "my-shop"
        self.work = folder / "work"
        self.folder.mkdir()
        self.git("init", "-q", "-b", "main")
        self.commit(app("base"))

    def git(self, *arguments: str) -> None:
        """git, as somebody."""
        who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
        subprocess.run(["git", "-C", str(self.folder), *who, *arguments], check=True, capture_output=True)

    def commit(self, program: bytes) -> None:
        """Commit the service with this program."""
        files = {".devstack.yaml": config(HOST), "app.py": program, "Dockerfile": DOCKERFILE.encode()}
        for name, data in files.items():
            (self.folder / name).write_bytes(data)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "Change")

    def devstack(self, *arguments: str, folder: Path | None = None) -> "subprocess.CompletedProcess[str]":
        """The command line, with the playground's settings."""
        environment = {**os.environ, **bot_settings(self.ground, self.work)}
        return subprocess.run(
            [sys.executable, "-m", "cli.main", *arguments, str(folder or self.folder)],
            env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip

    def ask(self, host: str) -> httpx.Response:
        """A request through Traefik."""
        return request(self.ground, host)


@pytest.fixture(scope="module")
def laptop(alone: Playground, tmp_path_factory: pytest.TempPathFactory) -> Laptop:
    apply_crd(alone)
    return Laptop(alone, tmp_path_factory.mktemp("laptop"))


def test_a_folder_without_a_stack_or_without_git_is_told_so(laptop: Laptop, tmp_path: Path) -> None:
    none = laptop.devstack("status")
    assert (none.returncode, none.stdout) == (3, "There is no stack of this folder. `devstack up` makes one.\n")
    nothing = laptop.devstack("up", folder=tmp_path)
    assert nothing.returncode == 1
    assert "not a git repository" in nothing.stderr


def test_up_status_and_down(laptop: Laptop) -> None:
    laptop.git("checkout", "-q", "-b", "topic")
    laptop.commit(app("mine"))
    up = laptop.devstack("up", "--label", "mine")
    assert up.returncode == 0, up.stdout + up.stderr
    assert up.stdout.startswith("Ready  mine  ")
    assert laptop.ask(f"mine.{HOST}").text == "mine"
    status = laptop.devstack("status", "--json")
    assert status.returncode == 0
    stack = json.loads(status.stdout)
    assert [each["name"] for each in stack["status"]["services"]] == ["web"]
    down = laptop.devstack("down", "--json")
    assert (down.returncode, json.loads(down.stdout)) == (0, {"gone": True}), down.stderr
    assert laptop.ask(f"mine.{HOST}").status_code == 404
    assert stack["status"]["namespace"] not in kubectl(laptop.ground, "get", "namespaces", "-o", "name")
    assert laptop.devstack("status").returncode == 3


def test_a_program_that_does_not_build_ends_with_its_log(laptop: Laptop) -> None:
    (laptop.folder / "Dockerfile").write_text("FROM python:3.11-slim-bookworm\nRUN echo what is wrong && false\n")
    laptop.git("commit", "-q", "-a", "-m", "Break it")
    up = laptop.devstack("up", "--label", "mine")
    assert up.returncode == 1
    assert "what is wrong" in up.stderr
    assert laptop.devstack("down").returncode == 0
