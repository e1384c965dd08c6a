"""The Celery tasks: each takes a value off the queue and hands it to the room that does the work."""

from typing import Any

import structlog
from celery import Task

from model import jobs
from workers import patience
from workers.app import DECIDING, app
from workers.faults import OurFault, Unavailable
from workers.world import world

log = structlog.get_logger(__name__)


@app.task(name=jobs.TASK_INTAKE, shared=False)
def intake(job: dict[str, Any]) -> None:
    """Show that a delivery was heard, and leave the rest for later: nobody waits for a sign behind what takes long."""
    from kombu.exceptions import OperationalError

    from workers import intake as room
    from workers.github.errors import Gone

    taken = jobs.from_json(job)
    first = False
    try:
        first = room.hear(world(), taken)
    except Gone:
        return  # a comment that was deleted is taken back
    except OurFault as fault:
        log.warning("no sign of having heard", delivery=taken.delivery, error=str(fault))
    try:
        decide.apply_async([job, first], queue=jobs.QUEUE_TALK, priority=DECIDING)
    except OperationalError as error:
        log.warning("decided at once", error=str(error))
        room.take(world(), taken, first=first)


@app.task(name=jobs.TASK_DECIDE, shared=False, bind=True, max_retries=patience.TRIES)
def decide(self: Task, job: dict[str, Any], first: bool) -> None:
    """Decide what one delivery changes; asks again later while GitHub or the cluster does not answer."""
    from workers import intake as room

    taken = jobs.from_json(job)
    again: int = self.request.retries
    try:
        room.take(world(), taken, first=first and not again)
    except Unavailable as fault:
        if again < patience.TRIES:
            raise self.retry(exc=fault, countdown=fault.retry_after or patience.pause(again)) from fault
        room.give_up(world(), taken, str(fault))
        raise
    except Exception as fault:
        room.give_up(world(), taken, str(fault))
        raise


@app.task(name=jobs.TASK_CONVERGE, shared=False)
def converge(stack: str) -> None:
    """Walk one Stack towards what is wanted of it."""
    from workers import converge as room

    room.converge(world(), stack)


@app.task(name=jobs.TASK_SWEEP, shared=False)
def sweep() -> None:
    """Take up unfinished runs and end expired stacks."""
    from workers import reconcile

    reconcile.sweep(world())


@app.task(name=jobs.TASK_FOLLOW, shared=False)
def follow() -> None:
    """Have routes and aliases follow the base."""
    from workers import follow as room

    room.follow(world())


@app.task(name=jobs.TASK_COMPARE, shared=False)
def compare() -> None:
    """Compare open pull requests with Stacks, for webhooks that never came."""
    from workers import reconcile

    reconcile.compare(world())
