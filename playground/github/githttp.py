"""git over HTTP at `/<owner>/<repo>.git`, by git's own `http-backend`; a push moves pull requests and tells webhooks."""

import base64
import gzip

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from playground.github import gitrepos
from playground.github.access import by_token, world_of
from playground.github.gitrepos import ZERO
from playground.github.store import ROLES, Repo, User
from playground.github.world import GitHubWorld

WRITING = "git-receive-pack"


def _user(request: Request) -> User | None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    found = by_token(world_of(request), base64.b64decode(value).decode(errors="replace").partition(":")[2])
    return found.user if found else None


async def serve(request: Request) -> Response:
    """One request of the smart protocol."""
    world = world_of(request)
    owner, name = request.path_params["owner"], request.path_params["name"]
    repo = world.store.repo(f"{owner}/{name}")
    if repo is None:
        return Response("Repository not found.", 404)
    writing = WRITING in (request.query_params.get("service"), request.path_params["rest"])
    user = _user(request)
    given = request.headers.get("authorization")
    if (given and user is None) or (writing and user is None):
        return Response("Authentication failed.", 401, {"WWW-Authenticate": 'Basic realm="GitHub"'})
    if writing and user is not None and ROLES[repo.role(user.login)] not in ("write", "admin"):
        return Response("Permission denied.", 403)
    body = await request.body()
    if request.headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    return await run_in_threadpool(_run, world, repo, request, body, user)


def _run(world: GitHubWorld, repo: Repo, request: Request, body: bytes, user: User | None) -> Response:
    environ = {
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": request.url.query,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(body)),
        "REMOTE_USER": user.login if user else "",
        "REMOTE_ADDR": "127.0.0.1",
        "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
    }
    before = gitrepos.branches(repo.git)
    path = f"/{repo.owner.login}/{repo.git.name}/{request.path_params['rest']}"
    status, headers, content = gitrepos.http_backend(world.store.folder, path, environ, body)
    if request.path_params["rest"] == WRITING and user is not None:
        after = gitrepos.branches(repo.git)
        with world.store.lock:
            for branch in sorted(before.keys() | after.keys()):
                if before.get(branch) != after.get(branch):
                    world.moved(repo, branch, before.get(branch, ZERO), after.get(branch, ZERO), user)
    return Response(content, status, dict(headers))


def router() -> APIRouter:
    """The one route of git."""
    found = APIRouter()
    found.add_route("/{owner}/{name}.git/{rest:path}", serve, methods=["GET", "POST"], include_in_schema=False)
    return found
