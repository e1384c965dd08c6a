"""The REST operations, one function each, and the table that says where they are."""

from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from playground.github import gitrepos
from playground.github.access import caller, new_token, pull_of, repo_of, world_of
from playground.github.answers import LIMIT, ApiError, answer, invalid, not_found, page
from playground.github.gitrepos import GitError
from playground.github.shapes import stamp
from playground.github.store import Comment, InstallationToken, Pull, Repo

REACTIONS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")
STATES = ("error", "failure", "pending", "success")
BODY_MOST = 65_536
Json = dict[str, Any]
Handler = Callable[[Request, Json], Response]


def get_repo(request: Request, _: Json) -> Response:
    return answer(request, world_of(request).shapes.full_repo(repo_of(request)))


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


def list_comments(request: Request, _: Json) -> Response:
    repo, shapes = repo_of(request), world_of(request).shapes
    pull = pull_of(repo, request)
    since = request.query_params.get("since")
    after = datetime.fromisoformat(since) if since else None
    found = [each for each in pull.comments if after is None or each.updated_at >= after]
    return page(request, found, lambda comment: shapes.comment(repo, pull, comment))


def checked_body(given: Json) -> str:
    body = given.get("body")
    if not isinstance(body, str) or not body:
        raise invalid(resource="IssueComment", field="body", code="missing_field")
    if len(body) > BODY_MOST:
        raise invalid(
            resource="IssueComment",
            field="body",
            code="custom",
            message=f"body is too long (maximum is {BODY_MOST} characters)",
        )
    return body


def create_comment(request: Request, given: Json) -> Response:
    repo, world = repo_of(request), world_of(request)
    pull = pull_of(repo, request)
    comment = world.comment(repo, pull, checked_body(given), caller(request).user)
    return answer(request, world.shapes.comment(repo, pull, comment), 201)


def find_comment(repo: Repo, request: Request) -> tuple[Pull, Comment]:
    for pull in repo.pulls.values():
        for comment in pull.comments:
            if str(comment.id) == str(request.path_params["comment"]):
                return pull, comment
    raise not_found()


def get_comment(request: Request, _: Json) -> Response:
    repo = repo_of(request)
    return answer(request, world_of(request).shapes.comment(repo, *find_comment(repo, request)))


def update_comment(request: Request, given: Json) -> Response:
    repo, who = repo_of(request), caller(request)
    pull, comment = find_comment(repo, request)
    if comment.user is not who.user and repo.role(who.user.login) != "admin":
        raise ApiError(403, "Must have admin rights to Repository.")
    comment.body = checked_body(given)
    comment.updated_at = type(comment.updated_at).now(comment.updated_at.tzinfo).replace(microsecond=0)
    return answer(request, world_of(request).shapes.comment(repo, pull, comment))


def delete_comment(request: Request, _: Json) -> Response:
    repo, who = repo_of(request), caller(request)
    pull, comment = find_comment(repo, request)
    if comment.user is not who.user and repo.role(who.user.login) != "admin":
        raise ApiError(403, "Must have admin rights to Repository.")
    pull.comments.remove(comment)
    return Response(status_code=204)


def create_reaction(request: Request, given: Json) -> Response:
    repo, world = repo_of(request), world_of(request)
    if given.get("content") not in REACTIONS:
        raise invalid(resource="Reaction", field="content", code="invalid")
    reaction, new = world.react(find_comment(repo, request)[1], given["content"], caller(request).user)
    return answer(request, world.shapes.reaction(reaction), 201 if new else 200)


def list_reactions(request: Request, _: Json) -> Response:
    repo = repo_of(request)
    return page(request, find_comment(repo, request)[1].reactions, world_of(request).shapes.reaction)


def delete_reaction(request: Request, _: Json) -> Response:
    repo, who = repo_of(request), caller(request).user
    comment = find_comment(repo, request)[1]
    for each in comment.reactions:
        if str(each.id) == str(request.path_params["reaction"]) and each.user is who:
            comment.reactions.remove(each)
            return Response(status_code=204)
    raise not_found()


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


def current_user(request: Request, _: Json) -> Response:
    who = caller(request)
    if who.app is not None or who.token is not None:
        raise ApiError(403, "Resource not accessible by integration")
    return answer(request, world_of(request).shapes.public_user(who.user))


def get_user(request: Request, _: Json) -> Response:
    caller(request)
    user = world_of(request).store.users.get(request.path_params["login"])
    if user is None:
        raise not_found()
    return answer(request, world_of(request).shapes.public_user(user))


def rate_limit(request: Request, _: Json) -> Response:
    core = {"limit": LIMIT, "used": 0, "remaining": LIMIT, "reset": 2_000_000_000}
    return answer(request, {"resources": {"core": core, "search": core}, "rate": core})


def app_of(request: Request) -> Any:
    app = caller(request).app
    if app is None:
        raise ApiError(401, "A JSON web token could not be decoded")
    return app


def get_app(request: Request, _: Json) -> Response:
    app, shapes = app_of(request), world_of(request).shapes
    return answer(request, {
        "id": app.id, "slug": app.slug, "node_id": "QXBw", "owner": shapes.user(app.user), "name": app.slug, "description": None,
        "external_url": "https://example.com", "html_url": f"{shapes.web}/apps/{app.slug}", "created_at": stamp(app.user.created_at),
        "updated_at": stamp(app.user.created_at), "permissions": {"issues": "write", "contents": "read"}, "events": ["push"],
    })  # fmt: skip


