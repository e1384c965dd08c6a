"""Plans whose deploys and teardowns are played; trust and claims are asked for by the real steps."""

from collections.abc import Callable
from dataclasses import replace

from config.project import parse
from model.stack import Phase, Service, Status
from workers.pipeline import select, trust
from workers.pipeline.plan import CONFIG_FILE
from workers.pipeline.run import Run
from workers.pipeline.steps import Step

Deploy = Callable[[Run], None]


def choose(run: Run) -> None:
    """All services of the config, or those that a command names."""
    text = run.world.forge(None).file(run.stack.spec.repository, CONFIG_FILE, run.stack.spec.sha)
    run.project = parse(text or b"")
    run.chosen = run.stack.spec.services or tuple(run.project.services)
    select.hold(run)


def deploy(run: Run) -> None:
    """It runs, at once."""
    services = tuple(
        Service(name, f"r/{name}@sha256:1", "sha256:1", "c", "ready", hosts=tuple(run.described.services[name].hosts))
        for name in run.chosen
    )
    urls = (f"http://{run.stack.spec.label}.example.com/",)

    def change(status: Status) -> Status:
        return replace(status, services=services, urls=urls, deployed_sha=run.stack.spec.sha, namespace="ns")

    run.world.stacks.patch_status(run.stack.name, change)
    run.narrator.update(services=services, preview_urls=urls)


def remove(run: Run) -> None:
    """It is gone, at once; there is nothing to remove a second time."""
    found = run.world.stacks.get(run.stack.name)
    if found is not None and found.status.urls:
        run.world.stacks.patch_status(run.stack.name, lambda status: replace(status, urls=()))
        run.removed.append("2 routes and middlewares")


UP = (
    Step("Preparing", Phase.BUILDING, trust.act),
    Step("Preparing", Phase.BUILDING, choose),
    Step("Deploying", Phase.DEPLOYING, deploy),
)
DOWN = (Step("Routes", Phase.REMOVING, remove),)
