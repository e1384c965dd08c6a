"""The REST operations: a table of where they are, and how a request gets to them."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from playground.github.access import world_of
from playground.github.answers import ApiError
from playground.github.gitrepos import GitError
from playground.github.operations import apps, comments, deployments, pulls, repositories, statuses

Json = dict[str, Any]
Handler = Callable[[Request, Json], Response]


R = "/repos/{owner}/{name}"
OPERATIONS: tuple[tuple[str, str, Handler], ...] = (
    ("GET", R, repositories.get_repo),
    ("GET", R + "/pulls", pulls.list_pulls),
    ("POST", R + "/pulls", pulls.create_pull),
    ("GET", R + "/pulls/{number}", pulls.get_pull),
    ("PATCH", R + "/pulls/{number}", pulls.update_pull),
    ("PUT", R + "/pulls/{number}/merge", pulls.merge_pull),
    ("GET", R + "/pulls/{number}/commits", pulls.pull_commits),
    ("GET", R + "/pulls/{number}/files", pulls.pull_files),
    ("GET", R + "/collaborators/{login}/permission", repositories.permission),
    ("GET", R + "/contents/{path:path}", repositories.contents),
    ("GET", R + "/branches/{branch:path}", repositories.branch),
    ("GET", R + "/commits/{sha}/pulls", repositories.commit_pulls),
    ("GET", R + "/commits/{sha}/status", statuses.combined_status),
    ("GET", R + "/commits/{sha}/statuses", statuses.list_statuses),
    ("GET", R + "/commits/{sha}", repositories.get_commit),
    ("GET", R + "/issues/{number}/comments", comments.list_comments),
    ("POST", R + "/issues/{number}/comments", comments.create_comment),
    ("GET", R + "/issues/comments/{comment}", comments.get_comment),
    ("PATCH", R + "/issues/comments/{comment}", comments.update_comment),
    ("DELETE", R + "/issues/comments/{comment}", comments.delete_comment),
    ("GET", R + "/issues/comments/{comment}/reactions", comments.list_reactions),
    ("POST", R + "/issues/comments/{comment}/reactions", comments.create_reaction),
    ("DELETE", R + "/issues/comments/{comment}/reactions/{reaction}", comments.delete_reaction),
    ("GET", R + "/issues/{number}/labels", pulls.list_labels),
    ("POST", R + "/issues/{number}/labels", pulls.add_labels),
    ("DELETE", R + "/issues/{number}/labels/{label:path}", pulls.remove_label),
    ("POST", R + "/statuses/{sha}", statuses.create_status),
    ("GET", R + "/deployments", deployments.listed),
    ("POST", R + "/deployments", deployments.create),
    ("GET", R + "/deployments/{deployment}", deployments.one),
    ("DELETE", R + "/deployments/{deployment}", deployments.delete),
    ("GET", R + "/deployments/{deployment}/statuses", deployments.list_statuses),
    ("POST", R + "/deployments/{deployment}/statuses", deployments.create_status),
    ("GET", R + "/installation", apps.installation),
    ("GET", R + "/hooks", apps.list_hooks),
    ("POST", R + "/hooks", apps.create_hook),
    ("GET", R + "/hooks/{hook}/deliveries", apps.hook_deliveries),
    ("POST", R + "/hooks/{hook}/deliveries/{delivery}/attempts", apps.redeliver),
    ("GET", "/user", repositories.current_user),
    ("GET", "/user/repos", repositories.my_repos),
    ("GET", "/users/{login}", repositories.get_user),
    ("GET", "/rate_limit", repositories.rate_limit),
    ("GET", "/app", apps.get_app),
    ("GET", "/app/installations", apps.installations),
    ("GET", "/installation/repositories", apps.installation_repositories),
    ("POST", "/app/installations/{installation}/access_tokens", apps.access_token),
)


def endpoint(handler: Handler) -> Callable[[Request], Coroutine[Any, Any, Response]]:
    """A handler as an endpoint: its JSON read, under the store's lock, off the event loop."""

    async def serve(request: Request) -> Response:
        try:
            given = await request.json() if await request.body() else {}
        except ValueError:
            return ApiError(400, "Problems parsing JSON").response()
        if not isinstance(given, dict):
            return ApiError(400, "Body should be a JSON object").response()

        def locked() -> Response:
            with world_of(request).store.lock:
                return handler(request, given)

        try:
            return await run_in_threadpool(locked)
        except ApiError as error:
            return error.response()
        except GitError as error:
            return ApiError(422, str(error)).response()

    return serve


def router() -> APIRouter:
    """All operations, at the root (api.github.com) and beneath /api/v3 (GitHub Enterprise)."""
    found = APIRouter()
    for prefix in ("", "/api/v3"):
        for method, path, handler in OPERATIONS:
            found.add_route(prefix + path, endpoint(handler), methods=[method], include_in_schema=False)
    return found
