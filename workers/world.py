"""What a worker process works with: each room's entrance, made when it is first needed and kept."""

import time
from contextlib import AbstractContextManager
from functools import cache, cached_property
from typing import TYPE_CHECKING

import redis
import structlog

from config.logging import masker
from config.settings import Settings, load
from model import jobs
from workers import lock

if TYPE_CHECKING:
    from model.secrets import Masker
    from workers.cluster.aliases import Aliases
    from workers.cluster.client import Cluster
    from workers.cluster.dialect import Dialect
    from workers.cluster.ledgers import Ledgers
    from workers.cluster.namespaces import Namespaces
    from workers.cluster.proof import Proof
    from workers.cluster.routes import Routes
    from workers.cluster.workloads import Workloads
    from workers.forge import Forge
    from workers.github.connection import Connection
    from workers.registry.client import Registry
    from workers.stacks import Stacks
    from workers.tools.builder import Builder
    from workers.tools.git import Git
    from workers.tools.helm import Helm
    from workers.tools.helmfile import Helmfile
    from workers.tools.process import Runner

DEFINITIONS_SECONDS = 10.0
DIALECT_SECONDS = 300.0

log = structlog.get_logger(__name__)


class World:
    """The entrances. Imports wait until they are used: an idle worker stays small, and starting one is quick."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._dialect: Dialect | None = None
        self._looked = 0.0
        self.followed = ""  # a print of the cluster as it was when every stack's routes were found to be in order

    @cached_property
    def redis(self) -> "redis.Redis":
        """Locks and short-lived marks; nothing that must not be lost."""
        return redis.Redis.from_url(self.settings.redis_url, socket_timeout=5, socket_connect_timeout=5)

    @cached_property
    def masker(self) -> "Masker":
        """Hides our own secrets in whatever is shown."""
        return masker(self.settings)

    @cached_property
    def cluster(self) -> "Cluster":
        """The Kubernetes API."""
        from workers.cluster.client import Cluster

        return Cluster(self.settings)

    @cached_property
    def stacks(self) -> "Stacks":
        """The Stack records."""
        from workers.stacks import Stacks

        return Stacks(self.cluster)

    @cached_property
    def namespaces(self) -> "Namespaces":
        """Namespaces of stacks."""
        from workers.cluster.namespaces import Namespaces

        return Namespaces(self.cluster)

    @cached_property
    def workloads(self) -> "Workloads":
        """Pods and Services."""
        from workers.cluster.workloads import Workloads

        return Workloads(self.cluster)

    @cached_property
    def ledgers(self) -> "Ledgers":
        """The hooks' records of resources, and their Pods."""
        from workers.cluster.ledgers import Ledgers

        return Ledgers(self.cluster)

    @property
    def routes(self) -> "Routes":
        """The proxy's objects."""
        from workers.cluster.routes import Routes

        return Routes(self.cluster, self.dialect.group, self.dialect.read)

    @property
    def dialect(self) -> "Dialect":
        """How the proxy's objects are written here: looked up now and then, often as long as it has no definitions."""
        from workers.cluster import dialect

        holds = 0.0 if self._dialect is None else DIALECT_SECONDS if self._dialect.served else DEFINITIONS_SECONDS
        if self._dialect is None or time.monotonic() - self._looked > holds:
            found = dialect.of(self.cluster, self.settings.traefik_api_group, self.settings.traefik_syntax)
            self._looked = time.monotonic()
            if found != self._dialect:
                self.followed = ""  # the proxy was upgraded: routes are written in its language now
            self._dialect = found
        return self._dialect

    @cached_property
    def aliases(self) -> "Aliases":
        """Services that lead on to others."""
        from workers.cluster.aliases import Aliases

        return Aliases(self.cluster)

    @cached_property
    def proof(self) -> "Proof":
        """Proof of absence."""
        from workers.cluster.proof import Proof

        return Proof(self.cluster)

    @cached_property
    def registry(self) -> "Registry":
        """The image registry."""
        from workers.registry.client import Registry

        return Registry(self.settings)

    @cached_property
    def runner(self) -> "Runner":
        """How tools are run."""
        from workers.tools.process import Runner

        return Runner.of(self.settings, self.masker.mask)

    @cached_property
    def git(self) -> "Git":
        """git and its mirrors."""
        from workers.tools.git import Git

        return Git.of(self.settings, self.runner)

    @cached_property
    def builder(self) -> "Builder":
        """The image builder that the settings name."""
        from workers.tools import builder

        return builder.chosen(self.settings, self.masker.mask)

    @cached_property
    def helm(self) -> "Helm":
        """helm."""
        from workers.tools.helm import Helm

        return Helm.of(self.settings, self.runner)

    @cached_property
    def helmfile(self) -> "Helmfile":
        """helmfile."""
        from workers.tools.helmfile import Helmfile

        return Helmfile.of(self.settings, self.runner)

    @cached_property
    def _github(self) -> "Connection":
        from workers.github import Connection

        return Connection(self.settings, self.redis, self.masker.learn)

    def forge(self, installation: int | None) -> "Forge":
        """The code host as one installation sees it."""
        return self._github.installation(installation)

    def forget_installation(self, installation: int) -> None:
        """The App's rights changed: forget what was made for the old ones."""
        self._github.forget(installation)

    def repositories(self) -> "dict[str, int | None]":
        """All repositories that the code host lets us see, each with its installation."""
        return self._github.repositories()

    def enqueue_converge(self, stack: str, after: float = 0.0) -> None:
        """Have a worker walk this Stack, `after` seconds from now at the earliest. Where the queue does not answer, the
        sweep finds that the Stack is not what is wanted of it."""
        from kombu.exceptions import OperationalError

        from workers.app import app

        try:
            app.send_task(jobs.TASK_CONVERGE, [stack], queue=jobs.QUEUE_WORK, countdown=after or None)
        except OperationalError as error:
            log.warning("left to the sweep", stack=stack, error=str(error))

    def alone_with(self, repository: str, number: int) -> AbstractContextManager[None]:
        """One decision about a pull request at a time: what is fetched inside is not older than what was written before."""
        return lock.decision(self.redis, f"{repository}#{number}")

    def images_locked(self) -> AbstractContextManager[None]:
        """Between putting images on record and collecting those that nobody refers to."""
        return lock.section(self.redis, lock.IMAGES)

    def label_locked(self, label: str) -> AbstractContextManager[None]:
        """Between looking who has what under a label and taking it."""
        return lock.section(self.redis, f"{lock.LABEL}:{label}")


@cache
def world() -> World:
    """The world of this process."""
    return World(load())
