"""The page: a pull request as a person would see it, with a comment box to play with."""

from html import escape
from pathlib import Path
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from playground.github.access import world_of
from playground.github.markdown import rendered
from playground.github.rest import endpoint
from playground.github.store import Comment, Pull, Repo, now
from playground.github.world import GitHubWorld

EMOJI = {
    "+1": "👍",
    "-1": "👎",
    "laugh": "😄",
    "confused": "😕",
    "heart": "❤️",
    "hooray": "🎉",
    "rocket": "🚀",
    "eyes": "👀",
}
STATUS = {"success": "✅", "failure": "❌", "error": "❌", "pending": "🟡"}
FRAME = (Path(__file__).parent / "page.html").read_text()


def _frame(title: str, body: str) -> HTMLResponse:
    return HTMLResponse(FRAME.replace("{{title}}", escape(title)).replace("{{body}}", body))


def _ago(seconds: float) -> str:
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}{'s' if count > 1 else ''} ago"
    return "just now"


def _comment(comment: Comment) -> str:
    reactions: dict[str, list[str]] = {}
    for each in comment.reactions:
        reactions.setdefault(each.content, []).append(each.user.login)
    shown = "".join(
        f'<span class="reaction" title="{escape(", ".join(people))}">{EMOJI[kind]} {len(people)}</span>'
        for kind, people in reactions.items()
    )
    bot = '<span class="bot">bot</span>' if comment.user.type == "Bot" else ""
    edited = " · edited" if comment.updated_at != comment.created_at else ""
    ago = _ago((now() - comment.created_at).total_seconds())
    return (
        f'<article class="comment" id="issuecomment-{comment.id}"><header><b>{escape(comment.user.login)}</b>{bot} '
        f'<span class="muted">commented {ago}{edited}</span></header>'
        f'<div class="markdown">{rendered(comment.body)}</div>'
        + (f'<footer class="reactions">{shown}</footer>' if shown else "")
        + "</article>"
    )


def _statuses(repo: Repo, pull: Pull) -> str:
    newest = {each.context: each for each in repo.statuses if each.sha == pull.head_sha}
    rows = "".join(
        f"<li>{STATUS[each.state]} <b>{escape(each.context)}</b> <span class=muted>{escape(each.description or '')}</span></li>"
        for each in newest.values()
    )
    return f'<section class="statuses"><h3>Checks of {pull.head_sha[:7]}</h3><ul>{rows}</ul></section>' if rows else ""


def timeline(repo: Repo, pull: Pull) -> str:
    """All that changes while one looks."""
    state = "merged" if pull.merged_at else pull.state
    labels = "".join(f'<span class="label">{escape(each)}</span>' for each in pull.labels)
    first = Comment(0, pull.user, pull.body or "*No description.*", pull.created_at, pull.created_at)
    source = f"{pull.head_repo.full_name}:{pull.head_ref}" if pull.head_repo else "unknown repository"
    return (
        f'<p><span class="state {state}">{state.capitalize()}</span> <b>{escape(pull.user.login)}</b> wants to merge '
        f"<code>{escape(source)}</code> into <code>{escape(pull.base_ref)}</code> {labels}</p>"
        + "".join(_comment(each) for each in [first, *pull.comments])
        + _statuses(repo, pull)
    )


def show_pull(request: Request, _: dict[str, object]) -> Response:
    repo, pull = _found(request)
    if repo is None or pull is None:
        return _frame("Not found", "<h1>There is no such pull request</h1>")
    if request.query_params.get("part") == "timeline":
        return HTMLResponse(timeline(repo, pull))
    people = [repo.owner.login, *repo.roles]
    if pull.user.login not in people:
        people.append(pull.user.login)
    options = "".join(f"<option>{escape(each)}</option>" for each in people)
    buttons = "".join(
        f'<button name="do" value="{each}" class="plain">{each.capitalize()}</button>' for each in _choices(pull)
    )
    body = (
        f'<nav><a href="/">GitHub stand-in</a> / <a href="/{escape(repo.full_name)}/pulls">{escape(repo.full_name)}</a></nav>'
        f'<h1>{escape(pull.title)} <span class="muted">#{pull.number}</span></h1>'
        f'<div id="timeline">{timeline(repo, pull)}</div>'
        '<form method="post" class="box"><textarea name="body" placeholder="/devstack help"></textarea>'
        f'<div class="row"><label>as <select name="by">{options}</select></label><span></span>{buttons}'
        '<button name="do" value="comment">Comment</button></div></form>'
    )
    return _frame(f"{pull.title} · #{pull.number}", body)


