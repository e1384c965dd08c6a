"""Walk one Stack towards what is wanted of it, under its lease, until what is wanted stands still."""

import os
import shutil
import socket
import time
import traceback
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from model.stack import Desired, Phase, Role, Stack, Status
from workers import comment, lease
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

RETRY_FIRST_SECONDS = 5.0
RETRY_MOST_SECONDS = 120.0
HOLDER = f"{socket.gethostname()}-{os.getpid()}"


def converge(world: World, name: str) -> None:
    """Runs until the Stack's generation is the one that was served; returns at once where another worker is at it."""
    while True:
        stack = world.stacks.get(name)
        if stack is None or (settled(stack) and not stack.deleting):
            return
        run_id = uuid.uuid4().hex[:12]
        with lease.hold(world.stacks, name, f"{HOLDER}/{run_id}", world.settings.lease_seconds) as held:
            if held is None:
                return  # its holder sees every change of the wish by itself
            structlog.contextvars.bind_contextvars(stack=name, run=run_id, pr=comment.title(held.stack))
            again = attempt(world, held.stack, held, run_id)
        if not again:
            return


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
    plan = plans.DOWN if down else plans.UP
    workdir = world.settings.work_dir / "runs" / run_id
    workdir.mkdir(parents=True)
    narrator = Narrator(
        opening(world, stack, run_id),
        tuple(step.stage for step in plan),
        lambda view, final: comment.publish(world, stack.name, view, final=final),
    )
    run = Run(world=world, stack=stack, id=run_id, held=held, narrator=narrator, workdir=workdir)
    try:
        return down_run(run, plan) if down else up_run(run, plan)
    except Superseded as fault:
        log.info("superseded", reason=str(fault))
        narrator.abandon()
        return True
    finally:
        shutil.rmtree(workdir, ignore_errors=True)


def up_run(run: Run, plan: tuple[Step, ...]) -> bool:
    """Deploy. A user's fault ends it with a comment; a server that does not answer is tried again later."""
    try:
        walk(run, plan)
    except Superseded:
        raise
    except PullRequestClosed:
        run.narrator.abandon()
        run.world.stacks.request_delete(run.stack.name)
        return True
    except NotTrusted as fault:
        end(run, Phase.WAITING, ok=True, message=str(fault))
        return True
    except Exception as fault:
        if run.held.is_set():
            raise Superseded(run.held.reason) from fault
        return failed(run, fault)
    end(run, Phase.READY, ok=True, message="")
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
            run.left.append(f"{step.stage}: {sentences.cause(fault)}")
    gone = not run.left
    phase = Phase.REMOVING if not gone else down_phase(run.stack)
    run.narrator.end(
        phase,
        ok=gone,
        removed=tuple(run.removed),
        left=tuple(run.left),
        preview_urls=(),
        base_urls=(),
        services=(),
        updated_at=now(),
    )
    if not gone:
        later(run, f"{len(run.left)} things could not be removed")
        return False
    if run.stack.deleting:
        run.world.stacks.drop_finalizer(run.stack.name)
        return False
    finish(run.world, run.stack, phase=phase, cleared=True)
    return True


def down_phase(stack: Stack) -> Phase:
    """What a stack that was taken down is called."""
    return Phase.EXPIRED if stack.spec.reason == "expired" else Phase.DESTROYED


def failed(run: Run, fault: Exception) -> bool:
    """Show a fault, or try again later where a server that we need does not answer."""
    if isinstance(fault, Unavailable) and run.stack.status.retries < run.world.settings.retries_max:
        seconds = later(run, str(fault), fault.retry_after)
        run.narrator.end(Phase.QUEUED, ok=False, message=sentences.waiting_for(fault.what, seconds), updated_at=now())
        return False
    if isinstance(fault, UserFault):
        failure = Failure(fault.title, fault.explanation, fault.remedy, run.world.masker.mask(fault.log))
        log.info("user fault", title=fault.title)
    else:
        log.error("our fault", error=str(fault), trace=traceback.format_exc())
        failure = sentences.our_failure(fault, run.id)
    end(run, Phase.FAILED, ok=False, failure=failure, previous=still_running(run.stack))
    return True


def later(run: Run, why: str, retry_after: float | None = None) -> float:
    """Have the run taken up again after a growing pause; returns the pause in seconds."""
    retries = run.stack.status.retries
    seconds = retry_after or min(RETRY_FIRST_SECONDS * 2**retries, RETRY_MOST_SECONDS)
    due = now() + timedelta(seconds=seconds)
    log.warning("again later", why=why, seconds=seconds, retries=retries)
    run.world.stacks.patch_status(
        run.stack.name, lambda status: replace(status, retries=retries + 1, retry_at=due, message=why)
    )
    run.world.enqueue_converge(run.stack.name, after=seconds + 0.5)
    return seconds


def end(run: Run, phase: Phase, *, ok: bool, **changes: object) -> None:
    """The run's end, first in the Stack, then in the comment."""
    finish(run.world, run.stack, phase=phase, message=str(changes.get("message", "")))
    run.narrator.end(phase, ok=ok, updated_at=now(), **changes)


def finish(world: World, stack: Stack, *, phase: Phase, message: str = "", cleared: bool = False) -> None:
    """Record that this generation was served."""

    def change(status: Status) -> Status:
        done = replace(
            status, phase=phase, observed_generation=stack.generation, message=message, retries=0, retry_at=None
        )
        if not cleared:
            return done
        return replace(done, urls=(), services=(), receipts=(), namespace="", config_hash="", deployed_sha="")

    world.stacks.patch_status(stack.name, change)


def still_running(stack: Stack) -> str:
    """What a failed run leaves running from before, as people say it."""
    sha = stack.status.deployed_sha
    return f"`{sha[:7]}` is still running as before." if sha and sha != stack.spec.sha else ""


def opening(world: World, stack: Stack, run_id: str) -> CommentView:
    """The view that a run begins with."""
    spec = stack.spec
    return CommentView(
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


def now() -> datetime:
    """The present time, UTC."""
    return datetime.now(UTC)
