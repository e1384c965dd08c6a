"""Proof of absence: the cluster is asked anew, kind by kind, for anything that carries a stack's mark."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from model.stack import LABEL_STACK
from workers.cluster.client import NAMESPACES, SECRETS, Cluster, Forbidden, Resource

AT_ONCE = 8  # lists at a time


class Proof:
    """Looks; changes nothing."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def left(self, stack: str, namespace: str, releases: Iterable[tuple[str, str]]) -> list[str]:
        """What is left of a stack, each as people say it: its namespace, marked objects of any kind, helm's records."""
        found = []
        if self._cluster.get(NAMESPACES, namespace) is not None:
            found.append(f"namespace {namespace}")
        kinds = list(self._cluster.resources())
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="proof") as pool:
            marked = pool.map(lambda kind: self._marked(kind, stack), kinds)
            for resource, places in zip(kinds, marked, strict=True):
                found += [f"{resource.plural} {place}" for place in places]
        for name, place in releases:
            records = self._cluster.list(SECRETS, place, labels=f"owner=helm,name={name}")
            found += [f"release record {place}/{each['metadata']['name']}" for each in records]
        return found

    def _marked(self, resource: Resource, stack: str) -> list[str]:
        """Where objects of a kind carry the mark. What we may not list we cannot have made: the chart's rules give
        writing only together with listing."""
        try:
            listed = self._cluster.list(resource, labels=f"{LABEL_STACK}={stack}")
        except Forbidden:
            return []
        return [f"{each['metadata']['namespace']}/{each['metadata']['name']}" for each in listed]
