"""Event → Job, purely: which events concern us, and what is asked of the workers."""

from typing import assert_never

from bot import commands
from bot.events import CommentCreated, Event, InstallationEvent, OtherEvent, PullRequestEvent, PushEvent
from model import dependencies, jobs

OURS = "<!-- devstack"  # how our own comments begin
LABEL_PREFIX = "devstack/"
FOLLOWED = frozenset({"opened", "reopened", "synchronize", "closed"})
LABELLED = frozenset({"labeled", "unlabeled"})
EDITS = frozenset({"body", "base"})


def translate(event: Event) -> jobs.Job | None:
    """The job for an event; None where it does not concern us."""
    match event:
        case PullRequestEvent():
            return _pull_request(event)
        case CommentCreated():
            return _comment(event)
        case PushEvent():
            return _push(event)
        case InstallationEvent():
            return jobs.InstallationChanged(event.installation, event.action, event.delivery)
        case OtherEvent():
            return None
        case _:
            assert_never(event)


def repository_of(event: Event) -> str:
    """The repository that an event is about; empty where it is about none."""
    return "" if isinstance(event, InstallationEvent | OtherEvent) else event.repository


def allowed(repository: str, patterns: tuple[str, ...]) -> bool:
    """Whether a repository is on the allow-list (`owner/name`, `owner/*`); an empty list allows all."""
    if not patterns or not repository:
        return True
    whole = repository.lower()
    of_owner = f"{whole.partition('/')[0]}/*"
    return any(pattern.lower() in (whole, of_owner) for pattern in patterns)


def _pull_request(event: PullRequestEvent) -> jobs.Job | None:
    concerns = (
        event.action in FOLLOWED
        or (event.action in LABELLED and (event.label is None or event.label.lower().startswith(LABEL_PREFIX)))
        or (event.action == "edited" and bool(event.changes & EDITS))
    )
    if not concerns:
        return None
    named = _depends(event)
    return jobs.PullRequestChanged(
        repository=event.repository,
        number=event.number,
        action=event.action,
        delivery=event.delivery,
        installation=event.installation,
        wrote=event.by if named else "",
        depends=tuple(str(each) for each in named),
    )


def _depends(event: PullRequestEvent) -> tuple[dependencies.Reference, ...]:
    """What whoever did this has written the pull request to depend on: not what stood there before, which may be another's
    word."""
    wrote = event.action == "opened" or (event.action == "edited" and "body" in event.changes)
    if not wrote or not event.by:
        return ()
    return dependencies.written(event.body_before, event.body, event.repository)


def _comment(event: CommentCreated) -> jobs.Job | None:
    if event.by_bot or event.body.lstrip().startswith(OURS):
        return None
    said = commands.parse(event.body)
    if not said:
        return None
    return jobs.CommentMade(
        event.repository, event.number, event.comment_id, event.author, said, event.delivery, event.installation
    )


def _push(event: PushEvent) -> jobs.Job | None:
    if event.deleted or not event.default_branch or event.ref != f"refs/heads/{event.default_branch}":
        return None
    return jobs.BasePushed(event.repository, event.default_branch, event.after, event.delivery, event.installation)
