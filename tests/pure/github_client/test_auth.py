"""Signing in: as the user of a token, or as an App with a token for each repository."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from tests.pure.github_client.world import Connect, Played
from workers.faults import OurFault
from workers.github import Connection
from workers.github.auth import AppAccess
from workers.github.client import GitHub
from workers.github.errors import BadCredentials, Forbidden
from workers.github.limiter import LocalLimiter
from workers.github.pace import Limits
from workers.github.transport import Transport

REPOSITORY = "/repos/acme/shop"
ANSWER = {"full_name": "acme/shop", "default_branch": "main"}
TOKENS = "/app/installations/{}/access_tokens"


@pytest.fixture(scope="session")
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def pem(private_key: rsa.RSAPrivateKey) -> str:
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL
    return private_key.private_bytes(encoding, form, serialization.NoEncryption()).decode()


@pytest.fixture
def app(connect: Connect, pem: str) -> Connection:
    return connect(github_app_id=99, github_app_private_key=SecretStr(pem), github_token=SecretStr(""))


def made(token: str, repository: str | None = "acme/shop", lives: float = 3600) -> dict[str, Any]:
    """A new installation token as GitHub describes one; `lives` in seconds."""
    until = datetime.now(UTC) + timedelta(seconds=lives)
    data: dict[str, Any] = {"token": token, "expires_at": until.strftime("%Y-%m-%dT%H:%M:%SZ"), "permissions": {}}
    return data if repository is None else {**data, "repositories": [{"full_name": repository}]}


def test_an_app_signs_in_for_one_repository(played: Played, app: Connection, private_key: rsa.RSAPrivateKey) -> None:
    played.answer("POST", TOKENS.format(5), made("ghs_one"), status=201)
    played.answer("GET", REPOSITORY, ANSWER)
    assert app.installation(5).default_branch("acme/shop") == "main"
    assert played.sent == [{"repositories": ["shop"]}]
    signed, bearer = played.header("Authorization")
    assert bearer == "Bearer ghs_one"
    claims = jwt.decode(signed.removeprefix("Bearer "), private_key.public_key(), algorithms=["RS256"])
    assert claims["iss"] == "99"
    assert claims["exp"] - claims["iat"] <= 600
    assert played.header("X-GitHub-Api-Version") == ["2022-11-28"] * 2


def test_the_installation_is_looked_up_where_the_job_has_none(played: Played, app: Connection) -> None:
    played.answer("GET", f"{REPOSITORY}/installation", {"id": 6})
    played.answer("POST", TOKENS.format(6), made("ghs_six"), status=201)
    played.answer("GET", REPOSITORY, ANSWER)
    for _ in range(2):
        app.installation(None).default_branch("acme/shop")
    assert played.asked == [
        f"GET {REPOSITORY}/installation", f"POST {TOKENS.format(6)}", f"GET {REPOSITORY}", f"GET {REPOSITORY}"
    ]  # fmt: skip


def test_a_token_is_kept_and_each_repository_has_its_own(played: Played, app: Connection) -> None:
    played.answer("POST", TOKENS.format(5), made("ghs_shop"), status=201)
    played.answer("POST", TOKENS.format(5), made("ghs_cart", "acme/cart"), status=201)
    played.answer("GET", REPOSITORY, ANSWER)
    played.answer("GET", "/repos/acme/cart", ANSWER)
    for name in ("shop", "cart", "shop", "cart"):
        app.installation(5).default_branch(f"acme/{name}")
    gets = [header for header in played.header("Authorization") if "ghs_" in header]
    assert gets == ["Bearer ghs_shop", "Bearer ghs_cart"] * 2


@pytest.mark.parametrize(("passes", "tokens"), [(3600 - 300 - 5, 1), (3600 - 300 + 5, 2)])
def test_a_token_is_renewed_five_minutes_before_it_ends(played: Played, pem: str, passes: float, tokens: int) -> None:
    clock = [1000.0]
    transport = Transport("https://api.github.com", LocalLimiter(Limits(4500, 70)))
    access = AppAccess(transport, 99, pem, learn_secret=played.secrets.append, clock=lambda: clock[0])
    played.answer("POST", TOKENS.format(5), made("ghs_one"), status=201)
    access.passport("acme/shop", 5)
    clock[0] += passes
    access.passport("acme/shop", 5)
    assert len(played.asked) == tokens
    transport.close()


def test_a_clock_that_is_wrong_does_not_matter(played: Played, pem: str) -> None:
    date = (datetime.now(UTC) - timedelta(hours=5)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    transport = Transport("https://api.github.com", LocalLimiter(Limits(4500, 70)))
    access = AppAccess(transport, 99, pem, learn_secret=played.secrets.append)
    played.answer("POST", TOKENS.format(5), made("ghs_one", lives=3600 - 5 * 3600), status=201, headers={"Date": date})
    access.passport("acme/shop", 5)
    access.passport("acme/shop", 5)
    assert len(played.asked) == 1
    transport.close()


@pytest.mark.parametrize("refusal", [(404, {"message": "Not Found"}), (422, {"message": "no such repository"})])
def test_a_hint_that_is_out_of_date_is_corrected_once(
    played: Played, app: Connection, refusal: tuple[int, dict[str, str]]
) -> None:
    played.answer("POST", TOKENS.format(5), refusal[1], status=refusal[0])
    played.answer("GET", f"{REPOSITORY}/installation", {"id": 6})
    played.answer("POST", TOKENS.format(6), made("ghs_six"), status=201)
    played.answer("GET", REPOSITORY, ANSWER)
    for _ in range(2):
        assert app.installation(5).default_branch("acme/shop") == "main"
    assert len(played.asked) == 5


def test_another_accounts_repository_of_the_same_name_is_not_taken_for_ours(played: Played, app: Connection) -> None:
    played.answer("POST", TOKENS.format(5), made("ghs_theirs", "other/shop"), status=201)
    played.answer("GET", f"{REPOSITORY}/installation", {"id": 6})
    played.answer("POST", TOKENS.format(6), made("ghs_six"), status=201)
    played.answer("GET", REPOSITORY, ANSWER)
    app.installation(5).default_branch("acme/shop")
    assert played.header("Authorization")[-1] == "Bearer ghs_six"


def test_a_renamed_repository_is_reached_with_a_token_for_all(played: Played, app: Connection) -> None:
    played.answer("GET", f"{REPOSITORY}/installation", {"id": 6})
    played.answer("POST", TOKENS.format(6), {"message": "does not exist"}, status=422)
    played.answer("POST", TOKENS.format(6), made("ghs_all", None), status=201)
    played.answer("GET", REPOSITORY, ANSWER)
    for _ in range(2):
        assert app.installation(None).default_branch("acme/shop") == "main"
    assert played.sent == [{"repositories": ["shop"]}, {}]


def test_where_the_app_is_not_installed(played: Played, app: Connection) -> None:
    played.answer("GET", f"{REPOSITORY}/installation", {"message": "Not Found"}, status=404)
    with pytest.raises(Forbidden, match="not installed on acme/shop"):
        app.installation(None).default_branch("acme/shop")


def test_a_suspended_installation(played: Played, app: Connection) -> None:
    played.answer("POST", TOKENS.format(5), {"message": "This installation has been suspended"}, status=403)
    with pytest.raises(Forbidden, match="suspended"):
        app.installation(5).default_branch("acme/shop")


def test_a_token_that_ended_early_is_replaced(played: Played, app: Connection) -> None:
    played.answer("POST", TOKENS.format(5), made("ghs_one"), status=201)
    played.answer("POST", TOKENS.format(5), made("ghs_two"), status=201)
    played.answer("GET", REPOSITORY, {"message": "Bad credentials"}, status=401)
    played.answer("GET", REPOSITORY, ANSWER)
    assert app.installation(5).default_branch("acme/shop") == "main"
    assert played.header("Authorization")[-1] == "Bearer ghs_two"


def test_a_token_that_github_never_takes_is_replaced_but_once(played: Played, app: Connection) -> None:
    played.answer("POST", TOKENS.format(5), made("ghs_one"), status=201)
    played.answer("GET", REPOSITORY, {"message": "Bad credentials"}, status=401)
    with pytest.raises(BadCredentials):
        app.installation(5).default_branch("acme/shop")
    assert len(played.asked) == 4


def test_a_wrong_key_says_which_settings_to_look_at(played: Played, app: Connection) -> None:
    said = {"message": "A JSON web token could not be decoded"}
    played.answer("POST", TOKENS.format(5), said, status=401)
    with pytest.raises(BadCredentials, match="DEVSTACK_GITHUB_APP_ID and DEVSTACK_GITHUB_APP_PRIVATE_KEY"):
        app.installation(5).default_branch("acme/shop")


def test_a_key_that_is_none(connect: Connect) -> None:
    app = connect(github_app_id=99, github_app_private_key=SecretStr("not a key"))
    with pytest.raises(OurFault, match="not an RSA private key") as caught:
        app.installation(5).default_branch("acme/shop")
    assert "not a key" not in str(caught.value)


def test_a_key_on_one_line_is_understood(played: Played, connect: Connect, pem: str) -> None:
    app = connect(github_app_id=99, github_app_private_key=SecretStr(pem.replace("\n", "\\n")))
    played.answer("GET", "/app", {"slug": "devstack"})
    assert app.installation(5).whoami() == "devstack[bot]"


def test_the_rights_of_an_installation_changed(played: Played, app: Connection) -> None:
    played.answer("POST", TOKENS.format(5), made("ghs_old"), status=201)
    played.answer("POST", TOKENS.format(5), made("ghs_new"), status=201)
    played.answer("GET", REPOSITORY, ANSWER)
    app.installation(5).default_branch("acme/shop")
    app.forget(5)
    app.installation(5).default_branch("acme/shop")
    assert played.header("Authorization")[-1] == "Bearer ghs_new"


def test_git_gets_a_token_that_only_reads_this_repository(played: Played, app: Connection) -> None:
    played.answer("POST", TOKENS.format(5), made("ghs_git"), status=201)
    credentials = app.installation(5).git_credentials("acme/shop")
    assert (credentials.username, credentials.password) == ("x-access-token", "ghs_git")
    assert played.sent == [{"repositories": ["shop"], "permissions": {"contents": "read", "metadata": "read"}}]
    assert "ghs_git" not in repr(credentials)


def test_git_gets_the_token(github: GitHub) -> None:
    credentials = github.git_credentials("acme/shop")
    assert (credentials.username, credentials.password) == ("x-access-token", "ghp_a-token-of-tests")


def test_every_secret_is_told_to_those_who_mask(played: Played, connect: Connect, pem: str) -> None:
    app = connect(github_app_id=99, github_app_private_key=SecretStr(pem))
    played.answer("POST", TOKENS.format(5), made("ghs_one"), status=201)
    app.installation(5).git_credentials("acme/shop")
    assert played.secrets == [pem, "ghs_one"]
    connect()
    assert played.secrets[2:] == ["ghp_a-token-of-tests"]


def test_who_a_token_belongs_to_is_asked_once(played: Played, connect: Connect) -> None:
    played.answer("GET", "/user", {"login": "devstack-bot"})
    connection = connect()
    assert {connection.installation(None).whoami() for _ in range(3)} == {"devstack-bot"}
    assert played.asked == ["GET /user"]


def test_nothing_to_sign_in_with(connect: Connect) -> None:
    with pytest.raises(OurFault, match="DEVSTACK_GITHUB_TOKEN"):
        connect(github_token=SecretStr(" "))


NEXT = {"Link": '<https://api.github.com/x?page=2>; rel="next"'}


def repositories(*names: str, archived: bool = False) -> list[dict[str, Any]]:
    return [{"full_name": f"acme/{name}", "archived": archived} for name in names]


def test_an_app_sees_what_it_is_installed_on(played: Played, app: Connection) -> None:
    played.answer(
        "GET", "/app/installations", [{"id": 5}, {"id": 6, "suspended_at": "2026-01-01T00:00:00Z"}], headers=NEXT
    )
    played.answer("GET", "/app/installations", [{"id": 7, "suspended_at": None}])
    played.answer("POST", TOKENS.format(5), made("ghs_five", None), status=201)
    played.answer("POST", TOKENS.format(7), made("ghs_seven", None), status=201)
    played.answer("GET", "/installation/repositories", {"repositories": repositories("shop")}, headers=NEXT)
    played.answer("GET", "/installation/repositories", {"repositories": repositories("old", archived=True)})
    played.answer("GET", "/installation/repositories", {"repositories": repositories("cart")})
    assert app.repositories() == {"acme/shop": 5, "acme/cart": 7}
    asked = len(played.asked)
    assert app.repositories() == {"acme/shop": 5, "acme/cart": 7}
    assert len(played.asked) == asked, "not asked again at once"
    assert "ghs_five" in played.secrets


def test_a_token_sees_what_its_user_sees(played: Played, connect: Connect) -> None:
    played.answer("GET", "/user/repos", repositories("shop") + repositories("old", archived=True), headers=NEXT)
    played.answer("GET", "/user/repos", repositories("cart"))
    assert connect().repositories() == {"acme/shop": None, "acme/cart": None}
    assert played.asked == ["GET /user/repos?page=1&per_page=100", "GET /user/repos?page=2&per_page=100"]


def test_repositories_are_listed_anew_when_the_installation_changes(played: Played, connect: Connect) -> None:
    played.answer("GET", "/user/repos", repositories("shop"))
    played.answer("GET", "/user/repos", repositories("shop", "cart"))
    connection = connect()
    assert list(connection.repositories()) == ["acme/shop"]
    connection.forget(5)
    assert list(connection.repositories()) == ["acme/shop", "acme/cart"]
