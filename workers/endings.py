"""How a run ends: what it came to goes into the Stack in one write, from there into the comment, and only then a Stack
that is to go is let go."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from model.stack import Claim, Phase, Stack, Status
from workers import comment
from workers.faults import Fault
from workers.pipeline.run import Run
from workers.report.view import CommentView
from workers.world import World

log = structlog.get_logger(__name__)

RETRY_FIRST_SECONDS = 5.0
RETRY_MOST_SECONDS = 120.0
DOUBLINGS_MOST = 5
LAST_WORDS_SECONDS = 24 * 3600  # how long a Stack waits for its last comment to be written


def finish(
    world: World,
    stack: Stack,
    *,
    phase: Phase,
    message: str = "",
    view: CommentView | None = None,
    cleared: bool = False,
) -> bool:
    """Record that this generation was served and what the comment has to say of it; whether it says it by now.

    `cleared`: nothing is left of the stack.
    """

    def change(status: Status) -> Status:
        done = replace(
            status,
            phase=phase,
            observed_generation=stack.generation,
            message=message,
            retries=0,
            retry_at=None,
            superseded="",
            claim=held(status) if phase is Phase.READY else status.claim,
        )
        if view is not None:
            done = replace(done, report=comment.report(view), comment_due=True)
        if not cleared:
            return done
        return replace(done, urls=(), services=(), receipts=(), namespace="", config_hash="", deployed_sha="", claim=None)

    world.stacks.patch_status(stack.name, change)
    return view is None or comment.refresh(world, stack.name)


def held(status: Status) -> Claim | None:
    """What a stack that is live has under its label, no less and no more; one of no services holds no label."""
    names = tuple(service.name for service in status.services)
    return Claim(status.claim.label, names) if status.claim is not None and names else None


def later(run: Run, why: str, view: CommentView | None = None, retry_after: float | None = None) -> None:
    """Have the run taken up again after its pause, and say so where there is a view."""
    retries = run.stack.status.retries
    seconds = pause(run.stack, retry_after)
    due = now() + timedelta(seconds=seconds)
    log.warning("again later", why=why, seconds=seconds, retries=retries)

    def change(status: Status) -> Status:
        waiting = replace(status, retries=retries + 1, retry_at=due, message=why)
        if view is None:
            return waiting
        return replace(waiting, phase=view.phase, report=comment.report(view), comment_due=True)

    run.world.stacks.patch_status(run.stack.name, change)
    run.world.enqueue_converge(run.stack.name, after=seconds + 0.5)
    if view is not None:
        comment.refresh(run.world, run.stack.name)


def pause(stack: Stack, retry_after: float | None = None) -> float:
    """Seconds until the next try, more with each that was made."""
    doubled = RETRY_FIRST_SECONDS * 2 ** min(stack.status.retries, DOUBLINGS_MOST)
    return retry_after or min(doubled, RETRY_MOST_SECONDS)


def torn_down(stack: Stack) -> bool:
    """Whether all that a Stack which is to go still waits for is its last comment."""
    served = stack.status.observed_generation >= stack.generation
    return stack.deleting and served and stack.status.phase in (Phase.DESTROYED, Phase.EXPIRED)


def let_go(world: World, stack: Stack, *, said: bool) -> None:
    """Let a Stack go that is torn down, once its comment says so: afterwards nobody would know that it is untrue. A
    comment that cannot be written for a whole day keeps it no longer, nor does one that has no place any more."""
    if not said and not waited_enough(stack) and not out_of_sight(world, stack):
        seconds = pause(stack)
        retries, due = stack.status.retries + 1, now() + timedelta(seconds=seconds)
        world.stacks.patch_status(stack.name, lambda status: replace(status, retries=retries, retry_at=due))
        world.enqueue_converge(stack.name, after=seconds + 0.5)
        return
    if not said:
        log.error("let go with an untrue comment", pr=comment.title(stack))
    world.stacks.drop_finalizer(stack.name)


def out_of_sight(world: World, stack: Stack) -> bool:
    """Whether GitHub, asked now, shows us no such pull request: nobody would read the comment, and nothing of the stack
    is left that this could lose. A fault on the way says nothing."""
    spec = stack.spec
    try:
        return world.forge(spec.installation).pull(spec.repository, spec.number) is None
    except Fault:
        return False


def waited_enough(stack: Stack) -> bool:
    """Whether the last comment has had its time."""
    return stack.deleted_at is not None and now() - stack.deleted_at > timedelta(seconds=LAST_WORDS_SECONDS)


def now() -> datetime:
    """The present time, UTC."""
    return datetime.now(UTC)
