"""The App, its installation tokens; webhooks and their deliveries."""

from typing import Any

from fastapi import Request
from starlette.responses import Response

from playground.github.access import caller, new_token, repo_of, world_of
from playground.github.answers import ApiError, answer, invalid, not_found, page
from playground.github.shapes import stamp
from playground.github.store import App, InstallationToken, User
from playground.github.world import GitHubWorld

Json = dict[str, Any]


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
    return answer(request, described(world, app, repo.owner))


def installations(request: Request, _: Json) -> Response:
    app, world = app_of(request), world_of(request)
    return page(request, [app.user], lambda user: described(world, app, user))


def described(world: GitHubWorld, app: App, owner: User) -> Json:
    """installation."""
    shapes, made = world.shapes, stamp(app.user.created_at)
    return {
        "id": app.installation, "account": shapes.user(owner), "repository_selection": "all", "app_id": app.id,
        "access_tokens_url": f"{shapes.api}/app/installations/{app.installation}/access_tokens", "app_slug": app.slug,
        "repositories_url": f"{shapes.api}/installation/repositories", "html_url": f"{shapes.web}/apps/{app.slug}/installations/1",
        "target_id": owner.id, "target_type": "User", "permissions": {"issues": "write", "contents": "read"}, "events": ["push"],
        "single_file_name": None, "created_at": made, "updated_at": made, "suspended_by": None, "suspended_at": None,
    }  # fmt: skip


def installation_repositories(request: Request, _: Json) -> Response:
    token, world = caller(request).token, world_of(request)
    if token is None:
        raise ApiError(
            403,
            "You must authenticate with an installation access token in order to list repositories for an installation.",
        )
    found = [repo for repo in world.store.repos.values() if not token.repositories or repo.id in token.repositories]
    return page(request, found, world.shapes.repo, lambda shown: {"total_count": len(found), "repositories": shown})


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
