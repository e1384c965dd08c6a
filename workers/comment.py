"""Keeps a pull request's one comment true: what a run reports and what commands were answered, from the Stack alone.

What is to be said is recorded first, with the mark that the comment is behind; the mark goes when the comment was
written. So neither a crash nor a GitHub that does not answer can leave an untrue comment for long.
"""

from dataclasses import replace
from typing import Any

import structlog
from pydantic import TypeAdapter

from model.stack import REASON_CLOSED, Phase, Role, Stack, Status
from workers.faults import OurFault, Unavailable
from workers.report import render, sentences
from workers.report.view import CommentView
from workers.world import World

log = structlog.get_logger(__name__)

LOOKS = 3  # how often a write is checked against what changed during it
_VIEW: TypeAdapter[CommentView] = TypeAdapter(CommentView)
STATUS_CONTEXT = "devstack"
LIVES = (Phase.QUEUED, Phase.BUILDING, Phase.DEPLOYING, Phase.VERIFYING, Phase.READY, Phase.FAILED, Phase.WAITING)


def title(stack: Stack) -> str:
    """`owner/repo#7`, or `owner/repo` for a base application."""
    spec = stack.spec
    return f"{spec.repository}#{spec.number}" if spec.role is Role.FEATURE else spec.repository


def report(view: CommentView) -> dict[str, Any]:
    """A run's view as it is kept in the Stack. What the Stack knows better stays out."""
    found: dict[str, Any] = _VIEW.dump_python(view, mode="json", exclude={"answers", "closed"}, exclude_defaults=True)
    return found


def progress(world: World, name: str, view: CommentView, step: str) -> None:
    """Record how far a run is, and tell it; one that has lost its lease has nothing more to say."""
    said = report(view)

    def change(status: Status) -> Status:
        if status.run is None or status.run.id != view.run_id:
            return status
        return replace(status, report=said, phase=view.phase, run=replace(status.run, step=step))

    world.stacks.patch_status(name, change)
    refresh(world, name, final=False)


def refresh(world: World, name: str, *, final: bool = True) -> bool:
    """Write the comment and the commit status that the Stack's present state asks for; whether they say it now.

    Two processes may write at once (a run and an answer), so a writer looks again after writing: the last one to
    look has seen all changes. GitHub being out of reach is no fault of the run: the comparison writes it later.
    """
    for _ in range(LOOKS):
        stack = world.stacks.get(name)
        if stack is None:
            return True
        view = view_of(world, stack)
        try:
            write(world, stack, view, final=final)
        except OurFault as fault:
            log.warning("comment not written", pr=title(stack), error=str(fault))
            break
        if not final or said_it(world, name, view):
            return True
    if final:
        world.stacks.mark_comment_due(name)
    return False


def said_it(world: World, name: str, view: CommentView) -> bool:
    """Take the mark away that the comment is behind, unless the Stack asks for another one by now."""
    same = True

    def change(stack: Stack) -> Status:
        nonlocal same
        same = view_of(world, stack) == view
        return replace(stack.status, comment_due=False) if same else stack.status

    world.stacks.patch(name, change)
    return same


def view_of(world: World, stack: Stack) -> CommentView:
    """The view that a Stack's record amounts to."""
    spec, status = stack.spec, stack.status
    known = {
        "repository": spec.repository,
        "number": spec.number,
        "label": spec.label,
        "sha": spec.sha,
        "phase": status.phase,
        "run_id": "",
        "header": world.settings.context_header,
    }
    view = _VIEW.validate_python({**known, **status.report})
    notes = (f"The {spec.label_problem}.",) if spec.label_problem else ()
    return replace(
        view,
        answers=tuple(reversed(status.answers)),
        expires_at=spec.expires_at if status.phase in LIVES else None,
        notes=(*view.notes, *notes),
        closed=stack.deleting and spec.reason == REASON_CLOSED,
    )


def write(world: World, stack: Stack, view: CommentView, *, final: bool) -> None:
    """One comment and one commit status; those of a base application are the status alone."""
    spec = stack.spec
    forge = world.forge(spec.installation)
    if spec.role is Role.FEATURE:
        comment_id = forge.sticky(
            spec.repository, spec.number, render.render(view), known_id=stack.status.comment_id, final=final
        )
        if comment_id != stack.status.comment_id and comment_id is not None:
            world.stacks.patch_status(stack.name, lambda status: replace(status, comment_id=comment_id))
    context = STATUS_CONTEXT if spec.role is Role.FEATURE else f"{STATUS_CONTEXT}/base"
    state, description = sentences.status_line(view)
    try:
        forge.set_status(spec.repository, view.sha, state, description, "", context=context)
    except Unavailable:
        raise
    except OurFault as fault:
        # A commit that is gone takes none, and it will not come back: the comment says it all.
        log.warning("status not set", pr=title(stack), error=str(fault))
