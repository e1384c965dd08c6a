"""Comments and reactions."""

from datetime import datetime
from typing import Any

from fastapi import Request
from starlette.responses import Response

from playground.github.access import caller, pull_of, repo_of, world_of
from playground.github.answers import ApiError, answer, invalid, not_found, page
from playground.github.store import Comment, Pull, Repo

Json = dict[str, Any]
REACTIONS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")
BODY_MOST = 65_536


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
