"""The Stacks and the proxy's routes as the cluster has them at one moment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from model import names
from model.routing import routes
from model.stack import Role, Stack
from workers.world import World

Manifest = Mapping[str, Any]


@dataclass(frozen=True)
class Seen:
    """What was found, and what of it is the base's."""

    stacks: tuple[Stack, ...]
    routes: tuple[Manifest, ...]

    @cached_property
    def features(self) -> frozenset[str]:
        """The namespaces that belong to features."""
        return feature_namespaces(self.stacks)

    @cached_property
    def base(self) -> tuple[Manifest, ...]:
        """The routes that are no feature's."""
        return tuple(of_base(self.routes, self.stacks))


def feature_namespaces(stacks: Iterable[Stack]) -> frozenset[str]:
    """The namespaces that belong to features alone."""
    return frozenset(names.namespace(each.name) for each in stacks if each.spec.role is Role.FEATURE)


def of_base(objects: Iterable[Manifest], stacks: Iterable[Stack]) -> list[Manifest]:
    """Of the proxy's objects those that are no feature's."""
    features = feature_namespaces(stacks)
    return [each for each in objects if routes.is_base(each, features)]


def look(world: World) -> Seen:
    """Ask the cluster, once for each kind."""
    return Seen(tuple(world.stacks.list()), tuple(world.routes.all()))
