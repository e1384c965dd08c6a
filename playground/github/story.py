"""Beneath `/_standin`: what a story or a test needs and GitHub has no path for."""

import base64
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from playground.github.access import world_of
from playground.github.rest import endpoint
from playground.github.store import App, Pull, Repo
from playground.github.world import GitHubWorld

Json = dict[str, Any]


def _repo(world: GitHubWorld, given: Json) -> Repo:
    repo = world.store.repo(given["repo"])
    if repo is None:
        raise KeyError(given["repo"])
    return repo


def _pull(world: GitHubWorld, given: Json) -> tuple[Repo, Pull]:
    repo = _repo(world, given)
    return repo, repo.pulls[given["number"]]


def _files(given: Json) -> dict[str, bytes | None]:
    return {path: base64.b64decode(text) if text is not None else None for path, text in given["files"].items()}


def user(world: GitHubWorld, given: Json) -> Json:
    found = world.store.user(given["login"], given.get("type", "User"))
    for token in given.get("tokens", []):
        world.store.tokens[token] = found
    return {"id": found.id}


def app(world: GitHubWorld, given: Json) -> Json:
    bot = world.store.user(f"{given['slug']}[bot]", "Bot")
    world.store.app = App(given["id"], given["slug"], given["public_key"], bot, world.store.id())
    return {"installation": world.store.app.installation}


def repo(world: GitHubWorld, given: Json) -> Json:
    owner, _, name = given["repo"].partition("/")
    made = world.create_repo(owner, name, {path: data or b"" for path, data in _files(given).items()})
    made.roles.update(given.get("roles", {}))
    return {"id": made.id}


def roles(world: GitHubWorld, given: Json) -> Json:
    _repo(world, given).roles.update(given["roles"])
    return {}


def fork(world: GitHubWorld, given: Json) -> Json:
    return {"repo": world.fork(_repo(world, given), given["by"]).full_name}


def delete_repo(world: GitHubWorld, given: Json) -> Json:
    world.delete_repo(_repo(world, given))
    return {}


def hook(world: GitHubWorld, given: Json) -> Json:
    return {"id": world.add_hook(_repo(world, given), given["url"], given["secret"], given["events"]).id}


def push(world: GitHubWorld, given: Json) -> Json:
    by = world.store.user(given["by"])
    return {"sha": world.push(_repo(world, given), given["branch"], _files(given), given.get("message", "Change"), by)}


def pull(world: GitHubWorld, given: Json) -> Json:
    head = world.store.repo(given.get("head_repo") or given["repo"])
    if head is None:
        raise KeyError(given["head_repo"])
    by = world.store.user(given["by"])
    made = world.open_pull(
        _repo(world, given), head, given["branch"], given["title"], given.get("body", ""), by, given.get("labels", [])
    )
    return {"number": made.number, "sha": made.head_sha}


def edit(world: GitHubWorld, given: Json) -> Json:
    world.edit_pull(*_pull(world, given), given["changes"], world.store.user(given["by"]))
    return {}


def label(world: GitHubWorld, given: Json) -> Json:
    world.label_pull(*_pull(world, given), given["label"], world.store.user(given["by"]), add=given.get("add", True))
    return {}


def close(world: GitHubWorld, given: Json) -> Json:
    world.close_pull(*_pull(world, given), world.store.user(given["by"]))
    return {}


def reopen(world: GitHubWorld, given: Json) -> Json:
    world.reopen_pull(*_pull(world, given), world.store.user(given["by"]))
    return {}


def merge(world: GitHubWorld, given: Json) -> Json:
    return {"sha": world.merge_pull(*_pull(world, given), world.store.user(given["by"]))}


def comment(world: GitHubWorld, given: Json) -> Json:
    return {"id": world.comment(*_pull(world, given), given["body"], world.store.user(given["by"])).id}


def state(world: GitHubWorld, given: Json) -> Json:
    """A pull request as a whole: comments with reactions, statuses, labels."""
    found, one = _pull(world, given)
    return {
        "state": one.state, "sha": one.head_sha, "merged": one.merged_at is not None, "labels": one.labels,
        "comments": [
            {"id": each.id, "by": each.user.login, "body": each.body, "edited": each.updated_at != each.created_at,
             "reactions": [{"by": reaction.user.login, "content": reaction.content} for reaction in each.reactions]}
            for each in one.comments
        ],
        "statuses": [
            {"sha": each.sha, "context": each.context, "state": each.state, "description": each.description} for each in found.statuses
        ],
    }  # fmt: skip


def faults(world: GitHubWorld, given: Json) -> Json:
    return world.faults.set(given)


def deliveries(world: GitHubWorld, given: Json) -> Json:
    wanted = given.get("event")
    return {"deliveries": [
        {"id": each.id, "guid": each.guid, "event": each.event, "action": each.action, "status": each.status,
         "status_code": each.status_code, "answer": each.answer, "answered_at": each.answered_at, "headers": each.headers,
         "body": base64.b64encode(each.body).decode() if given.get("bodies") else ""}
        for each in world.store.deliveries if wanted in (None, each.event)
    ]}  # fmt: skip


def redeliver(world: GitHubWorld, given: Json) -> Json:
    old = next(each for each in world.store.deliveries if each.id == given["id"])
    return {"id": world.webhooks.redeliver(old).id}


def journal(world: GitHubWorld, given: Json) -> Json:
    return {"requests": world.store.journal[given.get("since", 0) :]}


ACTIONS: dict[str, Callable[[GitHubWorld, Json], Json]] = {
    each.__name__: each
    for each in (user, app, repo, roles, fork, delete_repo, hook, push, pull, edit, label, close, reopen, merge, comment, state, faults,
                 deliveries, redeliver, journal)
}  # fmt: skip


def _act(request: Request, given: Json) -> Response:
    action = ACTIONS.get(request.path_params["action"])
    if action is None:
        return JSONResponse({"message": f"no such action; there are {', '.join(ACTIONS)}"}, 404)
    try:
        return JSONResponse(action(world_of(request), given))
    except KeyError as error:
        return JSONResponse({"message": f"there is no {error}"}, 422)


def router() -> APIRouter:
    """`POST /_standin/<action>`."""
    found = APIRouter()
    found.add_route("/_standin/{action}", endpoint(_act), methods=["POST"], include_in_schema=False)
    return found
