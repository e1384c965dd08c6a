"""Every request looks as it should, and whatever happens on the way is a fault that the queue understands."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.pure.github_client.world import Connect, Played
from workers.faults import OurFault, Unavailable
from workers.github.client import GitHub
from workers.github.errors import BadCredentials, Forbidden
from workers.github.limiter import LocalLimiter
from workers.github.pace import Limits
from workers.github.transport import Transport

REPOSITORY = "/repos/acme/shop"
ANSWER = {"full_name": "acme/shop", "default_branch": "main"}


def test_what_every_request_carries(played: Played, github: GitHub) -> None:
    played.answer("GET", REPOSITORY, ANSWER)
    github.default_branch("acme/shop")
    assert played.header("X-GitHub-Api-Version") == ["2022-11-28"]
    assert played.header("User-Agent") == ["devstack/0.1.0"]
    assert played.header("Authorization") == ["Bearer ghp_a-token-of-tests"]
    assert played.header("Accept") == ["application/vnd.github+json"]


@pytest.mark.parametrize(
    ("setting", "asked"),
    [
        ("https://api.github.com", "https://api.github.com:443/repos/acme/shop"),
        ("https://ghe.example.com/api/v3", "https://ghe.example.com:443/api/v3/repos/acme/shop"),
        ("https://ghe.example.com/api/v3/", "https://ghe.example.com:443/api/v3/repos/acme/shop"),
        ("http://127.0.0.1:8081", "http://127.0.0.1:8081/repos/acme/shop"),
        ("http://127.0.0.1:8081/api/v3", "http://127.0.0.1:8081/api/v3/repos/acme/shop"),
    ],
)
def test_any_server_can_be_asked(played: Played, connect: Connect, setting: str, asked: str) -> None:
    played.mock.add("GET", asked, json=ANSWER)
    assert connect(github_api_url=setting).installation(None).default_branch("acme/shop") == "main"
    assert played.mock.calls[0].request.url == asked


@pytest.mark.parametrize("setting", ["api.github.com", "ftp://x", "https://", ""])
def test_an_address_that_is_none_is_refused_at_once(connect: Connect, setting: str) -> None:
    with pytest.raises(OurFault, match="DEVSTACK_GITHUB_API_URL"):
        connect(github_api_url=setting)


@pytest.mark.parametrize(
    "error",
    [requests.exceptions.ConnectTimeout(), requests.exceptions.ReadTimeout(), requests.exceptions.ConnectionError(),
     requests.exceptions.ChunkedEncodingError()],
)  # fmt: skip
def test_a_broken_connection_is_for_later(played: Played, github: GitHub, error: Exception) -> None:
    played.fail("GET", REPOSITORY, error)
    with pytest.raises(Unavailable, match=f"GitHub is unavailable: GET /repos/acme/shop: {type(error).__name__}"):
        github.default_branch("acme/shop")
    assert len(played.asked) == 1  # the queue tries again, not the call


def test_a_certificate_that_nobody_trusts_needs_a_person(played: Played, github: GitHub) -> None:
    played.fail("GET", REPOSITORY, requests.exceptions.SSLError("self-signed"))
    with pytest.raises(OurFault, match="REQUESTS_CA_BUNDLE") as caught:
        github.default_branch("acme/shop")
    assert not isinstance(caught.value, Unavailable)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_in_trouble_is_for_later(played: Played, github: GitHub, status: int) -> None:
    played.mock.add("GET", f"{played.api}{REPOSITORY}", body="<html>Unicorn!</html>", status=status)
    with pytest.raises(Unavailable, match=str(status)):
        github.default_branch("acme/shop")


@pytest.mark.parametrize("body", ["<html>Sign in to the hotel</html>", "{broken", "[1,"])
def test_a_page_in_place_of_an_answer_is_for_later(played: Played, github: GitHub, body: str) -> None:
    played.mock.add("GET", f"{played.api}{REPOSITORY}", body=body, status=200)
    with pytest.raises(Unavailable, match="not JSON"):
        github.default_branch("acme/shop")


def test_a_refused_token_says_which_setting_to_look_at(played: Played, github: GitHub) -> None:
    played.answer("GET", REPOSITORY, {"message": "Bad credentials"}, status=401)
    with pytest.raises(BadCredentials, match="DEVSTACK_GITHUB_TOKEN") as caught:
        github.default_branch("acme/shop")
    assert "ghp_" not in str(caught.value)


def test_a_missing_permission_is_named(played: Played, github: GitHub) -> None:
    headers = {"X-Accepted-GitHub-Permissions": "issues=write"}
    played.answer(
        "POST", f"{REPOSITORY}/issues/comments/5/reactions", {"message": "Resource not accessible"}, 403, headers
    )
    with pytest.raises(Forbidden, match=r"Resource not accessible.*issues=write"):
        github.react("acme/shop", 5, "eyes")


def test_a_limit_stops_all_further_calls_until_it_ends(played: Played, github: GitHub) -> None:
    said = {"message": "You have exceeded a secondary rate limit."}
    played.answer("GET", REPOSITORY, said, status=403, headers={"Retry-After": "40"})
    with pytest.raises(Unavailable) as first:
        github.default_branch("acme/shop")
    with pytest.raises(Unavailable) as second:
        github.pull("acme/shop", 7)
    assert first.value.retry_after == 40
    assert second.value.retry_after == pytest.approx(40, abs=1)
    assert len(played.asked) == 1


def test_the_last_request_of_an_hour_is_good_and_the_next_is_not_sent(played: Played, github: GitHub) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "4102444800"}
    played.answer("GET", REPOSITORY, ANSWER, headers=headers)
    assert github.default_branch("acme/shop") == "main"
    with pytest.raises(Unavailable):
        github.default_branch("acme/shop")
    assert len(played.asked) == 1


def test_a_budget_that_is_used_up_is_for_later(played: Played, connect: Connect) -> None:
    played.answer("GET", REPOSITORY, ANSWER)
    github = connect(github_requests_per_hour=3).installation(None)
    github.default_branch("acme/shop")
    with pytest.raises(Unavailable) as caught:
        github.default_branch("acme/shop")
    assert caught.value.retry_after == pytest.approx(1800, abs=5)
    assert len(played.asked) == 1


@pytest.mark.parametrize("status", [302, 307, 308])
def test_a_renamed_repository_is_followed_on_the_same_server(played: Played, github: GitHub, status: int) -> None:
    new = {"Location": "https://api.github.com/repositories/42"}
    played.answer("GET", REPOSITORY, {"message": "Moved"}, status=status, headers=new)
    played.answer("GET", "/repositories/42", ANSWER)
    assert github.default_branch("acme/shop") == "main"


def test_a_moved_repository_is_followed_by_pygithub(played: Played, github: GitHub) -> None:
    new = {"Location": "https://api.github.com/repositories/42"}
    played.answer("GET", REPOSITORY, {"message": "Moved Permanently"}, status=301, headers=new)
    played.answer("GET", "/repositories/42", ANSWER)
    assert github.default_branch("acme/shop") == "main"


def test_a_write_keeps_its_method_and_body_when_it_is_sent_on(played: Played, github: GitHub) -> None:
    new = {"Location": "https://api.github.com/repositories/42/issues/comments/5/reactions"}
    played.answer("POST", f"{REPOSITORY}/issues/comments/5/reactions", {"message": "Moved"}, status=307, headers=new)
    played.answer("POST", "/repositories/42/issues/comments/5/reactions", {"id": 1}, status=201)
    assert github.react("acme/shop", 5, "eyes") is True
    assert played.sent == [{"content": "eyes"}, {"content": "eyes"}]


@pytest.mark.parametrize("status", [301, 302, 307])
@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example.com/repos/acme/shop",
        "https://api.github.com.evil.example/x",
        "http://api.github.com/repositories/1",
    ],
)
def test_another_host_is_never_followed(played: Played, github: GitHub, status: int, location: str) -> None:
    played.answer("GET", REPOSITORY, {"message": "Moved"}, status=status, headers={"Location": location})
    with pytest.raises(OurFault, match=r"another place|leads GET /repos/acme/shop astray"):
        github.default_branch("acme/shop")
    assert len(played.asked) == 1


def test_a_circle_of_redirects_ends(played: Played, github: GitHub) -> None:
    played.answer("GET", REPOSITORY, {}, status=307, headers={"Location": "https://api.github.com/repos/acme/shop"})
    with pytest.raises(OurFault, match="307"):
        github.default_branch("acme/shop")
    assert len(played.asked) == 3


def test_two_calls_at_once_never_share_a_connection_and_later_ones_use_them_again() -> None:
    transport = Transport("https://api.github.com", LocalLimiter(Limits(4500, 70)))
    with transport._line() as one, transport._line() as other:
        assert one is not other
    with transport._line() as again:
        assert again in (one, other)
    transport.close()


def test_threads_get_their_own_answers(played: Played, connect: Connect) -> None:
    github = connect().installation(None)
    names = [f"shop{number}" for number in range(8)]
    for name in names:
        played.answer("GET", f"/repos/acme/{name}", {"full_name": f"acme/{name}", "default_branch": name})
    with ThreadPoolExecutor(max_workers=8) as pool:
        found = list(pool.map(github.default_branch, [f"acme/{name}" for name in names * 10]))
    assert found == names * 10
