"""The default branch moved: refresh the base application where the repository opts in."""

from dataclasses import replace

from config.project import ConfigError, parse
from model import jobs, names
from model.stack import Desired, Role, Spec
from workers.faults import UserFault
from workers.pipeline.plan import CONFIG_FILE
from workers.world import World


def pushed(world: World, job: jobs.BasePushed) -> None:
    """Record the newest commit of the default branch as the base application's wish."""
    forge = world.forge(job.installation)
    sha = forge.branch_head(job.repository, job.branch)
    if sha is None:
        return
    text = forge.file(job.repository, CONFIG_FILE, sha)
    name = names.base_stack(job.repository)
    if not opted_in(text) and world.stacks.get(name) is None:
        return
    wanted = Spec(
        repository=job.repository,
        number=0,
        sha=sha,
        label="",
        role=Role.BASE,
        desired=Desired.UP,
        reason="push",
        installation=job.installation,
    )
    if world.stacks.get(name) is None:
        world.stacks.create(name, wanted)
    else:
        world.stacks.update_spec(name, lambda spec: replace(spec, sha=sha) if spec else wanted)
    world.enqueue_converge(name)


def opted_in(text: bytes | None) -> bool:
    """Whether the config asks for the base application to be deployed; an unreadable one does not."""
    if text is None:
        return False
    try:
        return parse(text).base.deploy
    except (ConfigError, UserFault):
        return False
