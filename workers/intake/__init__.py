"""Deliveries become wishes: ask GitHub what is true, decide, write it into the Stack, start the walk."""

from typing import assert_never

from model import jobs
from workers.intake import comments, pull_requests, pushes
from workers.world import World


def take(world: World, job: jobs.Job) -> None:
    """Decide what one delivery changes. Taking the same job again changes nothing."""
    match job:
        case jobs.PullRequestChanged():
            pull_requests.changed(world, job)
        case jobs.CommentMade():
            comments.made(world, job)
        case jobs.BasePushed():
            pushes.pushed(world, job)
        case jobs.InstallationChanged():
            world.forget_installation(job.installation)
        case _:
            assert_never(job)
