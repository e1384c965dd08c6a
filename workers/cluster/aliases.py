"""Services that only lead on to others: made and taken away by mark, never in the place of one that a chart made."""

from collections.abc import Iterable, Mapping
from typing import Any

from model.routing.aliases import is_alias, leads_to
from workers.cluster.client import SERVICES, Cluster, Conflict

Manifest = Mapping[str, Any]


class Aliases:
    """Aliases, and the Services that they are worked out from."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def services(self, namespaces: Iterable[str] = ()) -> list[dict[str, Any]]:
        """All Services of these namespaces, of the whole cluster where none is named; aliases among them."""
        named = sorted(set(namespaces))
        if not named:
            return self._cluster.list(SERVICES)
        return [each for namespace in named for each in self._cluster.list(SERVICES, namespace)]

    def make(self, wanted: Iterable[Manifest], standing: Iterable[Manifest]) -> int:
        """Make a stack's aliases exactly these; how many objects were changed. Nothing is written where nothing differs.

        A name that somebody has taken meanwhile stays his: charts make Services at the same time.
        """
        there = {_key(each): each for each in standing}
        changed = 0
        for manifest in wanted:
            found = there.pop(_key(manifest), None)
            if found is None:
                changed += self._created(manifest)
            elif not same(manifest, found):
                changed += self._replaced(manifest, found)
        return changed + self.drop(there.values())

    def drop(self, aliases: Iterable[Manifest]) -> int:
        """Take these very objects away; how many were there."""
        return sum(self._dropped(each) for each in aliases)

    def _created(self, manifest: Manifest) -> bool:
        try:
            self._cluster.create(SERVICES, manifest, manifest["metadata"]["namespace"])
        except Conflict:
            return False
        return True

    def _replaced(self, manifest: Manifest, found: Manifest) -> bool:
        metadata = {**manifest["metadata"], "resourceVersion": found["metadata"]["resourceVersion"]}
        try:
            self._cluster.replace(SERVICES, metadata["name"], {**manifest, "metadata": metadata}, metadata["namespace"])
        except (Conflict, KeyError):
            return False
        return True

    def _dropped(self, alias: Manifest) -> bool:
        metadata = alias["metadata"]
        try:
            return self._cluster.delete(SERVICES, metadata["name"], metadata["namespace"], uid=metadata["uid"])
        except Conflict:
            return False


def same(wanted: Manifest, found: Manifest) -> bool:
    """Whether an alias that stands is the wanted one."""
    labels = found["metadata"].get("labels") or {}
    return (
        is_alias(found)
        and found["spec"].get("type") == "ExternalName"
        and leads_to(found) == leads_to(wanted)
        and wanted["metadata"]["labels"].items() <= labels.items()
    )


def differs(wanted: Iterable[Manifest], standing: Iterable[Manifest]) -> bool:
    """Whether a stack's aliases are not those that stand."""
    there = {_key(each): each for each in standing}
    made = {_key(each): each for each in wanted}
    return made.keys() != there.keys() or any(not same(each, there[key]) for key, each in made.items())


def _key(manifest: Manifest) -> tuple[str, str]:
    return manifest["metadata"]["namespace"], manifest["metadata"]["name"]
