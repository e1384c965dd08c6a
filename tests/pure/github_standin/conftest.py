"""A stand-in in this process, and GitHub's own description of what it should say."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from playground.github.app import create_app

TOKEN = {"Authorization": "Bearer bot-token"}


class Play:
    """The stand-in with a repository, people and a pull request."""

    def __init__(self, folder: Path) -> None:
        self.app = create_app("http://github.test", folder)
        self.http = TestClient(self.app, base_url="http://github.test", headers=TOKEN)
        self.act("user", login="bot", type="Bot", tokens=["bot-token"])
        self.act("user", login="stranger", tokens=["stranger-token"])
        files = {".devstack.yaml": "services: {}\n", "app/main.py": "print()\n"}
        self.act(
            "repo", repo="acme/shop", files=encoded(files), roles={"bot": "write", "ada": "maintain", "eve": "triage"}
        )
        self.act("user", login="ada")
        self.act("user", login="eve")
        self.sha = self.act(
            "push", repo="acme/shop", branch="topic", files=encoded({"app/main.py": "print(1)\n"}), by="ada"
        )["sha"]
        self.number = self.act(
            "pull", repo="acme/shop", branch="topic", title="A change", body="Text", by="ada", labels=["bug"]
        )["number"]
        self.comment = self.act("comment", repo="acme/shop", number=self.number, body="/devstack help", by="ada")["id"]

    def act(self, action: str, **given: Any) -> dict[str, Any]:
        answer = self.http.post(f"/_standin/{action}", json=given)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def api(self, method: str, path: str, **given: Any) -> Any:
        return self.http.request(method, path, **given)

    @property
    def world(self) -> Any:
        return self.app.state.world


def encoded(files: dict[str, str]) -> dict[str, str]:
    return {path: base64.b64encode(text.encode()).decode() for path, text in files.items()}


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    made = Play(tmp_path)
    with made.http:
        yield made
