"""Everything that the stand-in says is held against GitHub's own published description."""

import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from playground.github.description import Description
from tests.pure.github_standin.conftest import Play

R = "/repos/acme/shop"

OPERATIONS: tuple[tuple[str, str, dict[str, Any] | None, int], ...] = (
    ("GET", R, None, 200),
    ("GET", "/repos/acme/nothing", None, 404),
    ("GET", R + "/pulls", None, 200),
    ("GET", R + "/pulls?state=all&sort=updated&direction=asc&per_page=1&page=1", None, 200),
    ("GET", R + "/pulls/1", None, 200),
    ("GET", R + "/pulls/99", None, 404),
    ("GET", R + "/pulls/1/commits", None, 200),
    ("GET", R + "/pulls/1/files", None, 200),
    ("PATCH", R + "/pulls/1", {"title": "Another", "body": "Text"}, 200),
    ("GET", R + "/collaborators/ada/permission", None, 200),
    ("GET", R + "/collaborators/eve/permission", None, 200),
    ("GET", R + "/collaborators/nobody/permission", None, 404),
    ("GET", R + "/contents/.devstack.yaml?ref={sha}", None, 200),
    ("GET", R + "/contents/nothing.txt", None, 404),
    ("GET", R + "/branches/main", None, 200),
    ("GET", R + "/branches/none", None, 404),
    ("GET", R + "/commits/{sha}", None, 200),
    ("GET", R + "/commits/{sha}/pulls", None, 200),
    ("POST", R + "/statuses/{sha}", {"state": "pending", "context": "devstack", "description": "Building"}, 201),
    ("POST", R + "/statuses/{sha}", {"state": "splendid"}, 422),
    ("GET", R + "/commits/{sha}/status", None, 200),
    ("GET", R + "/commits/{sha}/statuses", None, 200),
    ("GET", R + "/issues/1/comments", None, 200),
    ("GET", R + "/issues/1/comments?since=2020-01-01T00:00:00Z&per_page=100", None, 200),
    ("POST", R + "/issues/1/comments", {"body": "Hello"}, 201),
    ("POST", R + "/issues/1/comments", {"body": "x" * 65_537}, 422),
    ("GET", R + "/issues/comments/{comment}", None, 200),
    ("POST", R + "/issues/comments/{comment}/reactions", {"content": "eyes"}, 201),
    ("POST", R + "/issues/comments/{comment}/reactions", {"content": "eyes"}, 200),
    ("POST", R + "/issues/comments/{comment}/reactions", {"content": "shrug"}, 422),
    ("GET", R + "/issues/comments/{comment}/reactions", None, 200),
    ("GET", R + "/issues/1/labels", None, 200),
    ("POST", R + "/issues/1/labels", {"labels": ["devstack/feature1"]}, 200),
    ("DELETE", R + "/issues/1/labels/bug", None, 200),
    ("GET", R + "/hooks", None, 200),
    ("GET", "/user", None, 200),
    ("GET", "/user/repos?per_page=100&page=1", None, 200),
    ("GET", "/installation/repositories", None, 403),
    ("GET", "/users/ada", None, 200),
)


def test_every_operation_answers_as_github_describes(play: Play, description: Description) -> None:
    for method, path, body, status in OPERATIONS:
        answer = play.api(
            method, path.format(sha=play.sha, comment=play.comment), **({"json": body} if body is not None else {})
        )
        assert answer.status_code == status, f"{method} {path}: {answer.text}"
    journal = play.act("journal")["requests"]
    assert len(journal) == len(OPERATIONS)
    assert [problem for exchange in journal for problem in description.problems(exchange)] == []


def test_a_merge_and_a_deletion_answer_as_described(play: Play, description: Description) -> None:
    mine = play.api("POST", R + "/issues/1/comments", json={"body": "Mine"}).json()["id"]
    assert play.api("DELETE", f"{R}/issues/comments/{mine}").status_code == 204
    assert play.api("PUT", R + "/pulls/1/merge", json={}).status_code == 200
    assert play.api("GET", R + "/pulls/1").json()["merged"] is True
    assert play.api("PUT", R + "/pulls/1/merge", json={}).status_code == 405
    journal = play.act("journal")["requests"]
    assert [problem for exchange in journal for problem in description.problems(exchange)] == []


