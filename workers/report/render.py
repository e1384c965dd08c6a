"""The comment: a view in, Markdown out. Pure; never longer than GitHub takes."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from shlex import quote
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from model.stack import Phase
from workers.report import feature, markdown, matrix, picture, words
from workers.report.cut import CUTS, shorter_log, size
from workers.report.view import CommentView

LIMIT = 65_536  # GitHub's, in characters; counted as UTF-16 units, which are never fewer
MARKER = "<!-- devstack:comment v1 {repository}#{number} -->"

GONE = (Phase.DESTROYED, Phase.EXPIRED, Phase.REMOVING, Phase.IDLE)
UNDER_WAY = (Phase.QUEUED, Phase.BUILDING, Phase.DEPLOYING, Phase.VERIFYING)
HEADLINES = {
    Phase.IDLE: ("⚪", "Nothing is deployed", ""),
    Phase.QUEUED: ("🟡", "", "is queued"),
    Phase.BUILDING: ("🟡", "", "is being built"),
    Phase.DEPLOYING: ("🟡", "", "is being deployed"),
    Phase.VERIFYING: ("🟡", "", "is being verified"),
    Phase.READY: ("🟢", "", "is live"),
    Phase.FAILED: ("🔴", "", "could not be deployed"),
    Phase.WAITING: ("🟠", "", "waits for an approval"),
    Phase.REMOVING: ("🟡", "", "is being removed"),
    Phase.EXPIRED: ("⚫", "", "has expired and was removed"),
    Phase.DESTROYED: ("⚫", "", "was removed"),
}
STAGE_SIGNS = {"done": "✅", "running": "⏳", "failed": "❌", "waiting": "▫️", "skipped": "➖"}
SERVICE_STATES = {"ready": "✅ ready", "failed": "❌ failed", "pending": "⏳ pending", "base": "served by the base"}

_TEMPLATES = Path(__file__).parent / "templates"


def render(view: CommentView) -> str:
    """The whole comment as Markdown, its hidden marker in the first line. At most `LIMIT` characters."""
    text = _filled(view)
    over = size(text) - LIMIT
    if over > 0:
        view = shorter_log(view, over)
        text = _filled(view)
    for cut in CUTS:
        if size(text) <= LIMIT:
            break
        view = cut(view)
        text = _filled(view)
    return text


def _filled(view: CommentView) -> str:
    text = _environment().get_template("comment.md.j2").render(
        view=view,
        marker=markdown.Safe(MARKER.format(repository=markdown.line(view.repository), number=view.number)),
        headline=_headline(view),
        lives=view.expires_at is not None and (_reachable(view) or (view.phase is Phase.READY and bool(view.services))),
        under_way=view.phase in UNDER_WAY or (view.phase is Phase.REMOVING and not view.left),
        gone=view.phase in GONE,
        reachable=_reachable(view),
        curls=[_curl(view, url) for url in view.base_urls],
        seconds=sum(stage.seconds or 0.0 for stage in view.stages),
        wrong=[probe for probe in view.probes if not probe.ok],
        asked=[probe for probe in view.probes if probe.asked],
        matrix=matrix.of(view.probes, view.header),
        beside=matrix.beside(view.probes),
        drawn=picture.mermaid(view.picture) if view.picture.arrows else "",
        signs=STAGE_SIGNS,
        states=SERVICE_STATES,
        feature=feature.section(view),
    )  # fmt: skip
    return text.strip() + "\n"


def _headline(view: CommentView) -> markdown.Safe:
    sign, whole, rest = HEADLINES[view.phase]
    if view.phase is Phase.READY and not view.services:
        sign, whole = "⚪", "Nothing to deploy"
    if view.phase is Phase.REMOVING and view.left:
        sign, rest = "🟠", "could not be removed completely yet"
    said = whole or f"{markdown.code(view.label)} {rest}"
    return markdown.Safe(f"{sign} {said}")


def _reachable(view: CommentView) -> bool:
    """Whether its addresses answer: a dead one is never shown."""
    return bool(view.preview_urls or view.base_urls) and (
        view.phase is Phase.READY or (bool(view.previous) and view.phase not in GONE)
    )


def _curl(view: CommentView, url: str) -> str:
    return f"curl -H {quote(f'{view.header}: {view.label}')} {quote(url)}"


def _escaped(value: Any) -> str:
    """What no filter has made Markdown of is a stranger's text."""
    return value if isinstance(value, markdown.Safe) else markdown.plain(value)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=False,  # noqa: S701 - Markdown, not HTML: `finalize` escapes all that no filter has dealt with
        finalize=_escaped,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., Any]] = {
        "code": markdown.code,
        "cell": markdown.cell,
        "prose": markdown.prose,
        "prose_cell": markdown.prose_cell,
        "sentence": markdown.sentence,
        "quoted": markdown.quoted,
        "fence": markdown.fence,
        "html": markdown.html,
        "link": markdown.link,
        "took": words.took,
        "duration": words.duration,
        "moment": words.moment,
        "short": words.short,
        "image": words.image,
        "counted": words.counted,
        "lines": lambda text: markdown.clean(text).strip("\n").count("\n") + 1,
        "ours": markdown.Safe,
    }
    environment.filters.update(filters)
    return environment
