"""Walk one Stack towards what is wanted of it, under its lease, until what is wanted stands still."""

import os
import shutil
import socket
import time
import traceback
import uuid
from dataclasses import replace

import structlog

from model.stack import REASON_EXPIRED, Desired, Phase, Role, Stack
from workers import comment, endings, lease, turn
from workers.endings import finish, later, now
from workers.faults import OurFault, Superseded, Unavailable, UserFault
from workers.lease import Held
from workers.narrator import Narrator
from workers.pipeline import plans
from workers.pipeline.run import Run, walk
from workers.pipeline.steps import NotTrusted, PullRequestClosed, Step
from workers.report import sentences
from workers.report.view import CommentView, Failure
from workers.world import World

log = structlog.get_logger(__name__)

HOLDER = f"{socket.gethostname()}-{os.getpid()}"
GOING = (Phase.REMOVING, Phase.DESTROYED, Phase.EXPIRED)


def converge(world: World, name: str) -> None:
    """Runs until the Stack's generation is the one that was served; returns at once where another worker is at it."""
    while True:
        stack = world.stacks.get(name)
        if stack is None or (settled(stack) and not stack.deleting):
            return
        if stack.status.run is None and not going_down(stack) and waits(world, stack):
            return
        run_id = uuid.uuid4().hex[:12]
        with lease.hold(world.stacks, name, f"{HOLDER}/{run_id}", world.settings.lease_seconds) as held:
            if held is None:
                return  # its holder sees every change of the wish by itself
            structlog.contextvars.bind_contextvars(stack=name, run=run_id, pr=comment.title(held.stack))
            again = attempt(world, held.stack, held, run_id)
        wake(world, stack)
        if not again:
            return


def waits(world: World, stack: Stack) -> bool:
    """Whether others come first that this stack needs; then the comment says so, once. Whoever ends wakes those that wait,
    and the sweep takes up who was not woken."""
    needed = turn.waits_for(stack, world.stacks.list(stack.spec.label)) if stack.spec.needs else ()
    if not needed:
        return False
    said = sentences.comes_after(str(each) for each in needed)
    if stack.status.message != said:
        view = replace(opening(world, stack, "", down=False), message=said)
        log.info("waits", stack=stack.name, needed=[str(each) for each in needed])
        told = comment.report(view)
        world.stacks.patch_status(
            stack.name,
            lambda status: replace(status, phase=Phase.QUEUED, message=said, report=told, comment_due=True),
        )
        comment.refresh(world, stack.name)
    return True


def wake(world: World, stack: Stack) -> None:
    """Have those walked that may have waited for this one."""
    if stack.spec.role is Role.FEATURE and stack.spec.label:
        for other in world.stacks.list(stack.spec.label):
            if other.name != stack.name and not settled(other) and turn.follows(stack, other):
                world.enqueue_converge(other.name)


def settled(stack: Stack) -> bool:
    """Whether the present wish was served, be it with success or with a fault that was shown."""
    return stack.status.observed_generation >= stack.generation


def going_down(stack: Stack) -> bool:
    """Whether the stack is to go: its record is being deleted, or it is wanted down."""
    return stack.deleting or stack.spec.desired is Desired.DOWN


def attempt(world: World, stack: Stack, held: Held, run_id: str) -> bool:
    """One run. True when the wish may have changed meanwhile, so that it must be looked at again."""
    down = going_down(stack)
    if down and stack.spec.role is Role.BASE:
        finish(world, stack, phase=stack.status.phase)  # the base is never torn down; its record may go
        return False
    if endings.torn_down(stack):
        endings.let_go(world, stack, said=comment.refresh(world, stack.name))
        return False
    plan = plans.DOWN if down else plans.UP
    workdir = world.settings.work_dir / "runs" / run_id
    workdir.mkdir(parents=True)
    narrator = Narrator(
        opening(world, stack, run_id, down=down),
        tuple(step.stage for step in plan),
        lambda view, step: comment.progress(world, stack.name, view, step),
    )
    run = Run(world=world, stack=stack, id=run_id, held=held, narrator=narrator, workdir=workdir)
    try:
        return down_run(run, plan) if down else up_run(run, plan)
    except Superseded as fault:
        log.info("superseded", reason=str(fault))
        if held.reason == lease.SUPERSEDED and not down:
            world.stacks.patch_status(stack.name, lambda status: replace(status, superseded=stack.spec.sha))
        return True
    finally:
        narrator.abandon()
        shutil.rmtree(workdir, ignore_errors=True)