def installation(request: Request, _: Json) -> Response:
    app, world = app_of(request), world_of(request)
    repo = world.store.repo(f"{request.path_params['owner']}/{request.path_params['name']}")
    if repo is None:
        raise not_found()
    shapes, made = world.shapes, stamp(app.user.created_at)
    return answer(request, {
        "id": app.installation, "account": shapes.user(repo.owner), "repository_selection": "all", "app_id": app.id,
        "access_tokens_url": f"{shapes.api}/app/installations/{app.installation}/access_tokens", "app_slug": app.slug,
        "repositories_url": f"{shapes.api}/installation/repositories", "html_url": f"{shapes.web}/apps/{app.slug}/installations/1",
        "target_id": repo.owner.id, "target_type": "User", "permissions": {"issues": "write", "contents": "read"}, "events": ["push"],
        "single_file_name": None, "created_at": made, "updated_at": made, "suspended_by": None, "suspended_at": None,
    })  # fmt: skip


def access_token(request: Request, given: Json) -> Response:
    app, store = app_of(request), world_of(request).store
    if str(app.installation) != str(request.path_params["installation"]):
        raise not_found()
    names = {name.lower() for name in given.get("repositories") or ()}
    wanted = set(given.get("repository_ids") or ()) | {
        repo.id for repo in store.repos.values() if repo.name.lower() in names
    }
    token = InstallationToken(app, frozenset(wanted))
    value = new_token()
    store.installation_tokens[value] = token
    permissions = given.get("permissions") or {"issues": "write", "contents": "read"}
    return answer(request, {"token": value, "expires_at": stamp(token.expires_at), "permissions": permissions,
                            "repository_selection": "selected" if wanted else "all"}, 201)  # fmt: skip


def list_hooks(request: Request, _: Json) -> Response:
    repo = repo_of(request, write=True)
    return page(request, repo.hooks, lambda hook: world_of(request).shapes.hook(repo, hook))


def create_hook(request: Request, given: Json) -> Response:
    repo, world = repo_of(request, write=True), world_of(request)
    config = given.get("config") or {}
    if not config.get("url"):
        raise invalid(resource="Hook", field="config", code="missing_field")
    hook = world.add_hook(repo, config["url"], config.get("secret", ""), given.get("events") or ["push"])
    return answer(request, world.shapes.hook(repo, hook), 201)


def hook_deliveries(request: Request, _: Json) -> Response:
    repo, world = repo_of(request, write=True), world_of(request)
    found = [each for each in reversed(world.store.deliveries) if str(each.hook.id) == request.path_params["hook"]]
    return page(request, found if repo.hooks else [], world.shapes.delivery)


def redeliver(request: Request, _: Json) -> Response:
    repo_of(request, write=True)
    world = world_of(request)
    for each in world.store.deliveries:
        if str(each.id) == request.path_params["delivery"]:
            world.webhooks.redeliver(each)
            return answer(request, {}, 202)
    raise not_found()


R = "/repos/{owner}/{name}"
OPERATIONS: tuple[tuple[str, str, Handler], ...] = (
    ("GET", R, get_repo),
    ("GET", R + "/pulls", list_pulls),
    ("POST", R + "/pulls", create_pull),
    ("GET", R + "/pulls/{number}", get_pull),
    ("PATCH", R + "/pulls/{number}", update_pull),
    ("PUT", R + "/pulls/{number}/merge", merge_pull),
    ("GET", R + "/pulls/{number}/commits", pull_commits),
    ("GET", R + "/pulls/{number}/files", pull_files),
    ("GET", R + "/collaborators/{login}/permission", permission),
    ("GET", R + "/contents/{path:path}", contents),
    ("GET", R + "/branches/{branch:path}", branch),
    ("GET", R + "/commits/{sha}/pulls", commit_pulls),
    ("GET", R + "/commits/{sha}/status", combined_status),
    ("GET", R + "/commits/{sha}/statuses", list_statuses),
    ("GET", R + "/commits/{sha}", get_commit),
    ("GET", R + "/issues/{number}/comments", list_comments),
    ("POST", R + "/issues/{number}/comments", create_comment),
    ("GET", R + "/issues/comments/{comment}", get_comment),
    ("PATCH", R + "/issues/comments/{comment}", update_comment),
    ("DELETE", R + "/issues/comments/{comment}", delete_comment),
    ("GET", R + "/issues/comments/{comment}/reactions", list_reactions),
    ("POST", R + "/issues/comments/{comment}/reactions", create_reaction),
    ("DELETE", R + "/issues/comments/{comment}/reactions/{reaction}", delete_reaction),
    ("GET", R + "/issues/{number}/labels", list_labels),
    ("POST", R + "/issues/{number}/labels", add_labels),
    ("DELETE", R + "/issues/{number}/labels/{label:path}", remove_label),
    ("POST", R + "/statuses/{sha}", create_status),
    ("GET", R + "/installation", installation),
    ("GET", R + "/hooks", list_hooks),
    ("POST", R + "/hooks", create_hook),
    ("GET", R + "/hooks/{hook}/deliveries", hook_deliveries),
    ("POST", R + "/hooks/{hook}/deliveries/{delivery}/attempts", redeliver),
    ("GET", "/user", current_user),
    ("GET", "/users/{login}", get_user),
    ("GET", "/rate_limit", rate_limit),
    ("GET", "/app", get_app),
    ("POST", "/app/installations/{installation}/access_tokens", access_token),
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
