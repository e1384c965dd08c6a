"""What the checks look at: the settings, the servers that they name, and what was read of the cluster, once."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cli.checks import proxies

if TYPE_CHECKING:
    from config.settings import Settings
    from model.stack import Stack
    from workers.world import World

Manifest = Mapping[str, Any]


@dataclass
class Subject:
    """One installation of the bot. Checks run side by side, so what several need is read by one of them."""

    world: "World"
    asked_hosts: Sequence[str] = ()  # base hosts that were named on the command line
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def settings(self) -> "Settings":
        """The settings."""
        return self.world.settings

    @property
    def cluster_version(self) -> str:
        """Kubernetes' version; the fault where the API does not answer, the same for all who ask."""
        with self._lock:
            version, fault = self._greeting
        if fault is not None:
            raise fault
        return version

    @property
    def stacks(self) -> "Sequence[Stack]":
        """The Stacks; the first call asks the cluster."""
        with self._lock:
            return self._stacks

    @property
    def routes(self) -> Sequence[Manifest]:
        """All IngressRoutes of the API group that the settings name."""
        with self._lock:
            return self._routes

    @property
    def traefiks(self) -> "Sequence[proxies.Proxy]":
        """Every Traefik of the cluster, by its Deployment or DaemonSet."""
        with self._lock:
            return self._traefiks

    @property
    def hosts(self) -> Sequence[str]:
        """Base hosts: those that were named, else those of the services that stacks have or had."""
        if self.asked_hosts:
            return self.asked_hosts
        found = {host for stack in self.stacks for service in stack.status.services for host in service.hosts}
        return sorted(found)

    @cached_property
    def _greeting(self) -> tuple[str, Exception | None]:
        from workers.faults import Fault

        try:
            return str((self.world.cluster.read("/version") or {}).get("gitVersion", "of an unknown version")), None
        except Fault as fault:
            return "", fault

    @cached_property
    def _stacks(self) -> "Sequence[Stack]":
        return self.world.stacks.list()

    @cached_property
    def _routes(self) -> Sequence[Manifest]:
        return self.world.routes.all()

    @cached_property
    def _traefiks(self) -> "Sequence[proxies.Proxy]":
        from workers.cluster.client import DAEMONSETS, DEPLOYMENTS

        found = [each for kind in (DEPLOYMENTS, DAEMONSETS) for each in self.world.cluster.list(kind)]
        return [proxy for each in found for proxy in proxies.of(each)]
