"""A pull request changed: record what it wants now. Which webhook said so does not matter, only GitHub's answer does."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from config.project import ConfigError, Project, parse
from model import jobs, names
from model.stack import REASON_ANSWER, Desired, Spec, Stack
from workers.faults import UserFault
from workers.github.values import PullRequest
from workers.intake import wish
from workers.pipeline.plan import CONFIG_FILE
from workers.world import World


def changed(world: World, job: jobs.PullRequestChanged) -> PullRequest | None:
    """Take up a webhook about a pull request; the pull request as it was found, None where it is not to be seen."""
    with world.alone_with(job.repository, job.number):
        pull = world.forge(job.installation).pull(job.repository, job.number)
        if pull is not None:  # not to be seen is no proof of anything: the comparison looks again
            follow(world, pull, installation=job.installation, action=job.action)
        return pull


def follow(world: World, pull: PullRequest, *, installation: int | None, action: str) -> None:
    """Bring the Stack's wish up to a pull request as fetched."""
    name = names.stack(pull.repository, pull.number)
    stack = world.stacks.get(name)
    if pull.state == "closed":
        if stack is not None and not stack.deleting:
            world.stacks.close(name)
        if stack is not None:
            world.enqueue_converge(name)
        return
    if stack is not None and stack.deleting:
        world.enqueue_converge(name)
        return  # reopened while going: the comparison finds it open without a Stack when it is gone
    if stack is None or wish.wishless(stack.spec):
        open_up(world, pull, stack, installation=installation, action=action)
        return
    found = found_label(pull, stack, world.stacks.list())
    ttl = ttl_of(world, project_of(world, pull, installation)) if wish.moved(stack.spec, pull.head_sha) else 0
    now = datetime.now(UTC)

    def revise(spec: Spec | None) -> Spec | None:
        return wish.pushed(replace(stack, spec=spec), pull.head_sha, pull.base_ref, found, now, ttl) if spec else None

    after = world.stacks.update_spec(name, revise)
    if after is not None and after.generation != stack.generation:
        world.enqueue_converge(name)


def open_up(world: World, pull: PullRequest, stack: Stack | None, *, installation: int | None, action: str) -> None:
    """Deploy a pull request that nobody has wished anything for, where its repository deploys what is opened."""
    project = project_of(world, pull, installation)
    if project is None or project.deploy != "open":
        return
    name = names.stack(pull.repository, pull.number)
    wanted = wished(
        world, pull, project, installation=installation, reason=action, requested_by=pull.author, desired=Desired.UP
    )
    if stack is None:
        world.stacks.create(name, wanted)
    else:
        world.stacks.update_spec(name, lambda spec: replace(wanted, done=spec.done) if spec else None)
    world.enqueue_converge(name)


def differs(stack: Stack, pull: PullRequest, stacks: Sequence[Stack]) -> bool:
    """Whether an open pull request, as listed, wants something else than its Stack has on record."""
    found = found_label(pull, stack, stacks)
    return wish.pushed(stack, pull.head_sha, pull.base_ref, found, datetime.now(UTC), 0) != stack.spec


def placeholder(world: World, pull: PullRequest, *, installation: int | None, requested_by: str) -> Stack:
    """A Stack that wants nothing: a place for answers, and for the first command's wish."""
    spec = wished(
        world,
        pull,
        None,
        installation=installation,
        reason=REASON_ANSWER,
        requested_by=requested_by,
        desired=Desired.DOWN,
    )
    made = world.stacks.create(names.stack(pull.repository, pull.number), spec)
    # Where somebody was quicker, it is theirs and wants what they want.
    return world.stacks.settle_idle(made) if made.spec == spec else made


def wished(
    world: World,
    pull: PullRequest,
    project: Project | None,
    *,
    installation: int | None,
    reason: str,
    requested_by: str,
    desired: Desired,
) -> Spec:
    """The first wish of a pull request."""
    found = found_label(pull, None, world.stacks.list())
    return Spec(
        repository=pull.repository,
        number=pull.number,
        sha=pull.head_sha,
        label=found.text,
        label_from=found.source,
        label_problem=found.problem,
        desired=desired,
        reason=reason,
        expires_at=datetime.now(UTC) + timedelta(seconds=ttl_of(world, project)),
        installation=installation,
        requested_by=requested_by,
        head=pull.head_sha,
        base=pull.base_ref,
    )


def found_label(
    pull: PullRequest, stack: Stack | None, stacks: Sequence[Stack], command: str | None = None
) -> wish.Label:
    """The label that a pull request asks for, seen together with the one that its stack has."""
    found = wish.label_of(
        pull.repository,
        pull.number,
        pr_labels=pull.labels,
        body=pull.body,
        command=command,
        ambiguous=wish.ambiguous_label(pull.repository, stacks),
    )
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
