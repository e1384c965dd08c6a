"""What webhooks start, these loops check: unfinished runs, stacks past their time, pull requests nobody told us of.

Nothing is deleted without positive proof: a time that has passed, or a pull request that GitHub, asked now, calls
closed. An error or an empty list proves nothing. A cycle ends at most `sweep_deletes_max` stacks.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from model import jobs
from model.stack import Desired, Role, Stack
from workers import comment
from workers.converge import settled
from workers.faults import Fault
from workers.intake import pull_requests, pushes
from workers.world import World

log = structlog.get_logger(__name__)

PASSED_SECONDS = 3600  # how long an open pull request that asks for nothing is not looked at again


def unfinished(stack: Stack, now: datetime, lease_seconds: int) -> bool:
    """Whether a stack's wish is not served and nobody is at it: no live lease, no pause that still lasts."""
    if settled(stack) and not stack.deleting:
        return False
    run = stack.status.run
    if run is not None and now - run.renewed_at < timedelta(seconds=lease_seconds):
        return False
    return stack.status.retry_at is None or stack.status.retry_at <= now


def expired(stack: Stack, now: datetime) -> bool:
    """Whether a feature's time has passed; a base application has none."""
    spec = stack.spec
    return (
        spec.role is Role.FEATURE
        and spec.desired is Desired.UP
        and not stack.deleting
        and spec.expires_at is not None
        and spec.expires_at <= now
    )


def sweep(world: World) -> None:
    """Take up unfinished runs and end expired stacks. Asks the cluster alone, so that it works while GitHub is down."""
    now = datetime.now(UTC)
    ended = 0
    for stack in world.stacks.list():
        if expired(stack, now) and ended < world.settings.sweep_deletes_max:
            ended += 1
            log.info("expired", stack=stack.name, expires_at=str(stack.spec.expires_at))
            world.stacks.update_spec(
                stack.name,
                lambda spec: (
                    replace(spec, desired=Desired.DOWN, reason="expired") if spec and past(spec.expires_at) else spec
                ),
            )
            world.enqueue_converge(stack.name)
        elif unfinished(stack, now, world.settings.lease_seconds):
            log.info("taken up", stack=stack.name, phase=stack.status.phase)
            world.enqueue_converge(stack.name)


def past(moment: datetime | None) -> bool:
    """Whether a moment has passed."""
    return moment is not None and moment <= datetime.now(UTC)


def compare(world: World) -> None:
    """Ask GitHub for the open pull requests of each repository, one listing each, and follow what differs."""
    stacks = world.stacks.list()
    for repository, installation in watched(world, stacks).items():
        mine = [stack for stack in stacks if stack.spec.repository == repository]
        try:
            compare_repository(world, repository, installation, mine)
        except Fault as fault:
            log.warning("repository not compared", repository=repository, error=str(fault))


def compare_repository(world: World, repository: str, installation: int | None, stacks: list[Stack]) -> None:
    """A pull request that the listing lacks is fetched by itself: only that answer may say that it is closed."""
    forge = world.forge(installation)
    listed = {pull.number: pull for pull in forge.open_pulls(repository)}
    for stack in stacks:
        if stack.spec.role is Role.BASE:
            check_base(world, stack)
            continue
        pull = listed.pop(stack.spec.number, None) or forge.pull(repository, stack.spec.number)
        if pull is not None:
            pull_requests.follow(world, pull, installation=installation, action="found")
        if stack.status.comment_due:
            comment.refresh(world, stack.name)
    for pull in listed.values():
        seen = f"devstack:passed:{repository}#{pull.number}:{pull.head_sha}"
        if not world.redis.set(seen, 1, nx=True, ex=PASSED_SECONDS):
            continue  # looked at before: it does not deploy by itself
        pull_requests.follow(world, pull, installation=installation, action="found")


def check_base(world: World, stack: Stack) -> None:
    """Follow the default branch where a push was never told."""
    spec = stack.spec
    forge = world.forge(spec.installation)
    branch = forge.default_branch(spec.repository)
    head = forge.branch_head(spec.repository, branch)
    if head is not None and head != spec.sha:
        pushes.pushed(world, jobs.BasePushed(spec.repository, branch, head, "compare", spec.installation))


def watched(world: World, stacks: list[Stack]) -> dict[str, int | None]:
    """Repositories to look through, each with its installation: those with a Stack and those named in the settings."""
    found: dict[str, int | None] = {stack.spec.repository: stack.spec.installation for stack in stacks}
    for repository in world.settings.github_repositories:
        if not repository.endswith("/*"):
            found.setdefault(repository, None)
    return found
