"""A pull request changed: record what it wants now. Which webhook said so does not matter, only GitHub's answer does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from config.project import ConfigError, Project, parse
from model import jobs, names
from model.stack import Desired, Spec, Stack
from workers import comment
from workers.faults import UserFault
from workers.github.values import PullRequest
from workers.intake import wish
from workers.pipeline.plan import CONFIG_FILE
from workers.world import World

log = structlog.get_logger(__name__)

REFRESHING = ("edited", "labeled", "unlabeled", "opened", "reopened", "synchronize")


def changed(world: World, job: jobs.PullRequestChanged) -> None:
    """Take up a webhook about a pull request."""
    with world.alone_with(job.repository, job.number):
        pull = world.forge(job.installation).pull(job.repository, job.number)
        if pull is None:
            return  # not to be seen is no proof of anything: the sweep looks again
        follow(world, pull, installation=job.installation, action=job.action)


def follow(world: World, pull: PullRequest, *, installation: int | None, action: str) -> None:
    """Bring the Stack's wish up to a pull request as fetched."""
    name = names.stack(pull.repository, pull.number)
    stack = world.stacks.get(name)
    if pull.state == "closed":
        if stack is not None:
            world.stacks.request_delete(name)
            world.enqueue_converge(name)
        return
    if stack is not None and stack.deleting:
        world.enqueue_converge(name)
        return  # reopened while going: the sweep finds it open without a Stack when it is gone
    if stack is None:
        project = project_of(world, pull, installation)
        if project is None or project.deploy != "open":
            return
        record(world, pull, installation=installation, reason=action, requested_by=pull.author, up=True)
        world.enqueue_converge(name)
        return
    found = found_label(world, pull, stack)
    moved = pull.head_sha != stack.spec.sha
    ttl = ttl_of(world, project_of(world, pull, installation)) if moved else 0
    now = datetime.now(UTC)

    def revise(spec: Spec | None) -> Spec | None:
        return wish.pushed(replace(stack, spec=spec), pull.head_sha, found, now, ttl) if spec else None

    after = world.stacks.update_spec(name, revise)
    if after is not None and after.generation != stack.generation:
        world.enqueue_converge(name)


def record(
    world: World,
    pull: PullRequest,
    *,
    installation: int | None,
    reason: str,
    requested_by: str,
    up: bool,
) -> Stack:
    """A new Stack for a pull request."""
    found = found_label(world, pull, None)
    ttl = ttl_of(world, project_of(world, pull, installation))
    spec = Spec(
        repository=pull.repository,
        number=pull.number,
        sha=pull.head_sha,
        label=found.text,
        label_from=found.source,
        desired=Desired.UP if up else Desired.DOWN,
        reason=reason,
        expires_at=datetime.now(UTC) + timedelta(seconds=ttl),
        installation=installation,
        requested_by=requested_by,
    )
    return world.stacks.create(names.stack(pull.repository, pull.number), spec)


def found_label(world: World, pull: PullRequest, stack: Stack | None, command: str | None = None) -> wish.Label:
    """The label that a pull request asks for, seen together with the one that its stack has."""
    found = wish.label_of(
        pull.repository,
        pull.number,
        pr_labels=pull.labels,
        body=pull.body,
        command=command,
        ambiguous=wish.ambiguous_label(pull.repository, world.stacks.list()),
    )
    if found.problem:
        log.info("label refused", problem=found.problem)
    return wish.sticks(stack.spec, found) if stack else found


def project_of(world: World, pull: PullRequest, installation: int | None) -> Project | None:
    """The config at the pull request's head; None where there is none. One that cannot be read counts as an empty
    one that deploys when opened, so that the run finds the fault and shows it."""
    try:
        text = world.forge(installation).file(pull.repository, CONFIG_FILE, pull.head_sha)
        return parse(text) if text is not None else None
    except (ConfigError, UserFault):
        return Project.unreadable()


def ttl_of(world: World, project: Project | None) -> int:
    """Lifetime in seconds by the repository's config, else by the setting, within the cap."""
    return wish.capped((project.ttl if project else None) or world.settings.ttl_default, world.settings.ttl_max)


def refresh_comment(world: World, name: str) -> None:
    """Write the comment again from the Stack's record."""
    comment.refresh(world, name)
