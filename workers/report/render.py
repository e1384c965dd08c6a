"""The comment on a pull request: Markdown from a view, and never longer than GitHub takes."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from model.stack import Phase
from workers.report import text
from workers.report.view import CommentView

LOG_MOST = 20_000  # characters of a tool's output
HEADLINES = {
    Phase.IDLE: ("💤", "Nothing is deployed"),
    Phase.QUEUED: ("🕐", "Queued"),
    Phase.BUILDING: ("🔨", "Building"),
    Phase.DEPLOYING: ("🚚", "Deploying"),
    Phase.VERIFYING: ("🔎", "Verifying"),
    Phase.READY: ("✅", "Ready"),
    Phase.FAILED: ("❌", "Failed"),
    Phase.WAITING: ("✋", "Waiting for approval"),
    Phase.REMOVING: ("🧹", "Removing"),
    Phase.EXPIRED: ("⌛", "Expired and removed"),
    Phase.DESTROYED: ("🧹", "Removed"),
}
MARKS = {"done": "✅", "running": "⏳", "failed": "❌", "waiting": "▫️", "skipped": "▫️"}


def marker(repository: str, number: int) -> str:
    """The hidden first line, by which our comment is found again."""
    return f"<!-- devstack:comment v1 {repository}#{number} -->"


def render(view: CommentView) -> str:
    """The whole comment. What is too long is cut from the head of the log first, then the answers go."""
    log = text.tail(view.failure.log, LOG_MOST) if view.failure else ""
    shown = replace(view, failure=replace(view.failure, log=log)) if view.failure else view
    body = _rendered(shown)
    while len(body) > text.COMMENT_MOST:
        if shown.failure is not None and len(shown.failure.log) > 1000:
            shorter = text.tail(shown.failure.log, len(shown.failure.log) // 2)
            shown = replace(shown, failure=replace(shown.failure, log=shorter))
        elif shown.answers:
            shown = replace(shown, answers=shown.answers[:-1])
        else:
            return body[: text.COMMENT_MOST - 1] + "…"
        body = _rendered(shown)
    return body


def _rendered(view: CommentView) -> str:
    emoji, word = HEADLINES[view.phase]
    body = (
        _environment()
        .get_template("comment.md.j2")
        .render(
            view=view,
            marker=marker(view.repository, view.number),
            emoji=emoji,
            word=word,
            marks=MARKS,
            live=view.phase is Phase.READY,
            busy=view.phase in (Phase.QUEUED, Phase.BUILDING, Phase.DEPLOYING, Phase.VERIFYING, Phase.REMOVING),
            now=view.updated_at or datetime.now(UTC),
        )
    )
    return body.strip() + "\n"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # noqa: S701  this is Markdown: what is not ours goes through the filters below
    )
    environment.filters.update(
        escaped=text.escaped,
        code=text.code,
        fenced=text.fenced,
        duration=text.duration,
        moment=text.moment,
        until=text.until,
    )
    return environment
