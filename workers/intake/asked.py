"""What a pull request asks for, as it was fetched: its label, its repository's config, its lifetime, its first wish."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from config.project import ConfigError, Project, parse
from model import names
from model.stack import REASON_ANSWER, Desired, Spec, Stack
from workers.faults import UserFault
from workers.github.values import PullRequest
from workers.intake import wish
from workers.pipeline.plan import CONFIG_FILE
from workers.world import World


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
    found = found_label(pull, None, world.stacks.list(), secret=label_secret(world))
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
    pull: PullRequest, stack: Stack | None, stacks: Sequence[Stack], command: str | None = None, *, secret: str
) -> wish.Label:
    """The label that a pull request asks for, seen together with the one that its stack has."""
    found = wish.label_of(
        pull.repository,
        pull.number,
        pr_labels=pull.labels,
        body=pull.body,
        command=command,
        ambiguous=wish.ambiguous_label(pull.repository, stacks),
        secret=secret,
    )
    return wish.sticks(stack.spec, found) if stack else found


def label_secret(world: World) -> str:
    """What default labels are keyed by; empty where they may be guessed."""
    return world.settings.label_secret.get_secret_value()


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
