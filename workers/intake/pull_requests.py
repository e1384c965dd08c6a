"""A pull request changed: record what it wants now. Which webhook said so does not matter, only GitHub's answer does."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from model import jobs, names
from model.stack import Desired, LabelSource, Spec, Stack
from workers.github.values import PullRequest
from workers.intake import asked, together, wish
from workers.world import World


def changed(world: World, job: jobs.PullRequestChanged) -> PullRequest | None:
    """Take up a webhook about a pull request; the pull request as it was found, None where it is not to be seen."""
    with world.alone_with(job.repository, job.number):
        pull = world.forge(job.installation).pull(job.repository, job.number)
        if pull is not None:  # not to be seen is no proof of anything: the comparison looks again
            follow(world, pull, job)
        return pull


def follow(world: World, pull: PullRequest, job: jobs.PullRequestChanged) -> None:
    """Bring the Stack's wish up to a pull request as fetched. Of the job only that is taken which GitHub does not tell
    again: who wrote what the text depends on."""
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
        open_up(world, pull, stack, job)
        return
    found = asked.found_label(pull, stack, world.stacks.list(), secret=asked.label_secret(world))
    ttl = (
        asked.ttl_of(world, asked.project_of(world, pull, job.installation))
        if wish.moved(stack.spec, pull.head_sha)
        else 0
    )
    now = datetime.now(UTC)

    feature = None
    if job.action == "edited" and stack.spec.desired is Desired.UP:
        feature = together.by_text(world, pull, stack, found, job.wrote, job.depends)
        together.bring_up(world, feature, job.wrote, "")

    def revise(spec: Spec | None) -> Spec | None:
        if spec is None:
            return None
        after = wish.pushed(replace(stack, spec=spec), pull.head_sha, pull.base_ref, found, now, ttl)
        return part_of(after, pull, feature, job.wrote) if feature is not None else after

    after = world.stacks.update_spec(name, revise)
    if after is not None and after.generation != stack.generation:
        world.enqueue_converge(name)


def part_of(spec: Spec, pull: PullRequest, feature: together.Feature, by: str) -> Spec:
    """A wish as part of what its text depends on; by itself where there is nothing."""
    spec = replace(spec, needs_problem=feature.problem)
    if not feature.others:
        return spec
    needs = tuple(dict.fromkeys([*spec.needs, *feature.needed_by(pull)]))
    return replace(
        spec, label=feature.label, label_from=LabelSource.COMMAND, label_problem="", needs=needs, requested_by=by
    )


def open_up(world: World, pull: PullRequest, stack: Stack | None, job: jobs.PullRequestChanged) -> None:
    """Deploy a pull request that nobody has wished anything for, where its repository deploys what is opened."""
    project = asked.project_of(world, pull, job.installation)
    if project is None or project.deploy != "open":
        return
    name = names.stack(pull.repository, pull.number)
    wanted = asked.wished(
        world,
        pull,
        project,
        installation=job.installation,
        reason=job.action,
        requested_by=pull.author,
        desired=Desired.UP,
    )
    found = wish.Label(wanted.label, wanted.label_from, wanted.label_problem)
    feature = together.by_text(world, pull, stack, found, job.wrote, job.depends)
    together.bring_up(world, feature, job.wrote, "")
    wanted = part_of(wanted, pull, feature, job.wrote)
    if stack is None:
        world.stacks.create(name, wanted)
    else:
        world.stacks.update_spec(name, lambda spec: replace(wanted, done=spec.done) if spec else None)
    world.enqueue_converge(name)


def differs(stack: Stack, pull: PullRequest, stacks: Sequence[Stack], secret: str) -> bool:
    """Whether an open pull request, as listed, wants something else than its Stack has on record."""
    found = asked.found_label(pull, stack, stacks, secret=secret)
    return wish.pushed(stack, pull.head_sha, pull.base_ref, found, datetime.now(UTC), 0) != stack.spec
