"""Every example payload that GitHub publishes is answered without a 5xx."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from bot.events import PullRequestEvent
from bot.payload import read
from tests.npm_package import package
from tests.pure.bot.test_webhook import send

HASH = "89e6cb1c6345d32e3dd775617fa54effbdc26c859e514898d7728e95e9738280"


@pytest.fixture(scope="module")
def examples() -> list[dict[str, Any]]:
    folder: Path = package("@octokit/webhooks-examples", "7.6.1", HASH)
    found: list[dict[str, Any]] = json.loads((folder / "api.github.com" / "index.json").read_text())
    return found


def test_who_wrote_a_text_is_read_where_github_puts_it(examples: list[dict[str, Any]]) -> None:
    (found,) = [each["examples"] for each in examples if each["name"] == "pull_request"]
    opened = next(each for each in found if each["action"] == "opened")
    edited = {**opened, "action": "edited", "changes": {"body": {"from": "as it was"}}}
    for each, before in ((opened, ""), (edited, "as it was"), ({**edited, "changes": {"body": None}}, "")):
        event = read("pull_request", "d", json.dumps(each).encode())
        assert isinstance(event, PullRequestEvent)
        assert (event.by, event.body, event.body_before) == (
            opened["sender"]["login"],
            opened["pull_request"]["body"],
            before,
        )


def test_every_published_example_is_answered(client: TestClient, examples: list[dict[str, Any]]) -> None:
    answers: dict[str, set[int]] = {}
    for event in examples:
        for position, payload in enumerate(event["examples"]):
            delivery = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{event['name']}-{position}"))
            answer = send(client, payload, event["name"], **{"X-GitHub-Delivery": delivery})
            answers.setdefault(event["name"], set()).add(answer.status_code)
    assert len(answers) == 58
    assert {status for statuses in answers.values() for status in statuses} == {200, 202}
    taken = {name for name, statuses in answers.items() if 202 in statuses}
    assert taken == {"pull_request", "push", "installation", "installation_repositories"}, "no example comments on a PR"