def _choices(pull: Pull) -> list[str]:
    if pull.state == "open":
        return ["merge", "close"]
    return [] if pull.merged_at else ["reopen"]


def _found(request: Request) -> tuple[Repo | None, Pull | None]:
    repo = world_of(request).store.repo(f"{request.path_params['owner']}/{request.path_params['name']}")
    number = request.path_params["number"]
    return repo, repo.pulls.get(int(number)) if repo and number.isdigit() else None


def act(world: GitHubWorld, repo: Repo, pull: Pull, form: dict[str, list[str]]) -> None:
    """What a button of the form does."""
    by = world.store.user(form.get("by", [repo.owner.login])[0])
    body = form.get("body", [""])[0].strip()
    match form.get("do", ["comment"])[0]:
        case "comment" if body:
            world.comment(repo, pull, body, by)
        case "close":
            world.close_pull(repo, pull, by)
        case "reopen":
            world.reopen_pull(repo, pull, by)
        case "merge":
            world.merge_pull(repo, pull, by)
        case _:
            pass


async def post_pull(request: Request) -> Response:
    form = parse_qs((await request.body()).decode())
    repo, pull = _found(request)
    world = world_of(request)
    if repo is not None and pull is not None:
        with world.store.lock:
            act(world, repo, pull, form)
    return RedirectResponse(str(request.url.path), 303)


def show_pulls(request: Request, _: dict[str, object]) -> Response:
    repo = world_of(request).store.repo(f"{request.path_params['owner']}/{request.path_params['name']}")
    if repo is None:
        return _frame("Not found", "<h1>There is no such repository</h1>")
    return _frame(
        repo.full_name, f'<nav><a href="/">GitHub stand-in</a></nav><h1>{escape(repo.full_name)}</h1>{_list(repo)}'
    )


def _list(repo: Repo) -> str:
    rows = "".join(
        f'<li><span class="state {"merged" if pull.merged_at else pull.state}">{"merged" if pull.merged_at else pull.state}</span> '
        f'<a href="/{escape(repo.full_name)}/pull/{pull.number}">{escape(pull.title)}</a> <span class="muted">#{pull.number}</span></li>'
        for pull in sorted(repo.pulls.values(), key=lambda each: -each.number)
    )
    return f"<ul class=list>{rows or '<li class=muted>No pull requests yet.</li>'}</ul>"


def index(request: Request, _: dict[str, object]) -> Response:
    parts = [
        f'<h2><a href="/{escape(repo.full_name)}/pulls">{escape(repo.full_name)}</a></h2>{_list(repo)}'
        for repo in world_of(request).store.repos.values()
    ]
    return _frame("GitHub stand-in", f"<h1>GitHub stand-in</h1>{''.join(parts)}")


def router() -> APIRouter:
    """The pages."""
    found = APIRouter()
    found.add_route("/", endpoint(index), methods=["GET"], include_in_schema=False)
    found.add_route("/{owner}/{name}/pulls", endpoint(show_pulls), methods=["GET"], include_in_schema=False)
    found.add_route("/{owner}/{name}/pull/{number}", endpoint(show_pull), methods=["GET"], include_in_schema=False)
    found.add_route("/{owner}/{name}/pull/{number}", post_pull, methods=["POST"], include_in_schema=False)
    return found