def test_a_deployment_goes_its_way_as_described(play: Play, description: Description) -> None:
    one = {
        "ref": play.sha,
        "environment": "f1",
        "required_contexts": [],
        "auto_merge": False,
        "transient_environment": True,
    }
    first = play.api("POST", R + "/deployments", json=one).json()["id"]
    second = play.api("POST", R + "/deployments", json=one).json()["id"]
    assert [each["id"] for each in play.api("GET", R + "/deployments?environment=f1").json()] == [second, first]
    assert play.api("DELETE", f"{R}/deployments/{first}").status_code == 422
    for state, status in (("in_progress", 201), ("success", 201), ("splendid", 422), ("inactive", 201)):
        answer = play.api("POST", f"{R}/deployments/{first}/statuses", json={"state": state})
        assert answer.status_code == status
    said = play.api("GET", f"{R}/deployments/{first}/statuses").json()
    assert [each["state"] for each in said] == ["inactive", "success", "in_progress"]
    assert play.api("GET", f"{R}/deployments/{first}").json()["transient_environment"] is True
    assert play.api("DELETE", f"{R}/deployments/{first}").status_code == 204
    assert play.api("GET", f"{R}/deployments/{first}").status_code == 404
    assert play.api("POST", R + "/deployments", json={"ref": "no-such-branch"}).status_code == 422
    play.api("POST", f"{R}/statuses/{play.sha}", json={"state": "pending", "context": "ci"})
    assert play.api("POST", R + "/deployments", json={"ref": play.sha}).status_code == 409
    journal = play.act("journal")["requests"]
    assert [problem for exchange in journal for problem in description.problems(exchange)] == []


def test_the_head_repository_of_a_deleted_fork_is_null(play: Play, description: Description) -> None:
    fork = play.act("fork", repo="acme/shop", by="eve")["repo"]
    play.act("push", repo=fork, branch="idea", files={"x": "eA=="}, by="eve")
    number = play.act("pull", repo="acme/shop", head_repo=fork, branch="idea", title="Idea", by="eve")["number"]
    assert play.api("GET", f"{R}/pulls/{number}").json()["head"]["repo"]["full_name"] == "eve/shop"
    play.act("delete_repo", repo=fork)
    assert play.api("GET", f"{R}/pulls/{number}").json()["head"]["repo"] is None
    journal = play.act("journal")["requests"]
    assert [problem for exchange in journal for problem in description.problems(exchange)] == []


def test_an_app_signs_in_with_a_jwt_and_gets_a_token_for_its_repositories(play: Play, description: Description) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )
    installation = play.act("app", id=42, slug="devstack", public_key=public)["installation"]
    signed = {
        "Authorization": f"Bearer {jwt.encode({'iss': '42', 'iat': 1, 'exp': 4_000_000_000}, key, algorithm='RS256')}"
    }
    assert play.api("GET", "/app", headers=signed).json()["slug"] == "devstack"
    assert play.api("GET", R + "/installation", headers=signed).json()["id"] == installation
    made = play.api(
        "POST", f"/app/installations/{installation}/access_tokens", headers=signed, json={"repositories": ["shop"]}
    )
    assert made.status_code == 201
    token = {"Authorization": f"token {made.json()['token']}"}
    assert play.api("GET", R, headers=token).status_code == 200
    listed = play.api("GET", "/app/installations?per_page=100&page=1", headers=signed).json()
    assert [each["id"] for each in listed] == [installation]
    seen = play.api("GET", "/installation/repositories?per_page=100&page=1", headers=token).json()
    assert [each["full_name"] for each in seen["repositories"]] == ["acme/shop"]
    assert play.api("GET", R, headers={"Authorization": "Bearer wrong"}).status_code == 401
    journal = play.act("journal")["requests"]
    assert [problem for exchange in journal for problem in description.problems(exchange)] == []


