"""Keeps a pull request's one comment true: what a run reports and what commands were answered, from the Stack alone."""

from dataclasses import replace
from typing import Any

import structlog
from pydantic import TypeAdapter

from model.stack import Phase, Role, Stack, Status
from workers.faults import OurFault, Unavailable
from workers.report import render, sentences
from workers.report.view import CommentView
from workers.world import World

log = structlog.get_logger(__name__)

LOOKS = 3  # how often a write is checked against what changed during it
_VIEW: TypeAdapter[CommentView] = TypeAdapter(CommentView)
STATUS_CONTEXT = "devstack"


def title(stack: Stack) -> str:
    """`owner/repo#7`, or `owner/repo` for a base application."""
    spec = stack.spec
    return f"{spec.repository}#{spec.number}" if spec.role is Role.FEATURE else spec.repository


def publish(world: World, name: str, view: CommentView, *, final: bool) -> None:
    """Record a run's view in the Stack, then bring the comment up to it."""
    report: dict[str, Any] = _VIEW.dump_python(view, mode="json", exclude={"answers"}, exclude_defaults=True)

    def change(status: Status) -> Status:
        return replace(status, report=report, phase=status.phase if final else view.phase, comment_due=False)

    world.stacks.patch_status(name, change)
    refresh(world, name, final=final)


def refresh(world: World, name: str, *, final: bool = True) -> None:
    """Write the comment and the commit status that the Stack's present state asks for.

    Two processes may write at once (a run and an answer), so a writer looks again after writing: the last one to
    look has seen all changes. GitHub being out of reach is no fault of the run: the sweep writes it later.
    """
    for _ in range(LOOKS):
        stack = world.stacks.get(name)
        if stack is None:
            return
        view = view_of(world, stack)
        try:
            write(world, stack, view, final=final)
        except (OurFault, Unavailable) as fault:
            log.warning("comment not written", error=str(fault))
            if final:
                world.stacks.mark_comment_due(name)
            return
        after = world.stacks.get(name)
        if not final or after is None or view_of(world, after) == view:
            return


def view_of(world: World, stack: Stack) -> CommentView:
    """The view that a Stack's record amounts to."""
    spec = stack.spec
    known = {
        "repository": spec.repository,
        "number": spec.number,
        "label": spec.label,
        "sha": spec.sha,
        "phase": stack.status.phase,
        "run_id": "",
        "header": world.settings.context_header,
    }
    view = _VIEW.validate_python({**known, **stack.status.report})
    expires = spec.expires_at if stack.status.phase not in (Phase.EXPIRED, Phase.DESTROYED, Phase.IDLE) else None
    return replace(view, answers=tuple(reversed(stack.status.answers)), expires_at=expires)


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
    forge.set_status(spec.repository, view.sha, state, description, "", context=context)
