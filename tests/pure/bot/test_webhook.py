"""The endpoint's answers, with a queue that stands still: every status, and what bad input gets."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import MutableMapping
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
    return client.post(
        "/webhooks/github", content=body, headers={key: value.encode("latin-1") for key, value in given.items() if value}
    )


def test_a_command_is_taken_once(client: TestClient, queue: Queue) -> None:
    assert send(client, COMMENT).status_code == 202
    again = send(client, COMMENT)
    assert (again.status_code, again.json()) == (200, {"status": "known already"})
    assert list(queue.taken) == [GUID]


def test_a_redelivered_pull_request_is_known_however_its_id_is_written(client: TestClient, queue: Queue) -> None:
    payload = {"action": "opened", "number": 7, "repository": {"full_name": "acme/shop"}}
    assert send(client, payload, "pull_request").status_code == 202
    assert send(client, payload, "pull_request", **{"X-GitHub-Delivery": GUID.upper()}).status_code == 200
    assert len(queue.taken) == 1


def test_a_replay_under_a_new_id_is_the_same_job_but_for_the_id(client: TestClient, queue: Queue) -> None:
    send(client, COMMENT)
    send(client, COMMENT, **{"X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-000000000000"})
    first, second = (jobs.to_json(job) for job in queue.taken.values())
    assert {**first, "delivery": ""} == {**second, "delivery": ""}


@pytest.mark.parametrize(
    "signature", ["", "sha256=", "sha256=" + "0" * 64, "sha256=" + "\u00e9" * 64, "sha1=" + "0" * 40, "0" * 64]
)
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
        json.dumps({**COMMENT, "repository": {"full_name": "noslash"}}).encode(),
        json.dumps({**COMMENT, "repository": {"full_name": "../.."}}).encode(),
        json.dumps({**COMMENT, "comment": {"id": -1, "body": "/devstack status", "user": {"login": "ada"}}}).encode(),
        json.dumps(COMMENT).replace("ada", "\\ud800").encode(),
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
        "no-owner",
        "odd-repository",
        "negative-id",
        "lone-surrogate",
    ],
)
def test_a_malformed_body_is_400_and_says_why(client: TestClient, body: bytes) -> None:
    answer = send(client, body)
    assert answer.status_code == 400
    assert "issue_comment" in answer.json()["error"]


@pytest.mark.parametrize("header", ["X-GitHub-Event", "X-GitHub-Delivery"])
@pytest.mark.parametrize("value", ["", "../../x", "a" * 65, f"{GUID}-{GUID}", "x y"])
def test_missing_or_odd_headers_are_400(client: TestClient, header: str, value: str) -> None:
    answer = send(client, COMMENT, **{header: value})
    assert answer.status_code == 400
    assert header in answer.json()["error"]


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "application/jsonp", ""])
def test_other_content_types_are_415(client: TestClient, kind: str) -> None:
    answer = send(client, COMMENT, **{"Content-Type": kind})
    assert answer.status_code == 415
    assert "application/json" in answer.json()["hint"]


def test_a_content_type_may_name_its_charset(client: TestClient) -> None:
    assert send(client, COMMENT, **{"Content-Type": "Application/JSON; charset=utf-8"}).status_code == 202


class Reader:
    """A body that counts how much of it was asked for."""

    def __init__(self, chunks: int) -> None:
        self.left, self.read = chunks, 0

    async def __call__(self) -> dict[str, Any]:
        self.left -= 1
        self.read += 10_000
        return {"type": "http.request", "body": b"x" * 10_000, "more_body": self.left > 0}


async def offered(client: TestClient, reader: Reader, **headers: str) -> int:
    """The application's answer to a body that comes in chunks: the test client would read it all first."""
    status = 0

    async def send(message: MutableMapping[str, Any]) -> None:
        nonlocal status
        status = message.get("status", status)

    given = {"content-type": "application/json", "x-hub-signature-256": "sha256=" + "0" * 64, **headers}
    raw = [(name.encode(), value.encode()) for name, value in given.items()]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/webhooks/github",
        "headers": raw,
        "query_string": b"",
        "root_path": "",
    }
    await client.app(scope, reader, send)
    return status


def test_a_large_body_is_413_without_being_read_when_it_says_its_length(client: TestClient) -> None:
    reader = Reader(1000)
    assert asyncio.run(offered(client, reader, **{"content-length": "100001"})) == 413
    assert reader.read == 0
    assert send(client, b"x" * 100_001).status_code == 413


def test_a_large_body_is_413_as_soon_as_it_is_too_large(client: TestClient) -> None:
    reader = Reader(1000)
    assert asyncio.run(offered(client, reader)) == 413
    assert reader.read == 110_000


def test_an_unsigned_body_is_401_without_being_read(client: TestClient) -> None:
    reader = Reader(1000)
    assert asyncio.run(offered(client, reader, **{"x-hub-signature-256": ""})) == 401
    assert reader.read == 0


@pytest.mark.parametrize(("length", "status"), [("9" * 5000, 413), ("-1", 400), ("1e3", 400), ("\u00b2", 400)])
def test_an_odd_content_length_is_refused(client: TestClient, length: str, status: int) -> None:
    assert asyncio.run(offered(client, Reader(1), **{"content-length": length})) == status


def test_a_body_of_just_the_allowed_size_is_read(client: TestClient) -> None:
    padded = json.dumps({**COMMENT, "padding": ""}).encode()
    body = padded.replace(b'"padding": ""', b'"padding": "' + b"x" * (100_000 - len(padded)) + b'"')
    assert len(body) == 100_000
    assert send(client, body).status_code == 202


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
        ("made_up_event", {"action": 7, "repository": "what?"}),
        (
            "push",
            {"ref": "refs/tags/v1", "after": "a" * 40, "repository": {"full_name": "acme/shop", "default_branch": "v1"}},
        ),
        ("pull_request", {"action": "assigned", "number": 7, "repository": {"full_name": "acme/shop"}}),
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


def test_a_repository_that_is_not_listed_says_so(client: TestClient, queue: Queue) -> None:
    answer = send(client, {**COMMENT, "repository": {"full_name": "stranger/shop"}})
    assert "DEVSTACK_GITHUB_REPOSITORIES" in answer.json()["reason"]
    assert not queue.taken


@pytest.mark.parametrize(("method", "status"), [("GET", 405), ("PUT", 405)])
def test_only_post_is_answered(client: TestClient, method: str, status: int) -> None:
    assert client.request(method, "/webhooks/github").status_code == status


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


def test_without_an_address_of_redis_it_refuses_to_start() -> None:
    with pytest.raises(SystemExit, match="DEVSTACK_REDIS_URL"):
        bot_app.create_app(Settings(github_webhook_secret=SECRET, redis_url="nowhere"))


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVSTACK_BODY_MAX", "much")
    bot_app.load.cache_clear()
    with pytest.raises(SystemExit, match=r"DEVSTACK_BODY_MAX: .*integer"):
        bot_app.create_app()
