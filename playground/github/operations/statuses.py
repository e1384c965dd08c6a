"""Commit statuses."""

from typing import Any

from fastapi import Request
from starlette.responses import Response

from playground.github import gitrepos
from playground.github.access import caller, repo_of, world_of
from playground.github.answers import answer, invalid, page

Json = dict[str, Any]
STATES = ("error", "failure", "pending", "success")


def create_status(request: Request, given: Json) -> Response:
    repo, world = repo_of(request, write=True), world_of(request)
    sha = gitrepos.head(repo.git, request.path_params["sha"])
    if sha is None:
        raise invalid(f"No commit found for SHA: {request.path_params['sha']}")
    if given.get("state") not in STATES:
        raise invalid(resource="Status", field="state", code="invalid")
    if len(given.get("description") or "") > 140:
        raise invalid(
            resource="Status",
            field="description",
            code="custom",
            message="description is too long (maximum is 140 characters)",
        )
    return answer(request, world.shapes.status(repo, world.set_status(repo, sha, given, caller(request).user)), 201)


def list_statuses(request: Request, _: Json) -> Response:
    repo, sha = repo_of(request), request.path_params["sha"]
    found = [each for each in reversed(repo.statuses) if each.sha == sha]
    return page(request, found, lambda status: world_of(request).shapes.status(repo, status))


def combined_status(request: Request, _: Json) -> Response:
    repo, shapes, sha = repo_of(request), world_of(request).shapes, request.path_params["sha"]
    newest = {each.context: each for each in repo.statuses if each.sha == sha}
    states = {each.state for each in newest.values()}
    state = "failure" if states & {"failure", "error"} else "success" if states == {"success"} else "pending"
    url = f"{shapes.api}/repos/{repo.full_name}/commits/{sha}"

    def wrap(shown: list[Any]) -> Json:
        return {"state": state, "statuses": shown, "sha": sha, "total_count": len(newest), "repository": shapes.repo(repo),
                "commit_url": url, "url": f"{url}/status"}  # fmt: skip

    return page(request, list(newest.values()), lambda status: shapes.status(repo, status, simple=True), wrap)
