"""The commit status beside the comment: one of GitHub's four states and a line of at most 140 characters."""

from model.stack import Phase
from workers.report import markdown, words
from workers.report.view import CommentView

DESCRIPTION_MOST = 140

# A stack that is gone says nothing about its commit: only `Ready` may turn a required check green.
STATES = {
    Phase.IDLE: ("pending", "Nothing is deployed"),
    Phase.QUEUED: ("pending", "Queued"),
    Phase.BUILDING: ("pending", "Building"),
    Phase.DEPLOYING: ("pending", "Deploying"),
    Phase.VERIFYING: ("pending", "Verifying"),
    Phase.READY: ("success", "Live"),
    Phase.FAILED: ("failure", "Could not be deployed"),
    Phase.WAITING: ("pending", "Waits for an approval by someone with write access"),
    Phase.REMOVING: ("pending", "Being removed"),
    Phase.EXPIRED: ("pending", "Expired and removed; a push brings it back"),
    Phase.DESTROYED: ("pending", "Removed, nothing of it runs any more"),
}


def status_line(view: CommentView) -> tuple[str, str]:
    """GitHub's state (`pending`, `success`, `failure`, `error` for faults of ours) and the description."""
    state, said = STATES[view.phase]
    match view.phase:
        case Phase.READY:
            said = _ready(view)
        case Phase.FAILED if view.failure is not None:
            state = "error" if view.failure.ours else "failure"
            said = view.failure.title.replace("`", "") or said
        case Phase.DESTROYED | Phase.EXPIRED if view.closed:
            state, said = _closed(view)
        case Phase.REMOVING if view.left:
            state, said = "error", f"{words.counted(len(view.left), 'thing')} could not be removed yet, trying again"
        case Phase.QUEUED if view.message:
            said = view.message.replace("`", "")
    said = markdown.line(said)
    return state, said if len(said) <= DESCRIPTION_MOST else f"{said[: DESCRIPTION_MOST - 1]}…"


def _closed(view: CommentView) -> tuple[str, str]:
    """What was proven of a commit stays proven; no other turns green because its pull request was closed."""
    if view.verified:
        return "success", "Was live, removed with the pull request"
    return "pending", "Removed with the pull request, nothing of it runs any more"


def _ready(view: CommentView) -> str:
    if not view.services:
        return "Nothing to deploy: no service is touched"
    listed = ", ".join(service.name for service in view.services)
    host = view.preview_urls[0].partition("://")[2].rstrip("/") if view.preview_urls else ""
    return f"{listed} live at {host}" if host else f"{listed} live"