@pytest.mark.parametrize("prefix", ["", "/api/v3"])
def test_it_answers_at_githubs_paths_and_at_those_of_enterprise(play: Play, prefix: str) -> None:
    assert play.api("GET", f"{prefix}{R}").json()["full_name"] == "acme/shop"


def test_pages_have_links_and_answers_have_etags_and_limits(play: Play) -> None:
    for position in range(5):
        play.act("comment", repo="acme/shop", number=1, body=f"Comment {position}", by="ada")
    first = play.api("GET", R + "/issues/1/comments?per_page=2")
    assert len(first.json()) == 2
    assert 'rel="next"' in first.headers["Link"]
    assert 'rel="last"' in first.headers["Link"]
    last = play.api("GET", R + "/issues/1/comments?per_page=2&page=3")
    assert 'rel="next"' not in last.headers["Link"]
    again = play.api("GET", R + "/issues/1/comments?per_page=2", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert int(first.headers["X-RateLimit-Remaining"]) < int(first.headers["X-RateLimit-Limit"])


def test_who_may_not_write_is_told_so(play: Play) -> None:
    stranger = {"Authorization": "Bearer stranger-token"}
    refused = play.api("POST", f"{R}/statuses/{play.sha}", json={"state": "success"}, headers=stranger)
    assert refused.status_code == 403
    assert refused.headers["X-Accepted-GitHub-Permissions"]
    assert play.api("GET", R, headers={"Authorization": ""}).status_code == 401


def test_faults_hit_as_many_requests_as_were_ordered(play: Play) -> None:
    play.act("faults", errors=1, secondary=1, retry_after=7)
    assert play.api("GET", R).status_code == 502
    limited = play.api("GET", R)
    assert (limited.status_code, limited.headers["Retry-After"]) == (403, "7")
    assert "secondary rate limit" in limited.json()["message"]
    assert play.api("GET", R).status_code == 200


def test_webhooks_are_signed_and_shaped_like_githubs(play: Play, description: Description) -> None:
    play.act("faults", lost_webhooks=99)
    play.act("hook", repo="acme/shop", url="http://127.0.0.1:9/nowhere", secret="hook-secret",
             events=["pull_request", "issue_comment", "push"])  # fmt: skip
    play.act("push", repo="acme/shop", branch="topic", files={"x": "eA=="}, by="ada")
    play.act("comment", repo="acme/shop", number=1, body="Hi", by="ada")
    play.act("label", repo="acme/shop", number=1, label="devstack/f1", by="ada")
    play.act("label", repo="acme/shop", number=1, label="devstack/f1", by="ada", add=False)
    play.act("edit", repo="acme/shop", number=1, changes={"body": "Other"}, by="ada")
    play.act("close", repo="acme/shop", number=1, by="ada")
    play.act("reopen", repo="acme/shop", number=1, by="ada")
    deliveries = play.world.store.deliveries
    seen = {(each.event, each.action) for each in deliveries}
    assert seen == {
        ("ping", None), ("push", None), ("pull_request", "synchronize"), ("issue_comment", "created"), ("pull_request", "labeled"),
        ("pull_request", "unlabeled"), ("pull_request", "edited"), ("pull_request", "closed"), ("pull_request", "reopened"),
    }  # fmt: skip
    problems = [
        problem
        for each in deliveries
        for problem in description.webhook_problems(each.event, each.action, json.loads(each.body))
    ]
    assert problems == []


def test_a_redelivery_keeps_its_guid(play: Play) -> None:
    play.act("faults", lost_webhooks=99)
    play.act("hook", repo="acme/shop", url="http://127.0.0.1:9/nowhere", secret="hook-secret", events=["push"])
    first = play.act("deliveries")["deliveries"][0]
    play.act("redeliver", id=first["id"])
    second = play.act("deliveries")["deliveries"][1]
    assert second["guid"] == first["guid"]
    assert second["id"] != first["id"]
