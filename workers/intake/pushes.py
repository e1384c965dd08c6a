"""The default branch moved: refresh the base application where the repository opts in."""

from dataclasses import replace

import structlog

from config.project import ConfigError, parse
from model import jobs, names
from model.stack import Desired, Role, Spec
from workers.faults import UserFault
from workers.pipeline.plan import CONFIG_FILE
from workers.world import World

log = structlog.get_logger(__name__)

BASE = 0  # the number that stands for a default branch where others have a pull request's


def pushed(world: World, job: jobs.BasePushed) -> None:
    """Record the newest commit of the default branch as the base application's wish.

    A repository that opts out keeps what runs as it runs: it is somebody else's from then on.
    """
    with world.alone_with(job.repository, BASE):
        forge = world.forge(job.installation)
        sha = forge.branch_head(job.repository, job.branch)
        if sha is None or not opted_in(forge.file(job.repository, CONFIG_FILE, sha)):
            return
        name = names.base_stack(job.repository)
        wanted = Spec(
            repository=job.repository,
            number=BASE,
            sha=sha,
            label="",
            role=Role.BASE,
            desired=Desired.UP,
            reason="push",
            installation=job.installation,
            head=sha,
            base=job.branch,
        )
        if world.stacks.get(name) is None:
            world.stacks.create(name, wanted)
        else:
            world.stacks.update_spec(
                name, lambda spec: replace(spec, sha=sha, head=sha, base=job.branch) if spec else wanted
            )
        world.enqueue_converge(name)


def opted_in(text: bytes | None) -> bool:
    """Whether the config asks for the base application to be deployed, and says where; an unreadable one does not."""
    if text is None:
        return False
    try:
        base = parse(text).base
    except (ConfigError, UserFault) as problem:
        log.info("the base application is left as it is", problem=str(problem))
        return False
    return base.deploy and bool(base.namespace)
