"""Keeps a pull request's one comment true: what a run reports and what commands were answered, from the Stack alone.

What is to be said is recorded first, with the mark that the comment is behind; the mark goes when the comment was
written. So neither a crash nor a GitHub that does not answer can leave an untrue comment for long.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import structlog
from pydantic import TypeAdapter

from model.routing import following
from model.stack import REASON_CLOSED, Phase, Role, Stack, Status
from workers import lock
from workers.faults import OurFault, Unavailable
from workers.report import feature, render, sentences
from workers.report.view import CommentView
from workers.world import World

log = structlog.get_logger(__name__)

FOLLOWED = "devstack:followed"
FOLLOW_SECONDS = 10  # of several changes in so short a time the comments of the others follow the last, a little later
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
    found: dict[str, Any] = _VIEW.dump_python(
        view, mode="json", exclude={"answers", "closed", "members"}, exclude_defaults=True
    )
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
    """Bring the comment and the commit status up to the Stack's present state; whether they say it now. The comments of
    the other members of its feature follow what is final."""
    said = bring_up(world, name, final=final)
    if final and said:
        others_follow(world, name)
    return said


def others_follow(world: World, name: str) -> None:
    """Have the other members' comments say what has become of this one: one edit for each that says something else. What
    cannot be written now, the comparison writes."""
    stack = world.stacks.get(name)
    if stack is None or stack.spec.role is not Role.FEATURE or not stack.spec.label:
        return
    stacks = world.stacks.list(stack.spec.label)
    for other in stacks:
        if other.name != name and behind(world, other, stacks):
            if lock.once(world.redis, f"{FOLLOWED}:{other.name}", FOLLOW_SECONDS):
                bring_up(world, other.name, final=True)
            else:
                world.stacks.mark_comment_due(other.name)


def behind(world: World, stack: Stack, stacks: Sequence[Stack]) -> bool:
    """Whether a comment says something of the feature's other members that is not so any more."""
    return feature.behind(stack, stacks, world.settings.clone_url)


def bring_up(world: World, name: str, *, final: bool) -> bool:
    """Write what one Stack asks for.

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
    shown = feature.told(view.members, view.repository, view.number)

    def change(stack: Stack) -> Status:
        nonlocal same
        same = view_of(world, stack) == view
        return replace(stack.status, comment_due=False, members=shown) if same else stack.status

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
    notes = (
        *((f"The {spec.label_problem}.",) if spec.label_problem else ()),
        *((spec.needs_problem,) if spec.needs_problem else ()),
        *(sentences.not_followed(each) for each in following.problems(status.receipts)),
    )
    return replace(
        view,
        answers=tuple(reversed(status.answers)),
        expires_at=spec.expires_at if status.phase in LIVES else None,
        notes=(*view.notes, *notes),
        members=feature.members(stack, beside(world, stack), world.settings.clone_url),
        closed=stack.deleting and spec.reason == REASON_CLOSED,
    )


def beside(world: World, stack: Stack) -> Sequence[Stack]:
    """The Stacks under a stack's label, by one listing that the server narrows to it; none for who holds no label."""
    return world.stacks.list(stack.spec.label) if feature.belongs(stack, stack.spec.label) and stack.spec.label else ()


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
