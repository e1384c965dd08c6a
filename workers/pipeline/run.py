"""A run: one walk through a plan for one generation of a Stack, and what its steps have found out so far."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog

from config.project import Project
from model.routing.following import Following
from model.stack import Service, Stack, Status
from workers.faults import Superseded
from workers.pipeline.steps import Step

if TYPE_CHECKING:
    from workers.github.values import PullRequest
    from workers.lease import Held
    from workers.narrator import Narrator
    from workers.world import World

log = structlog.get_logger(__name__)


@dataclass
class Run:
    """What the steps share. A step reads what earlier ones found and adds its own; nothing else is kept."""

    world: "World"
    stack: Stack
    id: str
    held: "Held"
    narrator: "Narrator"
    workdir: Path
    pull: "PullRequest | None" = None
    mirror: Path = field(default_factory=Path)
    source: Path = field(default_factory=Path)
    compared_with: str = ""  # the commit that the change started from
    project: Project | None = None
    charts: tuple[str, ...] = ()  # folders of charts that the repository's helmfile takes from outside of its own
    chosen: tuple[str, ...] = ()
    services: dict[str, Service] = field(default_factory=dict)
    namespace: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    config_hash: str = ""
    k8s_services: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    following: Following | None = None  # what the routes were made with
    released: threading.Event = field(default_factory=threading.Event)  # helm is done waiting, well or badly
    release_failed: bool = False
    images_stay: bool = False  # the registry does not delete
    removed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    @property
    def described(self) -> Project:
        """The repository's config, once the describe step has read it."""
        if self.project is None:
            raise RuntimeError("no step has read the repository's config yet")
        return self.project

    def record(self, change: Callable[[Status], Status]) -> None:
        """Change the Stack's status. The run's own wish stays: what is wanted meanwhile is for the next run, whose commit
        this one has not fetched and whose generation it must not call served."""
        after = self.world.stacks.patch_status(self.stack.name, change)
        if after is not None:
            self.stack = replace(after, spec=self.stack.spec, generation=self.stack.generation)

    def check(self) -> None:
        """Raise Superseded if the wish changed, the Stack is being deleted, or the lease is lost."""
        if self.held.is_set():
            raise Superseded(self.held.reason)


def walk(run: Run, plan: tuple[Step, ...]) -> None:
    """Take the steps in order; the first fault ends the walk."""
    for step in plan:
        run.check()
        run.narrator.enter(step)
        started = time.monotonic()
        step.act(run)
        log.info("step", step=step.name, seconds=round(time.monotonic() - started, 3))
    run.check()
