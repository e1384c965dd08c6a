"""The Celery tasks: each takes a value off the queue and hands it to the room that does the work."""

from typing import Any

from celery import Task

from model import jobs
from workers.app import app
from workers.faults import Unavailable
from workers.world import world

RETRY_FIRST_SECONDS = 2
RETRY_MOST_SECONDS = 120


@app.task(name=jobs.TASK_INTAKE, bind=True, max_retries=12)
def intake(self: Task, job: dict[str, Any]) -> None:
    """Decide what one delivery changes; asks again later while GitHub or the cluster does not answer."""
    from workers import intake as room

    try:
        room.take(world(), jobs.from_json(job))
    except Unavailable as fault:
        pause = fault.retry_after or min(RETRY_FIRST_SECONDS * 2**self.request.retries, RETRY_MOST_SECONDS)
        raise self.retry(exc=fault, countdown=pause) from fault


@app.task(name=jobs.TASK_CONVERGE)
def converge(stack: str) -> None:
    """Walk one Stack towards what is wanted of it."""
    from workers import converge as room

    room.converge(world(), stack)


@app.task(name=jobs.TASK_SWEEP)
def sweep() -> None:
    """Take up unfinished runs and end expired stacks."""
    from workers import reconcile

    reconcile.sweep(world())


@app.task(name=jobs.TASK_COMPARE)
def compare() -> None:
    """Compare open pull requests with Stacks, for webhooks that never came."""
    from workers import reconcile

    reconcile.compare(world())
