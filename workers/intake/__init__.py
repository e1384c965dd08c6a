"""Deliveries become wishes: ask GitHub what is true, decide, write it into the Stack, start the walk."""

from typing import assert_never

from model import jobs
from workers.intake import comments, pull_requests, pushes
from workers.world import World


def hear(world: World, job: jobs.Job) -> bool:
    """What is shown at once, before anything is decided; whether it is known that this job is a new one.

    Raises `Gone` where there is nothing to decide any more.
    """
    return isinstance(job, jobs.CommentMade) and comments.heard(world, job)


def take(world: World, job: jobs.Job, *, first: bool = False) -> None:
    """Decide what one delivery changes. Taking the same job again changes nothing."""
    match job:
        case jobs.PullRequestChanged():
            pull_requests.changed(world, job)
        case jobs.CommentMade():
            comments.made(world, job, first=first)
        case jobs.BasePushed():
            pushes.pushed(world, job)
        case jobs.InstallationChanged():
            world.forget_installation(job.installation)
        case _:
            assert_never(job)


def give_up(world: World, job: jobs.Job, why: str) -> None:
    """No further try will be made. Pull requests and branches are looked at by the comparison anyway."""
    if isinstance(job, jobs.CommentMade):
        comments.give_up(world, job, why)
