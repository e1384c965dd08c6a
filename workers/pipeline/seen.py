"""The Stacks and the proxy's routes as the cluster has them at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from model import names
from model.routing import routes
from model.stack import Role, Stack
from workers.world import World


@dataclass(frozen=True)
class Seen:
    """What was found, and what of it is the base's."""

    stacks: tuple[Stack, ...]
    routes: tuple[Mapping[str, Any], ...]

    @cached_property
    def features(self) -> frozenset[str]:
        """The namespaces that belong to features."""
        return frozenset(names.namespace(each.name) for each in self.stacks if each.spec.role is Role.FEATURE)

    @cached_property
    def base(self) -> tuple[Mapping[str, Any], ...]:
        """The routes that are no feature's."""
        return tuple(each for each in self.routes if routes.is_base(each, self.features))


def look(world: World) -> Seen:
    """Ask the cluster, once for each kind."""
    return Seen(tuple(world.stacks.list()), tuple(world.routes.all()))
