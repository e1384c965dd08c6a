"""What is read of GitHub: pull requests, permissions, files, branches."""

import base64
from typing import Any

import pytest

from tests.pure.github_client.world import Played
from workers.faults import OurFault, UserFault
from workers.github.client import GitHub
from workers.github.errors import Gone
from workers.github.values import Permission

PULLS = "/repos/acme/shop/pulls"


def pull(number: int = 7, **changes: Any) -> dict[str, Any]:
    """A pull request as GitHub describes one, cut down to what is read."""
    return {
        "number": number,
        "state": "open",
        "merged_at": None,
        "draft": False,
        "title": "Blue buttons",
        "body": None,
        "user": {"login": "ada", "type": "User"},
        "head": {"sha": "a" * 40, "ref": "blue", "repo": {"full_name": "acme/shop", "default_branch": "main"}},
        "base": {"sha": "b" * 40, "ref": "main", "repo": {"full_name": "acme/shop", "default_branch": "main"}},
        "labels": [{"name": "devstack/feature1"}, {"name": "ui"}],
        "html_url": "https://github.com/acme/shop/pull/7",
        **changes,
    }


def test_a_pull_request_becomes_a_value(played: Played, github: GitHub) -> None:
    played.answer("GET", f"{PULLS}/7", pull())
    found = github.pull("acme/shop", 7)
    assert found is not None
    assert (found.repository, found.number, found.state, found.merged, found.draft) == (
        "acme/shop",
        7,
        "open",
        False,
        False,
    )
    assert (found.title, found.body, found.author, found.author_type) == ("Blue buttons", "", "ada", "User")
    assert (found.head_sha, found.head_ref, found.head_repo, found.is_fork) == ("a" * 40, "blue", "acme/shop", False)
    assert (found.base_sha, found.base_ref, found.base_repo, found.default_branch) == (
        "b" * 40,
        "main",
        "acme/shop",
        "main",
    )
    assert found.labels == ("devstack/feature1", "ui")
    assert found.html_url.endswith("/pull/7")


def test_a_fork_is_told_by_its_repository(played: Played, github: GitHub) -> None:
    head = {"sha": "a" * 40, "ref": "main", "repo": {"full_name": "eve/shop"}}
    played.answer("GET", f"{PULLS}/7", pull(head=head))
    found = github.pull("acme/shop", 7)
    assert found is not None
    assert (found.head_repo, found.is_fork) == ("eve/shop", True)


def test_a_deleted_fork_is_a_fork_without_repository(played: Played, github: GitHub) -> None:
    played.answer("GET", f"{PULLS}/7", pull(head={"sha": "a" * 40, "ref": "main", "repo": None}, user=None))
    found = github.pull("acme/shop", 7)
    assert found is not None
    assert (found.head_repo, found.is_fork, found.author) == (None, True, "ghost")


def test_the_case_of_a_name_makes_no_fork(played: Played, github: GitHub) -> None:
    base = {"sha": "b" * 40, "ref": "main", "repo": {"full_name": "Acme/Shop", "default_branch": "main"}}
    played.answer("GET", f"{PULLS}/7", pull(base=base))
    found = github.pull("acme/shop", 7)
    assert found is not None
    assert found.is_fork is False


def test_a_merged_pull_request_says_so(played: Played, github: GitHub) -> None:
    played.answer("GET", f"{PULLS}/7", pull(state="closed", merged_at="2026-01-01T00:00:00Z"))
    found = github.pull("acme/shop", 7)
    assert found is not None
    assert (found.state, found.merged) == ("closed", True)


@pytest.mark.parametrize("status", [404, 410])
def test_a_pull_request_that_is_not_to_be_seen_is_none(played: Played, github: GitHub, status: int) -> None:
    played.answer("GET", f"{PULLS}/7", {"message": "Not Found"}, status=status)
    assert github.pull("acme/shop", 7) is None


def test_open_pulls_are_read_page_by_page_and_each_once(played: Played, github: GitHub) -> None:
    more = {"Link": '<https://elsewhere.example/repositories/1/pulls?page=2>; rel="next"'}
    played.answer("GET", PULLS, [pull(9), pull(8)], headers=more)
    played.answer("GET", PULLS, [pull(8), pull(7)])
    assert [found.number for found in github.open_pulls("acme/shop")] == [9, 8, 7]
    query = "direction=desc&page={}&per_page=100&sort=created&state=open"
    assert played.asked == [f"GET {PULLS}?{query.format(1)}", f"GET {PULLS}?{query.format(2)}"]


def test_open_pulls_end_somewhere_even_where_github_never_ends(played: Played, github: GitHub) -> None:
    played.answer("GET", PULLS, [pull(1)], headers={"Link": '<x>; rel="next"'})
    assert len(github.open_pulls("acme/shop")) == 1
    assert len(played.asked) == 30


def test_open_pulls_of_a_repository_that_is_not_to_be_seen_are_no_empty_list(played: Played, github: GitHub) -> None:
    played.answer("GET", PULLS, {"message": "Not Found"}, status=404)
    with pytest.raises(Gone, match="acme/shop"):
        github.open_pulls("acme/shop")


