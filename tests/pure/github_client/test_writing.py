"""Reactions and commit statuses."""

import pytest

from tests.pure.github_client.world import Played
from workers.github.client import GitHub
from workers.github.errors import Gone, Rejected

REACTIONS = "/repos/acme/shop/issues/comments/5/reactions"
SHA = "a" * 40
STATUSES = f"/repos/acme/shop/statuses/{SHA}"
STANDING = f"/repos/acme/shop/commits/{SHA}/status"


@pytest.mark.parametrize(("status", "new"), [(201, True), (200, False)])
def test_a_reaction_tells_whether_it_is_new(played: Played, github: GitHub, status: int, new: bool) -> None:
    played.answer("POST", REACTIONS, {"id": 1, "content": "eyes"}, status=status)
    assert github.react("acme/shop", 5, "eyes") is new
    assert played.sent == [{"content": "eyes"}]


def test_a_reaction_to_a_deleted_comment(played: Played, github: GitHub) -> None:
    played.answer("POST", REACTIONS, {"message": "Not Found"}, status=404)
    with pytest.raises(Gone, match="comment 5"):
        github.react("acme/shop", 5, "eyes")


def test_only_our_own_reactions_count(played: Played, github: GitHub) -> None:
    played.answer("GET", "/user", {"login": "Devstack-Bot"})
    more = {"Link": '<x>; rel="next"'}
    played.answer("GET", REACTIONS, [reaction("rocket", "eve"), {"content": "eyes", "user": None}], headers=more)
    played.answer("GET", REACTIONS, [reaction("confused", "devstack-bot"), reaction("eyes", "devstack-bot")])
    assert github.my_reactions("acme/shop", 5) == {"confused", "eyes"}


def test_a_deleted_comment_has_no_reactions(played: Played, github: GitHub) -> None:
    played.answer("GET", "/user", {"login": "bot"})
    played.answer("GET", REACTIONS, {"message": "Not Found"}, status=404)
    assert github.my_reactions("acme/shop", 5) == set()


def test_a_status_is_set(played: Played, github: GitHub) -> None:
    played.answer("GET", STANDING, {"statuses": []})
    played.answer("POST", STATUSES, {"id": 1}, status=201)
    github.set_status("acme/shop", SHA, "success", "ready in 41 s", "https://x.example.com/")
    assert played.sent == [
        {
            "context": "devstack",
            "state": "success",
            "description": "ready in 41 s",
            "target_url": "https://x.example.com/",
        }
    ]


def test_a_status_that_stands_is_not_set_again(played: Played, github: GitHub) -> None:
    standing = {"context": "devstack", "state": "success", "description": "ready", "target_url": None, "id": 3}
    played.answer("GET", STANDING, {"statuses": [{"context": "ci", "state": "failure"}, standing]})
    github.set_status("acme/shop", SHA, "success", "ready", "")
    assert played.asked == [f"GET {STANDING}?per_page=100"]


@pytest.mark.parametrize("change", [{"state": "failure"}, {"description": "ready again"}, {"context": "devstack/base"}])
def test_a_status_that_differs_is_set(played: Played, github: GitHub, change: dict[str, str]) -> None:
    standing = {"context": "devstack", "state": "success", "description": "ready", "target_url": None}
    played.answer("GET", STANDING, {"statuses": [{**standing, **change}]})
    played.answer("POST", STATUSES, {"id": 1}, status=201)
    github.set_status("acme/shop", SHA, "success", "ready", "")
    assert played.sent == [{"context": "devstack", "state": "success", "description": "ready"}]


def test_a_description_is_cut_to_what_github_takes(played: Played, github: GitHub) -> None:
    played.answer("GET", STANDING, {"statuses": []})
    played.answer("POST", STATUSES, {"id": 1}, status=201)
    github.set_status("acme/shop", SHA, "failure", "x" * 141, "", context="devstack/base")
    assert played.sent[0]["description"] == "x" * 139 + "…"
    assert played.sent[0]["context"] == "devstack/base"


def test_a_status_of_a_commit_that_github_does_not_know(played: Played, github: GitHub) -> None:
    played.answer("GET", STANDING, {"message": "Not Found"}, status=404)
    played.answer("POST", STATUSES, {"message": f"No commit found for SHA: {SHA}"}, status=422)
    with pytest.raises(Rejected, match="No commit found"):
        github.set_status("acme/shop", SHA, "pending", "queued", "")


def reaction(content: str, login: str) -> dict[str, object]:
    """A reaction as GitHub describes one."""
    return {"content": content, "user": {"login": login, "type": "User"}}
