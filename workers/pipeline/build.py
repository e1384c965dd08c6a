"""An image for each service of the stack: found again where its content is known, built side by side where not."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from config.project import Service as Described
from model import content, names
from model.stack import Service, Status
from workers.pipeline import plan
from workers.pipeline.run import Run
from workers.tools.builder import BuildRequest


@dataclass(frozen=True, slots=True)
class Wanted:
    """The image that a service's content asks for."""

    service: str
    described: Described
    content: str
    repository: str

    @property
    def tag(self) -> str:
        """Where the registry has it, if it has it."""
        return names.image_tag(self.content)


def act(run: Run) -> None:
    """Fill `services`, each pinned by digest."""
    with ThreadPoolExecutor(max_workers=run.world.settings.build_parallel, thread_name_prefix="build") as pool:
        wanted = list(pool.map(lambda name: wish(run, name, run.described.services[name]), run.chosen))
        known = claimed(run, wanted)
        for service in pool.map(lambda each: image(run, each, known[each.service]), wanted):
            run.services[service.name] = service
    built = [f"{service.name} {service.seconds:.0f} s" for service in run.services.values() if not service.reused]
    reused = len(run.services) - len(built)
    run.narrator.note("Building", ", ".join([*built, f"{reused} reused"] if reused else built))


def wish(run: Run, name: str, described: Described) -> Wanted:
    """The hash of all that goes into a build comes from git's own tree: no file is read."""
    entries = run.world.git.entries(run.mirror, run.stack.spec.sha, list(plan.content_paths(described)))
    build = described.build
    key = content.key(entries, dockerfile=build.dockerfile, target=build.target or "", args=build.args)
    repository = names.image_repository(run.world.settings.registry, run.stack.spec.repository, name)
    return Wanted(name, described, key, repository)


def claimed(run: Run, wanted: list[Wanted]) -> dict[str, str | None]:
    """Put the images on record and look which exist, in one critical section with the teardown of other stacks:
    an image that is on record is not collected."""
    receipts: list[dict[str, Any]] = [{"kind": "image", "name": each.repository, "tag": each.tag} for each in wanted]

    def change(status: Status) -> Status:
        return replace(status, receipts=(*(old for old in status.receipts if old not in receipts), *receipts))

    with run.world.images_locked():
        run.record(change)
        return {each.service: run.world.registry.digest(each.repository, each.tag) for each in wanted}


def image(run: Run, wanted: Wanted, known: str | None) -> Service:
    """The image of one service, built where it is not known."""
    run.check()
    world = run.world
    build = wanted.described.build
    started = time.monotonic()
    digest = known
    if digest is None:
        request = BuildRequest(
            service=wanted.service,
            context=run.source / build.context,
            dockerfile=run.source / build.dockerfile,
            target=build.target or "",
            args=dict(build.args),
            repository=wanted.repository,
            tag=wanted.tag,
        )
        digest = world.builder.build(request, run.held).digest
    return Service(
        name=wanted.service,
        image=names.image_ref(wanted.repository, digest),
        digest=digest,
        commit=world.git.last_change(run.mirror, run.stack.spec.sha, list(plan.content_paths(wanted.described))),
        state="pending",
        reused=known is not None,
        seconds=0.0 if known is not None else time.monotonic() - started,
        hosts=tuple(wanted.described.hosts),
        content=wanted.content,
    )
