"""What webhooks start, these loops check: unfinished runs, stacks past their time, pull requests nobody told us of.

Nothing is deleted without positive proof: a time that has passed, or a pull request that GitHub, asked now, calls
closed. An error or an empty list proves nothing. A cycle ends at most `sweep_deletes_max` stacks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import structlog
from redis.exceptions import RedisError

from model import jobs
from model.stack import REASON_EXPIRED, Desired, Role, Stack
from workers import comment, lock, turn, watched
from workers.converge import settled
from workers.faults import Fault
from workers.github.values import PullRequest
from workers.intake import asked, pull_requests, pushes, wish
from workers.world import World

log = structlog.get_logger(__name__)

PASSED_SECONDS = 3600  # how long a pull request or a branch that asks for nothing is not looked at again
MINUTE = 60


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
    """Take up unfinished runs and those whose services are free again, end expired stacks. Asks the cluster alone, so that
    it works while GitHub is down."""
    now = datetime.now(UTC)
    ends = Ends(world.settings.sweep_deletes_max)
    stacks = world.stacks.list()
    for stack in stacks:
        if expired(stack, now) and ends.left():
            ends.count()
            log.info("expired", stack=stack.name, expires_at=str(stack.spec.expires_at))
            world.stacks.update_spec(
                stack.name,
                lambda spec: (
                    replace(spec, desired=Desired.DOWN, reason=REASON_EXPIRED) if spec and past(spec.expires_at) else spec
                ),
            )
            world.enqueue_converge(stack.name)
        elif unfinished(stack, now, world.settings.lease_seconds):
            log.info("taken up", stack=stack.name, phase=stack.status.phase)
            world.enqueue_converge(stack.name)
        elif turn.freed(stack, stacks):
            log.info("services are free again", stack=stack.name)
            world.stacks.update_spec(stack.name, lambda spec: replace(spec, attempt=spec.attempt + 1) if spec else None)
            world.enqueue_converge(stack.name)


def past(moment: datetime | None) -> bool:
    """Whether a moment has passed."""
    return moment is not None and moment <= datetime.now(UTC)


@dataclass
class Ends:
    """How many stacks a cycle may still end."""

    most: int
    counted: int = 0

    def left(self) -> bool:
        """Whether another one may be ended."""
        return self.counted < self.most

    def count(self) -> None:
        """One was ended."""
        self.counted += 1
        if not self.left():
            log.warning("no more stacks are ended in this cycle, the rest waits for the next", most=self.most)


def compare(world: World) -> None:
    """Ask GitHub for the open pull requests of each repository, one listing each, and follow what differs."""
    with lock.comparison(world.redis) as alone:
        if not alone:
            return  # the one before still goes through its repositories
        stacks = world.stacks.list()
        for stack in stacks:
            due = stack.status.comment_due or comment.behind(world, stack, stacks)
            if due and not stack.deleting:  # of one that is to go, its run takes care
                comment.refresh(world, stack.name)
        ends = Ends(world.settings.sweep_deletes_max)
        turn = int(datetime.now(UTC).timestamp()) // MINUTE
        for repository, installation in watched.repositories(world, stacks, turn).items():
            try:
                compare_repository(world, repository, installation, stacks, ends)
            except Fault as fault:
                log.warning("repository not compared", repository=repository, error=str(fault))


def compare_repository(
    world: World, repository: str, installation: int | None, stacks: Sequence[Stack], ends: Ends
) -> None:
    """Look for what differs from the listing. Each difference is decided by itself, on what GitHub says of it then: the
    listing may be older than a webhook that is just being taken up."""
    mine = {stack.spec.number: stack for stack in stacks if stack.spec.repository == repository}
    base = mine.pop(pushes.BASE, None)
    listed = {pull.number: pull for pull in world.forge(installation).open_pulls(repository)}
    for number in sorted({*mine, *listed}):
        stack, pull = mine.get(number), listed.get(number)
        if pull is None and not ends.left():
            continue
        if differs(world, stack, pull, stacks):
            follow(world, repository, number, installation, ends)
            if pull is not None and (stack is None or wish.wishless(stack.spec)):
                remember(world, key_of(pull))  # it has a wish now, or it does not deploy by itself
    check_base(world, repository, installation, base)


def differs(world: World, stack: Stack | None, pull: PullRequest | None, stacks: Sequence[Stack]) -> bool:
    """Whether a pull request must be looked at by itself; `pull` is None where the listing of open ones lacks it."""
    if stack is not None and stack.deleting:
        return False  # the sweep sees to it that it goes
    if pull is None:
        return True  # closed, or hidden from us
    if stack is None or wish.wishless(stack.spec):
        return not passed(world, key_of(pull))
    return pull_requests.differs(stack, pull, stacks, asked.label_secret(world))


def key_of(pull: PullRequest) -> str:
    """Under which it is remembered that a pull request was looked at."""
    return f"devstack:passed:{pull.repository}#{pull.number}:{pull.head_sha}"


def follow(world: World, repository: str, number: int, installation: int | None, ends: Ends) -> None:
    """Take a pull request up as if a webhook had told of it. Only GitHub's answer about this very one may say that it is
    closed; the cycle's cap counts those."""
    job = jobs.PullRequestChanged(repository, number, "found", "compare", installation)
    try:
        pull = pull_requests.changed(world, job)
    except lock.Busy:
        return  # a webhook of it is being taken up
    if pull is not None and pull.state == "closed":
        log.info("found closed", pr=f"{repository}#{number}")
        ends.count()


def check_base(world: World, repository: str, installation: int | None, stack: Stack | None) -> None:
    """Follow the default branch where a push was never told; where there is no base application yet, look seldom."""
    seen = f"devstack:passed:{repository}"
    if stack is None and passed(world, seen):
        return
    forge = world.forge(installation)
    branch = forge.default_branch(repository)
    head = forge.branch_head(repository, branch)
    if head is not None and (stack is None or head != stack.spec.sha):
        pushes.pushed(world, jobs.BasePushed(repository, branch, head, "compare", installation))
    if stack is None:
        remember(world, seen)


def passed(world: World, key: str) -> bool:
    """Whether this was looked at not long ago, as far as Redis remembers."""
    try:
        return bool(world.redis.exists(key))
    except RedisError:
        return False


def remember(world: World, key: str) -> None:
    """This was looked at."""
    try:
        world.redis.set(key, 1, ex=PASSED_SECONDS)
    except RedisError as error:
        log.info("not remembered", key=key, error=str(error))
