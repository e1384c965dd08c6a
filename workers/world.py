"""What a worker process works with: each room's entrance, made when it is first needed and kept."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache, cached_property
from typing import TYPE_CHECKING

import redis

from config.logging import masker
from config.settings import Settings, load
from model import jobs

if TYPE_CHECKING:
    from model.secrets import Masker
    from workers.cluster.client import Cluster
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

IMAGES_LOCK = "devstack:images"
IMAGES_LOCK_SECONDS = 60.0
INTAKE_LOCK_SECONDS = 30.0


class World:
    """The entrances. Imports wait until they are used: an idle worker stays small, and starting one is quick."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

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
    def routes(self) -> "Routes":
        """The proxy's objects."""
        from workers.cluster.routes import Routes

        return Routes(self.cluster, self.settings.traefik_api_group)

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

    def enqueue_converge(self, stack: str, after: float = 0.0) -> None:
        """Have a worker walk this Stack, `after` seconds from now at the earliest."""
        from workers.app import app

        app.send_task(jobs.TASK_CONVERGE, [stack], queue=jobs.QUEUE_WORK, countdown=after or None)

    @contextmanager
    def alone_with(self, repository: str, number: int) -> Iterator[None]:
        """One decision about a pull request at a time: what is fetched inside is not older than what was written before.

        Where Redis does not answer, decisions may cross; the comparison with GitHub then mends it within a minute.
        """
        lock = self.redis.lock(f"devstack:intake:{repository}#{number}".lower(), timeout=INTAKE_LOCK_SECONDS)
        try:
            held = lock.acquire(blocking_timeout=INTAKE_LOCK_SECONDS)
        except redis.RedisError:
            held = False
        try:
            yield
        finally:
            if held:
                with suppress(redis.RedisError):
                    lock.release()

    @contextmanager
    def images_locked(self) -> Iterator[None]:
        """Short critical section between putting images on record and collecting those that nobody refers to."""
        with self.redis.lock(IMAGES_LOCK, timeout=IMAGES_LOCK_SECONDS, blocking_timeout=IMAGES_LOCK_SECONDS):
            yield


@cache
def world() -> World:
    """The world of this process."""
    return World(load())
