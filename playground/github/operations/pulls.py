"""Pull requests and their labels."""

from typing import Any

from fastapi import Request
from starlette.responses import Response

from playground.github import gitrepos
from playground.github.access import caller, pull_of, repo_of, world_of
from playground.github.answers import ApiError, answer, invalid, page

Json = dict[str, Any]


def list_pulls(request: Request, _: Json) -> Response:
    repo, shapes = repo_of(request), world_of(request).shapes
    state = request.query_params.get("state", "open")
    found = [pull for pull in repo.pulls.values() if state in ("all", pull.state)]
    by_update = request.query_params.get("sort") == "updated"
    found.sort(
        key=lambda pull: (pull.updated_at if by_update else pull.created_at, pull.number),
        reverse=request.query_params.get("direction", "desc") == "desc",
    )
    return page(request, found, lambda pull: shapes.pull(repo, pull, full=False))


def get_pull(request: Request, _: Json) -> Response:
    repo = repo_of(request)
    return answer(request, world_of(request).shapes.pull(repo, pull_of(repo, request), full=True))


def create_pull(request: Request, given: Json) -> Response:
    repo, world = repo_of(request), world_of(request)
    owner, _, branch = given.get("head", "").rpartition(":")
    head = world.store.repo(f"{owner}/{repo.name}") if owner else repo
    if head is None or gitrepos.head(head.git, f"refs/heads/{branch}") is None:
        raise invalid(resource="PullRequest", field="head", code="invalid")
    pull = world.open_pull(
        repo, head, branch, given.get("title", branch), given.get("body") or "", caller(request).user, []
    )
    return answer(request, world.shapes.pull(repo, pull, full=True), 201)


def update_pull(request: Request, given: Json) -> Response:
    repo, world, who = repo_of(request), world_of(request), caller(request).user
    pull = pull_of(repo, request)
    world.edit_pull(repo, pull, given, who)
    if given.get("state") == "closed" and pull.state == "open":
        world.close_pull(repo, pull, who)
    elif given.get("state") == "open" and pull.state == "closed" and pull.merged_at is None:
        world.reopen_pull(repo, pull, who)
    return answer(request, world.shapes.pull(repo, pull, full=True))


def merge_pull(request: Request, _: Json) -> Response:
    repo, world = repo_of(request, write=True), world_of(request)
    pull = pull_of(repo, request)
    if pull.state != "open":
        raise ApiError(405, "Pull Request is not mergeable")
    sha = world.merge_pull(repo, pull, caller(request).user)
    return answer(request, {"sha": sha, "merged": True, "message": "Pull Request successfully merged"})


def pull_commits(request: Request, _: Json) -> Response:
    repo, shapes = repo_of(request), world_of(request).shapes
    pull = pull_of(repo, request)
    found = gitrepos.commits_between(repo.git, pull.base_sha, pull.head_sha)
    return page(request, found[:250], lambda sha: shapes.commit(repo, sha))


def pull_files(request: Request, _: Json) -> Response:
    repo = repo_of(request)
    pull = pull_of(repo, request)
    out = gitrepos.git(repo.git, "diff", "--name-status", "--no-renames", f"{pull.base_sha}...{pull.head_sha}")
    words = {"A": "added", "M": "modified", "D": "removed"}

    def shape(line: str) -> Json:
        status, _, path = line.partition("\t")
        url = f"{world_of(request).shapes.api}/repos/{repo.full_name}/contents/{path}?ref={pull.head_sha}"
        return {"sha": gitrepos.git(repo.git, "rev-parse", f"{pull.head_sha}:{path}") if status != "D" else None, "filename": path,
                "status": words.get(status[0], "changed"), "additions": 1, "deletions": 0, "changes": 1, "blob_url": url, "raw_url": url,
                "contents_url": url}  # fmt: skip

    return page(request, out.splitlines()[:3000], shape)


def list_labels(request: Request, _: Json) -> Response:
    repo = repo_of(request)
    return page(request, pull_of(repo, request).labels, lambda name: world_of(request).shapes.label(repo, name))


def add_labels(request: Request, given: Json) -> Response:
    repo, world = repo_of(request), world_of(request)
    pull = pull_of(repo, request)
    for name in given.get("labels", []):
        world.label_pull(repo, pull, name, caller(request).user, add=True)
    return list_labels(request, given)


def remove_label(request: Request, _: Json) -> Response:
    repo, world = repo_of(request), world_of(request)
    pull = pull_of(repo, request)
    if request.path_params["label"] not in pull.labels:
        raise ApiError(404, "Label does not exist")
    world.label_pull(repo, pull, request.path_params["label"], caller(request).user, add=False)
    return list_labels(request, _)
