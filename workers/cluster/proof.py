"""Proof of absence: the cluster is asked anew, kind by kind, for anything that carries a stack's mark."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor

from model.marks import LABEL_STACK
from workers.cluster.client import NAMESPACES, SECRETS, Cluster, Forbidden, Resource

AT_ONCE = 8  # lists at a time


class Proof:
    """Looks; changes nothing."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def releases(self, stack: str, namespaces: Collection[str]) -> set[tuple[str, str]]:
        """Name and namespace of the releases that carry the stack's mark in helm's own records, finished or not."""
        selector = f"owner=helm,{LABEL_STACK}={stack}"
        return {
            (each["metadata"]["labels"]["name"], namespace)
            for namespace in namespaces
            for each in self._cluster.list(SECRETS, namespace, labels=selector)
        }

    def left(
        self, stack: str, own: str, namespaces: Collection[str], releases: Collection[tuple[str, str]] = ()
    ) -> list[str]:
        """What is left of a stack, each as people say it: its `own` namespace, marked objects of any kind, helm's records
        of releases. `namespaces` are those where it has been; `releases` are looked for by name as well, since those
        made before there was a mark have none."""
        found = [f"namespace {own}"] if self._cluster.get(NAMESPACES, own) is not None else []
        kinds = list(self._cluster.resources())
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="proof") as pool:
            marked = pool.map(lambda kind: self._marked(kind, stack, namespaces), kinds)
            for resource, places in zip(kinds, marked, strict=True):
                found += [f"{resource.plural} {place}" for place in places]
        for name, place in sorted({*releases, *self.releases(stack, namespaces)}):
            records = self._cluster.list(SECRETS, place, labels=f"owner=helm,name={name}")
            found += [f"release record {place}/{each['metadata']['name']}" for each in records]
        return list(dict.fromkeys(found))

    def _marked(self, resource: Resource, stack: str, namespaces: Collection[str]) -> list[str]:
        """Where objects of a kind carry the mark: in the whole cluster, else in the namespaces that we may see. What we
        may list nowhere we cannot have made: the chart's rules give writing only together with listing."""
        selector = f"{LABEL_STACK}={stack}"
        try:
            listed = self._cluster.list(resource, labels=selector)
        except Forbidden:
            listed = [each for namespace in namespaces for each in self._within(resource, namespace, selector)]
        return [f"{each['metadata']['namespace']}/{each['metadata']['name']}" for each in listed]

    def _within(self, resource: Resource, namespace: str, selector: str) -> list[dict[str, object]]:
        try:
            return self._cluster.list(resource, namespace, labels=selector)
        except Forbidden:
            return []
