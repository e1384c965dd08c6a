"""Repositories, their contents, branches and commits; users and limits."""

from typing import Any

from fastapi import Request
from starlette.responses import Response

from playground.github import gitrepos
from playground.github.access import caller, repo_of, world_of
from playground.github.answers import LIMIT, ApiError, answer, invalid, not_found, page

Json = dict[str, Any]


def get_repo(request: Request, _: Json) -> Response:
    return answer(request, world_of(request).shapes.full_repo(repo_of(request)))


def permission(request: Request, _: Json) -> Response:
    repo, world = repo_of(request), world_of(request)
    user = world.store.users.get(request.path_params["login"])
    if user is None:
        raise not_found()
    return answer(request, world.shapes.permission(repo, user))


def contents(request: Request, _: Json) -> Response:
    repo, world = repo_of(request), world_of(request)
    path = request.path_params["path"]
    ref = request.query_params.get("ref") or repo.default_branch
    sha = gitrepos.head(repo.git, ref)
    if sha is None:
        raise ApiError(404, f"No commit found for the ref {ref}")
    entry = gitrepos.git(repo.git, "ls-tree", sha, "--", path)
    if not entry:
        raise not_found()
    _mode, kind, blob = entry.split("\t")[0].split()
    if kind != "blob":
        raise not_found()
    data = gitrepos.git(repo.git, "cat-file", "-p", blob).encode()
    return answer(request, world.shapes.content(repo, path, ref, blob, data + b"\n"))


def branch(request: Request, _: Json) -> Response:
    repo, name = repo_of(request), request.path_params["branch"]
    sha = gitrepos.head(repo.git, f"refs/heads/{name}")
    if sha is None:
        raise ApiError(404, "Branch not found")
    return answer(request, world_of(request).shapes.branch(repo, name, sha))


def commit_pulls(request: Request, _: Json) -> Response:
    repo, sha = repo_of(request), request.path_params["sha"]
    found = [pull for pull in repo.pulls.values() if pull.head_sha == sha]
    return page(request, found, lambda pull: world_of(request).shapes.pull(repo, pull, full=False))


def get_commit(request: Request, _: Json) -> Response:
    repo, sha = repo_of(request), gitrepos.head(repo_of(request).git, request.path_params["sha"])
    if sha is None:
        raise invalid(f"No commit found for SHA: {request.path_params['sha']}")
    return answer(request, world_of(request).shapes.commit(repo, sha))


def current_user(request: Request, _: Json) -> Response:
    who = caller(request)
    if who.app is not None or who.token is not None:
        raise ApiError(403, "Resource not accessible by integration")
    return answer(request, world_of(request).shapes.public_user(who.user))


def my_repos(request: Request, _: Json) -> Response:
    who, world = caller(request), world_of(request)
    if who.app is not None or who.token is not None:
        raise ApiError(403, "Resource not accessible by integration")
    mine = [repo for repo in world.store.repos.values() if repo.role(who.user.login) != "none"]
    return page(request, mine, world.shapes.repo)


def get_user(request: Request, _: Json) -> Response:
    caller(request)
    user = world_of(request).store.users.get(request.path_params["login"])
    if user is None:
        raise not_found()
    return answer(request, world_of(request).shapes.public_user(user))


def rate_limit(request: Request, _: Json) -> Response:
    core = {"limit": LIMIT, "used": 0, "remaining": LIMIT, "reset": 2_000_000_000}
    return answer(request, {"resources": {"core": core, "search": core}, "rate": core})
