"""Who a request is from, and what they may do."""

import base64
import secrets
from dataclasses import dataclass

import jwt
from fastapi import Request

from playground.github.answers import ApiError, not_found
from playground.github.store import ROLES, App, InstallationToken, Pull, Repo, User, now
from playground.github.world import GitHubWorld


@dataclass(frozen=True)
class Caller:
    """The user behind a request; `app` for requests that carry the App's own JWT."""

    user: User
    app: App | None = None
    token: InstallationToken | None = None


def world_of(request: Request) -> GitHubWorld:
    """The world that this server plays."""
    world: GitHubWorld = request.app.state.world
    return world


def caller(request: Request) -> Caller:
    """The caller; 401 without credentials that count."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        value = base64.b64decode(value).decode(errors="replace").partition(":")[2]
    found = by_token(world_of(request), value.strip()) if value else None
    if found is None:
        raise ApiError(401, "Bad credentials" if value else "Requires authentication")
    return found


def by_token(world: GitHubWorld, value: str) -> Caller | None:
    """The caller whose token, installation token or JWT this is."""
    store = world.store
    if value in store.tokens:
        return Caller(store.tokens[value])
    token = store.installation_tokens.get(value)
    if token is not None:
        return Caller(token.app.user, token=token) if token.expires_at > now() else None
    if store.app is not None and value.count(".") == 2:
        try:
            claims = jwt.decode(value, store.app.public_key, algorithms=["RS256"], options={"verify_aud": False})
        except jwt.PyJWTError:
            return None
        if str(claims.get("iss")) == str(store.app.id):
            return Caller(store.app.user, app=store.app)
    return None


def repo_of(request: Request, *, write: bool = False) -> Repo:
    """The repository in the path; 404 where it is not to be seen, 403 where it is not to be written."""
    world = world_of(request)
    who = caller(request)
    repo = world.store.repo(f"{request.path_params['owner']}/{request.path_params['name']}")
    if repo is None or who.app is not None:
        raise not_found()
    if who.token is not None:
        if who.token.repositories and repo.id not in who.token.repositories:
            raise not_found()
        return repo
    if write and ROLES[repo.role(who.user.login)] not in ("write", "admin"):
        raise ApiError(
            403, "Resource not accessible by personal access token", {"X-Accepted-GitHub-Permissions": "issues=write"}
        )
    return repo


def pull_of(repo: Repo, request: Request) -> Pull:
    """The pull request in the path; 404."""
    number = request.path_params["number"]
    pull = repo.pulls.get(int(number)) if str(number).isdigit() else None
    if pull is None:
        raise not_found()
    return pull


def new_token() -> str:
    """An installation token."""
    return f"ghs_{secrets.token_hex(18)}"
