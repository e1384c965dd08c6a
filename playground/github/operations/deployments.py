"""Deployments and their statuses."""

from typing import Any

from fastapi import Request
from starlette.responses import Response

from playground.github import gitrepos
from playground.github.access import caller, repo_of, world_of
from playground.github.answers import ApiError, answer, invalid, not_found, page
from playground.github.store import Deployment, DeploymentStatus, Repo

Json = dict[str, Any]
STATES = ("error", "failure", "inactive", "in_progress", "queued", "pending", "success")


def create(request: Request, given: Json) -> Response:
    repo, world = repo_of(request, write=True), world_of(request)
    ref = str(given.get("ref") or "")
    sha = gitrepos.head(repo.git, ref) or gitrepos.head(repo.git, f"refs/heads/{ref}")
    if not ref or sha is None:
        raise invalid(f"No ref found for: {ref}")
    wanted = given.get("required_contexts")
    green = {each.context for each in repo.statuses if each.sha == sha and each.state == "success"}
    checked = [each.context for each in repo.statuses if each.sha == sha] if wanted is None else wanted
    if missing := sorted(set(checked) - green):
        raise ApiError(409, f"Conflict: Commit status checks failed for {ref}: {', '.join(missing)}")
    made = Deployment(
        world.store.id(), sha, ref, str(given.get("task") or "deploy"), str(given.get("environment") or "production"),
        given.get("description"), given.get("payload") or {}, caller(request).user,
        transient=bool(given.get("transient_environment")), production=bool(given.get("production_environment")),
    )  # fmt: skip
    repo.deployments.append(made)
    return answer(request, world.shapes.deployment(repo, made), 201)


def listed(request: Request, _: Json) -> Response:
    repo, asked = repo_of(request), request.query_params
    found = [
        each
        for each in reversed(repo.deployments)
        if all(getattr(each, key) == asked[key] for key in ("sha", "ref", "task", "environment") if key in asked)
    ]
    return page(request, found, lambda each: world_of(request).shapes.deployment(repo, each))


def one(request: Request, _: Json) -> Response:
    repo = repo_of(request)
    return answer(request, world_of(request).shapes.deployment(repo, _found(request, repo)))


def delete(request: Request, _: Json) -> Response:
    """Only an inactive one may go, unless it is the only one."""
    repo = repo_of(request, write=True)
    found = _found(request, repo)
    inactive = bool(found.statuses) and found.statuses[-1].state == "inactive"
    if len(repo.deployments) > 1 and not inactive:
        raise invalid("We cannot delete an active deployment unless it is the only deployment in a given environment.")
    repo.deployments.remove(found)
    return Response(status_code=204)


def create_status(request: Request, given: Json) -> Response:
    repo, world = repo_of(request, write=True), world_of(request)
    found = _found(request, repo)
    if given.get("state") not in STATES:
        raise invalid(resource="DeploymentStatus", field="state", code="invalid")
    made = DeploymentStatus(
        world.store.id(), str(given["state"]), str(given.get("description") or ""), str(given.get("log_url") or ""),
        str(given.get("environment_url") or ""), caller(request).user,
    )  # fmt: skip
    found.statuses.append(made)
    if made.state == "success" and given.get("auto_inactive", True):
        _retire(repo, found, world.store.id)
    return answer(request, world.shapes.deployment_status(repo, found, made), 201)


def list_statuses(request: Request, _: Json) -> Response:
    repo = repo_of(request)
    found = _found(request, repo)
    shapes = world_of(request).shapes
    return page(request, found.statuses[::-1], lambda status: shapes.deployment_status(repo, found, status))


def _retire(repo: Repo, newest: Deployment, new_id: Any) -> None:
    """GitHub marks earlier ones of the same environment inactive, but for transient and production ones."""
    for each in repo.deployments:
        if each is not newest and each.environment == newest.environment and not (each.transient or each.production):
            each.statuses.append(DeploymentStatus(new_id(), "inactive", "", "", "", newest.creator))


def _found(request: Request, repo: Repo) -> Deployment:
    number = request.path_params["deployment"]
    for each in repo.deployments:
        if str(each.id) == number:
            return each
    raise not_found()