def test_commits_of_a_pull_request(played: Played, github: GitHub) -> None:
    played.answer("GET", f"{PULLS}/7/commits", [{"sha": "a" * 40}, {"sha": "c" * 40}])
    assert github.commits("acme/shop", 7) == ["a" * 40, "c" * 40]


@pytest.mark.parametrize(
    ("word", "meant", "writes"),
    [
        ("admin", Permission.ADMIN, True),
        ("maintain", Permission.WRITE, True),
        ("write", Permission.WRITE, True),
        ("triage", Permission.READ, False),
        ("read", Permission.READ, False),
        ("none", Permission.NONE, False),
        ("something-new", Permission.NONE, False),
    ],
)
def test_permission(played: Played, github: GitHub, word: str, meant: Permission, writes: bool) -> None:
    played.answer("GET", "/repos/acme/shop/collaborators/ada/permission", {"permission": word})
    assert github.permission("acme/shop", "ada") is meant
    assert github.can_write("acme/shop", "ada") is writes


def test_somebody_whom_github_does_not_know_may_nothing(played: Played, github: GitHub) -> None:
    played.answer("GET", "/repos/acme/shop/collaborators/nobody/permission", {"message": "Not Found"}, status=404)
    assert github.permission("acme/shop", "nobody") is Permission.NONE


def test_a_login_cannot_leave_its_place_in_the_path(played: Played, github: GitHub) -> None:
    played.answer("GET", "/repos/acme/shop/collaborators/..%2F..%2Fx%3Fy%5Bbot%5D/permission", {"permission": "read"})
    assert github.can_write("acme/shop", "../../x?y[bot]") is False


@pytest.mark.parametrize(
    "name", ["acme", "acme/shop/x", "../x", "acme/..", "acme/shop?x", "acme/sh op", "", "acme/shop\n"]
)
def test_what_is_no_repository_is_never_asked_for(played: Played, github: GitHub, name: str) -> None:
    with pytest.raises(OurFault, match="owner/name"):
        github.default_branch(name)
    assert played.asked == []


def test_a_file(played: Played, github: GitHub) -> None:
    encoded = base64.encodebytes(b"services: {}\n" * 20).decode()
    data = {"type": "file", "encoding": "base64", "size": 260, "content": encoded}
    played.answer("GET", "/repos/acme/shop/contents/.devstack.yaml", data)
    assert github.file("acme/shop", ".devstack.yaml", "a" * 40) == b"services: {}\n" * 20
    assert played.asked == [f"GET /repos/acme/shop/contents/.devstack.yaml?ref={'a' * 40}"]


@pytest.mark.parametrize(
    "data",
    [
        [{"type": "file", "name": "x"}],
        {"type": "submodule", "submodule_git_url": "x", "size": 0},
        {"type": "symlink", "target": "/etc/passwd", "size": 11},
    ],
)
def test_what_is_no_file_is_none(played: Played, github: GitHub, data: Any) -> None:
    played.answer("GET", "/repos/acme/shop/contents/x", data)
    assert github.file("acme/shop", "x", "main") is None


def test_a_missing_file_is_none(played: Played, github: GitHub) -> None:
    played.answer("GET", "/repos/acme/shop/contents/x", {"message": "Not Found"}, status=404)
    assert github.file("acme/shop", "x", "main") is None


@pytest.mark.parametrize("path", ["../../../user", "a/../../b", "/etc/passwd"])
def test_a_path_outside_the_repository_is_never_asked_for(played: Played, github: GitHub, path: str) -> None:
    assert github.file("acme/shop", path, "main") is None
    assert played.asked == []


def test_a_file_of_which_github_sends_no_content_is_the_users_fault(played: Played, github: GitHub) -> None:
    data = {"type": "file", "encoding": "none", "size": 2_000_000, "content": ""}
    played.answer("GET", "/repos/acme/shop/contents/.devstack.yaml", data)
    with pytest.raises(UserFault, match="2000000 bytes"):
        github.file("acme/shop", ".devstack.yaml", "main")


def test_the_default_branch_and_its_head(played: Played, github: GitHub) -> None:
    played.answer("GET", "/repos/acme/shop", {"full_name": "acme/shop", "default_branch": "trunk"})
    played.answer("GET", "/repos/acme/shop/branches/trunk", {"name": "trunk", "commit": {"sha": "d" * 40}})
    assert github.default_branch("acme/shop") == "trunk"
    assert github.branch_head("acme/shop", "trunk") == "d" * 40


def test_a_branch_with_strange_letters(played: Played, github: GitHub) -> None:
    played.answer("GET", "/repos/acme/shop/branches/fix%2F%24%28id%29%60%F0%9F%90%99", {"commit": {"sha": "d" * 40}})
    assert github.branch_head("acme/shop", "fix/$(id)`🐙") == "d" * 40


def test_a_branch_that_is_gone_has_no_head(played: Played, github: GitHub) -> None:
    played.answer("GET", "/repos/acme/shop/branches/old", {"message": "Branch not found"}, status=404)
    assert github.branch_head("acme/shop", "old") is None


def test_an_answer_of_another_shape_names_the_place(played: Played, github: GitHub) -> None:
    played.answer("GET", f"{PULLS}/7", pull(head={"ref": "x"}))
    with pytest.raises(OurFault, match=r"another shape.*head\.sha"):
        github.pull("acme/shop", 7)
