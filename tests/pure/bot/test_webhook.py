"""The endpoint's answers, with a queue that stands still: every status, and what bad input gets."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from bot import app as bot_app
from config.settings import Settings
from model import jobs
from tests.pure.bot.conftest import SECRET, Queue

GUID = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
COMMENT: dict[str, Any] = {
    "action": "created",
    "issue": {"number": 7, "pull_request": {"url": "x"}},
    "comment": {"id": 9, "body": "/devstack status", "user": {"login": "ada"}},
    "repository": {"full_name": "acme/shop", "default_branch": "main"},
}


def signed(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def send(client: TestClient, payload: Any, event: str = "issue_comment", **headers: str) -> Any:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    given = {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": GUID,
        "X-Hub-Signature-256": signed(body),
        **headers,
    }
    return client.post("/webhooks/github", content=body, headers={key: value for key, value in given.items() if value})


def test_a_command_is_taken_once(client: TestClient, queue: Queue) -> None:
    assert send(client, COMMENT).status_code == 202
    again = send(client, COMMENT)
    assert (again.status_code, again.json()) == (200, {"status": "known already"})
    assert list(queue.taken) == [GUID]


def test_a_replay_under_a_new_id_is_the_same_job_but_for_the_id(client: TestClient, queue: Queue) -> None:
    send(client, COMMENT)
    send(client, COMMENT, **{"X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-000000000000"})
    first, second = (jobs.to_json(job) for job in queue.taken.values())
    assert {**first, "delivery": ""} == {**second, "delivery": ""}


@pytest.mark.parametrize("signature", ["", "sha256=", "sha256=" + "0" * 64, "sha1=abc"])
def test_a_missing_or_wrong_signature_is_401(client: TestClient, queue: Queue, signature: str) -> None:
    answer = send(client, COMMENT, **{"X-Hub-Signature-256": signature})
    assert answer.status_code == 401
    assert "DEVSTACK_GITHUB_WEBHOOK_SECRET" in answer.json()["hint"]
    assert not queue.taken


def test_a_body_signed_with_another_secret_is_401(client: TestClient) -> None:
    body = json.dumps(COMMENT).encode()
    assert send(client, body, **{"X-Hub-Signature-256": signed(body, "other")}).status_code == 401


def test_the_signature_is_checked_before_the_body_is_looked_at(client: TestClient) -> None:
    assert send(client, b"{not json", **{"X-Hub-Signature-256": "sha256=" + "0" * 64}).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        json.dumps(COMMENT).encode()[:-9],
        b"[]",
        b"7",
        b"\xff\xfe{}",
        b"[" * 50_000,
        b'{"a":' * 15_000 + b"1" + b"}" * 15_000,
        b"{}",
        json.dumps({**COMMENT, "repository": None}).encode(),
        json.dumps({**COMMENT, "issue": {"number": "seven"}}).encode(),
    ],
    ids=[
        "empty",
        "truncated",
        "cut",
        "list",
        "number",
        "not-utf8",
        "deep-list",
        "deep-object",
        "nothing",
        "no-repository",
        "number-text",
    ],
)
def test_a_malformed_body_is_400_and_says_why(client: TestClient, body: bytes) -> None:
    answer = send(client, body)
    assert answer.status_code == 400
    assert "issue_comment" in answer.json()["error"]


@pytest.mark.parametrize("header", ["X-GitHub-Event", "X-GitHub-Delivery"])
@pytest.mark.parametrize("value", ["", "../../x", "a" * 65])
def test_missing_or_odd_headers_are_400(client: TestClient, header: str, value: str) -> None:
    answer = send(client, COMMENT, **{header: value})
    assert answer.status_code == 400
    assert header in answer.json()["error"]


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", ""])
def test_other_content_types_are_415(client: TestClient, kind: str) -> None:
    answer = send(client, COMMENT, **{"Content-Type": kind})
    assert answer.status_code == 415
    assert "application/json" in answer.json()["hint"]


def test_a_large_body_is_413_by_its_announced_length(client: TestClient) -> None:
    assert send(client, b"x" * 100_001).status_code == 413


def test_a_large_body_is_413_while_it_streams(client: TestClient) -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        for _ in range(1000):
            read += 10_000
            yield b"x" * 10_000

    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": "sha256=" + "0" * 64}
    assert client.post("/webhooks/github", content=endless(), headers=headers).status_code == 413


def test_a_queue_out_of_reach_is_503_and_claims_nothing(client: TestClient, queue: Queue) -> None:
    queue.down = True
    answer = send(client, COMMENT)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    queue.down = False
    assert send(client, COMMENT).status_code == 202


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("ping", {"zen": "Anything added dilutes everything else.", "hook_id": 1}),
        ("star", {"action": "created"}),
        ("made_up_event", {}),
        ("issue_comment", {**COMMENT, "issue": {"number": 7}}),
        ("issue_comment", {**COMMENT, "action": "edited"}),
        ("issue_comment", {**COMMENT, "comment": {"id": 9, "body": None, "user": None}}),
        ("issue_comment", {**COMMENT, "repository": {"full_name": "stranger/shop"}}),
    ],
)
def test_what_is_not_ours_is_200(client: TestClient, queue: Queue, event: str, payload: dict[str, Any]) -> None:
    assert send(client, payload, event).status_code == 200
    assert not queue.taken


@pytest.mark.parametrize(
    "branch", ["feature/🧺", "a" * 250, "`id`", "$(reboot)", "x/../y", "-rf", "refs/heads/main", "ünï/cödé"]
)
def test_a_pull_request_from_any_branch_and_a_deleted_fork_is_taken(client: TestClient, branch: str) -> None:
    payload = {
        "action": "opened",
        "number": 7,
        "pull_request": {"head": {"ref": branch, "sha": "a" * 40, "repo": None}},
        "repository": {"full_name": "acme/shop"},
    }
    assert send(client, payload, "pull_request").status_code == 202


def test_health_readiness_and_metrics(client: TestClient, queue: Queue) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").status_code == 200
    send(client, COMMENT)
    assert 'devstack_webhook_answers_total{status="202"}' in client.get("/metrics").text
    queue.down = True
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("secret", ["", "   ", "short"])
def test_without_a_secret_it_refuses_to_start(secret: str) -> None:
    with pytest.raises(SystemExit, match="DEVSTACK_GITHUB_WEBHOOK_SECRET"):
        bot_app.create_app(Settings(github_webhook_secret=secret))
