"""Proof of absence: the cluster is asked anew, kind by kind, for anything that carries a stack's mark."""

from collections.abc import Iterable

from model.stack import LABEL_STACK
from workers.cluster.client import NAMESPACES, SECRETS, Cluster


class Proof:
    """Looks; changes nothing."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def left(self, stack: str, namespace: str, releases: Iterable[tuple[str, str]]) -> list[str]:
        """What is left of a stack, each as people say it: its namespace, marked objects of any kind, helm's records."""
        found = []
        if self._cluster.get(NAMESPACES, namespace) is not None:
            found.append(f"namespace {namespace}")
        for resource in self._cluster.resources():
            for each in self._cluster.list(resource, labels=f"{LABEL_STACK}={stack}"):
                metadata = each["metadata"]
                found.append(f"{resource.plural} {metadata['namespace']}/{metadata['name']}")
        for name, place in releases:
            for each in self._cluster.list(SECRETS, place, labels=f"owner=helm,name={name}"):
                found.append(f"release record {place}/{each['metadata']['name']}")
        return found
