"""Traefik's objects: the base's are read, a stack's own are made and taken away by mark."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from model.marks import LABEL_LABEL, LABEL_STACK, NOTE_DERIVED
from model.routing.reissue import identity
from workers.cluster.client import Cluster, Resource

AT_ONCE = 8
OURS = {"IngressRoute": "ingressroutes", "Middleware": "middlewares", "TraefikService": "traefikservices"}
RELATED = {
    "TraefikService": "traefikservices",
    "IngressRouteTCP": "ingressroutetcps",
    "IngressRouteUDP": "ingressrouteudps",
}


class Routes:
    """IngressRoutes, and what they name, in one API group."""

    def __init__(self, cluster: Cluster, api_group: str, read: Sequence[str] = ()) -> None:
        """`read`: the groups whose IngressRoutes Traefik serves, `api_group` among them; by default it alone."""
        self._cluster = cluster
        self._read = tuple(read) or (api_group,)
        self._kinds = {kind: Resource(f"{api_group}/v1alpha1", plural) for kind, plural in OURS.items()}

    def all(self) -> list[dict[str, Any]]:
        """All IngressRoutes of the cluster; of one name in two groups the one that Traefik takes, the newer group's."""
        return self._all("IngressRoute", "ingressroutes")

    def related(self) -> list[dict[str, Any]]:
        """What else of Traefik's decides where requests go: weighted services, and routes that are no HTTP."""
        return [each for kind, plural in RELATED.items() for each in self._all(kind, plural)]

    def _all(self, kind: str, plural: str) -> list[dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for group in self._read:
            for each in self._cluster.list(Resource(f"{group}/v1alpha1", plural)):
                found.setdefault(identity(each), {**each, "kind": kind})
        return list(found.values())

    def of(self, stack: str) -> list[dict[str, Any]]:
        """The IngressRoutes of one stack."""
        return self._cluster.list(self._kinds["IngressRoute"], labels=f"{LABEL_STACK}={stack}")

    def middlewares(self) -> list[dict[str, Any]]:
        """All Middlewares of stacks."""
        listed = self._cluster.list(self._kinds["Middleware"], labels=LABEL_STACK)
        return [{**each, "kind": "Middleware"} for each in listed]

    def make(self, stack: str, manifests: Iterable[Mapping[str, Any]]) -> None:
        """Make the stack's routes exactly these: what they name first, what is not among them goes."""
        wanted = sorted(map(noted, manifests), key=lambda each: each["kind"] == "IngressRoute")
        kept = set()
        for manifest in wanted:
            metadata = manifest["metadata"]
            self._cluster.apply(self._kinds[manifest["kind"]], manifest, metadata["namespace"])
            kept.add((manifest["kind"], metadata["namespace"], metadata["name"]))
        self._drop(stack, kept)

    def ahead(self, manifests: Iterable[Mapping[str, Any]]) -> None:
        """Make some of a stack's objects before the others."""
        for manifest in map(noted, manifests):
            self._cluster.apply(self._kinds[manifest["kind"]], manifest, manifest["metadata"]["namespace"])

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


def noted(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest with a note of what it is, so that a later look need not write to see whether it still is that."""
    digest = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()[:16]
    metadata = manifest["metadata"]
    return {
        **manifest,
        "metadata": {**metadata, "annotations": {**(metadata.get("annotations") or {}), NOTE_DERIVED: digest}},
    }


def differs(wanted: Iterable[Mapping[str, Any]], standing: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a stack's objects (not `noted` yet) are not those that stand: others, of other content, or changed by hand."""
    there = {_key(each): each for each in standing}
    made = [noted(each) for each in wanted]
    return {_key(each) for each in made} != there.keys() or any(not within(each, there[_key(each)]) for each in made)


def within(wanted: Any, found: Any) -> bool:
    """Whether all that is wanted is there; what the server adds by itself does not count."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(
            key in found and within(each, found[key]) for key, each in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(found, list)
            and len(wanted) == len(found)
            and all(within(*pair) for pair in zip(wanted, found, strict=True))
        )
    return bool(wanted == found)


def _key(manifest: Mapping[str, Any]) -> tuple[str, str, str]:
    return manifest["kind"], manifest["metadata"]["namespace"], manifest["metadata"]["name"]