def up_run(run: Run, plan: tuple[Step, ...]) -> bool:
    """Deploy. A user's fault ends it with a comment; a server that does not answer is tried again later."""
    try:
        walk(run, plan)
    except Superseded:
        raise
    except PullRequestClosed:
        run.world.stacks.close(run.stack.name)
        return True
    except NotTrusted as fault:
        end(run, Phase.WAITING, ok=True, message=str(fault))
        return True
    except Exception as fault:
        if run.held.is_set():
            raise Superseded(run.held.reason) from fault
        return failed(run, fault)
    end(run, Phase.READY, ok=True)
    return True


def down_run(run: Run, plan: tuple[Step, ...]) -> bool:
    """Tear down: every step is taken, faults are collected; only when nothing is left does the record go."""
    for step in plan:
        if run.held.is_set() and not run.stack.deleting:
            raise Superseded(run.held.reason)
        run.narrator.enter(step)
        started = time.monotonic()
        try:
            step.act(run)
            log.info("step", step=step.name, seconds=round(time.monotonic() - started, 3))
        except Superseded:
            raise
        except Exception as fault:
            log.warning(
                "teardown step failed", step=step.name, error=str(fault), exc_info=not isinstance(fault, OurFault)
            )
            run.left += [f"{step.stage}: {each}" for each in sentences.causes(fault)]
    gone = not run.left
    phase = down_phase(run.stack) if gone else Phase.REMOVING
    view = run.narrator.end(
        phase,
        ok=gone,
        removed=tuple(dict.fromkeys([*run.narrator.view.removed, *run.removed])),
        left=tuple(run.left),
        preview_urls=(),
        base_urls=(),
        services=(),
        updated_at=now(),
    )
    if not gone:
        later(run, f"{len(run.left)} things could not be removed", view)
        return False
    said = finish(run.world, run.stack, phase=phase, view=view, cleared=True)
    if run.stack.deleting:
        endings.let_go(run.world, run.stack, said=said)
    return not run.stack.deleting


def down_phase(stack: Stack) -> Phase:
    """What a stack that was taken down is called."""
    return Phase.EXPIRED if stack.spec.reason == REASON_EXPIRED else Phase.DESTROYED


def failed(run: Run, fault: Exception) -> bool:
    """Show a fault, or try again later where a server that we need does not answer."""
    if isinstance(fault, Unavailable) and run.stack.status.retries < run.world.settings.retries_max:
        seconds = endings.pause(run.stack, fault.retry_after)
        said = sentences.waiting_for(fault.what, seconds)
        view = run.narrator.end(Phase.QUEUED, ok=False, message=said, updated_at=now())
        later(run, str(fault), view, fault.retry_after)
        return False
    if isinstance(fault, UserFault):
        failure = Failure(fault.title, fault.explanation, fault.remedy, run.world.masker.mask(fault.log))
        log.info("user fault", title=fault.title)
    else:
        log.error("our fault", error=str(fault), trace=traceback.format_exc())
        failure = sentences.our_failure(fault, run.id)
    end(run, Phase.FAILED, ok=False, failure=failure, previous=still_running(run.stack))
    return True


def end(run: Run, phase: Phase, *, ok: bool, **changes: object) -> None:
    """The run's end, in the Stack and so in the comment."""
    view = run.narrator.end(phase, ok=ok, updated_at=now(), **changes)
    message = view.failure.title if view.failure else view.message
    finish(run.world, run.stack, phase=phase, message=message, view=view)


def still_running(stack: Stack) -> str:
    """What a failed run leaves running from before, as people say it."""
    sha = stack.status.deployed_sha
    return f"`{sha[:7]}` is still running as before." if sha and sha != stack.spec.sha else ""


def opening(world: World, stack: Stack, run_id: str, *, down: bool) -> CommentView:
    """The view that a run begins with. A teardown goes on with what an earlier one had removed."""
    spec, status = stack.spec, stack.status
    view = CommentView(
        repository=spec.repository,
        number=spec.number,
        label=spec.label,
        sha=spec.sha,
        phase=Phase.QUEUED,
        run_id=run_id,
        header=world.settings.context_header,
        expires_at=spec.expires_at,
        ttl_cap=world.settings.ttl_max,
        updated_at=now(),
    )
    if not down:
        old = status.superseded
        return replace(view, notes=(sentences.superseded(old, spec.sha),) if old and old != spec.sha else ())
    before = comment.view_of(world, stack)
    live = status.phase is Phase.READY and status.deployed_sha == spec.sha
    return replace(
        view,
        removed=before.removed if status.phase in GOING else (),
        verified=before.verified if status.phase is Phase.REMOVING else live,
    )
