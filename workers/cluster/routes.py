"""Traefik's objects: the base's are read, a stack's own are made and taken away by mark."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from model.marks import LABEL_LABEL, LABEL_STACK
from workers.cluster.client import Cluster, Resource

AT_ONCE = 8


class Routes:
    """IngressRoutes and Middlewares of one API group."""

    def __init__(self, cluster: Cluster, api_group: str) -> None:
        self._cluster = cluster
        self._kinds = {
            "IngressRoute": Resource(f"{api_group}/v1alpha1", "ingressroutes"),
            "Middleware": Resource(f"{api_group}/v1alpha1", "middlewares"),
        }

    def all(self) -> list[dict[str, Any]]:
        """All IngressRoutes of the cluster."""
        return self._cluster.list(self._kinds["IngressRoute"])

    def make(self, stack: str, manifests: Iterable[Mapping[str, Any]]) -> None:
        """Make the stack's routes exactly these: middlewares first, what is not among them goes."""
        wanted = sorted(manifests, key=lambda each: each["kind"], reverse=True)
        kept = set()
        for manifest in wanted:
            metadata = manifest["metadata"]
            self._cluster.apply(self._kinds[manifest["kind"]], manifest, metadata["namespace"])
            kept.add((manifest["kind"], metadata["namespace"], metadata["name"]))
        self._drop(stack, kept)

    def remove(self, stack: str) -> int:
        """Take all routes of a stack away; how many objects there were."""
        return self._drop(stack, set())

    def left(self, stack: str) -> int:
        """How many objects carry the stack's mark."""
        return sum(len(self._cluster.list(kind, labels=f"{LABEL_STACK}={stack}")) for kind in self._kinds.values())

    def _drop(self, stack: str, kept: set[tuple[str, str, str]]) -> int:
        found = [
            (resource, each["metadata"]["name"], each["metadata"]["namespace"])
            for kind, resource in self._kinds.items()
            for each in self._cluster.list(resource, labels=f"{LABEL_STACK}={stack}")
            if (kind, each["metadata"]["namespace"], each["metadata"]["name"]) not in kept
        ]
        if not found:
            return 0
        # At once, so that the proxy sees one change: the next one it would take up only after its pause.
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="routes") as pool:
            return sum(pool.map(lambda each: self._cluster.delete(*each), found))


def marked(stack: str, label: str) -> dict[str, str]:
    """The labels that make an object a stack's own."""
    return {LABEL_STACK: stack, LABEL_LABEL: label, "app.kubernetes.io/managed-by": "devstack"}
