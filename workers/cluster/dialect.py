"""How Traefik's objects are written in this cluster: in which API group, and in which version's rule language.

Traefik 3 serves `traefik.io`. Version 2.11 serves `traefik.containo.us` and `traefik.io` beside it, in the older language.
So the group does not tell the language; the definition does: since version 3 a rule has the field `syntax`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model.routing.rules import Syntax
from workers.cluster.client import Cluster
from workers.faults import UserFault

NEW, OLD = "traefik.io", "traefik.containo.us"
VERSION = "v1alpha1"
FIELD = "syntax"
SYNTAXES: Mapping[str, Syntax] = {"v2": "v2", "v3": "v3"}

Definitions = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Dialect:
    """`group` is where a stack's objects are made, `read` are the groups whose objects Traefik serves.

    `served`: whether the cluster has the definitions; without them nothing can be made, but all can be removed.
    """

    group: str
    syntax: Syntax
    read: tuple[str, ...]
    served: bool = True

    def check(self) -> None:
        """UserFault where the cluster has no definitions to make routes with."""
        if not self.served:
            raise UserFault(
                "No Traefik definitions",
                f"The cluster serves no CustomResourceDefinition `ingressroutes.{self.group}`, so there are no routes.",
                "Install the definitions of the Traefik that serves the base. DEVSTACK_TRAEFIK_API_GROUP names another "
                "API group.",
            )


def of(cluster: Cluster, group: str = "", syntax: str = "") -> Dialect:
    """What the cluster's definitions say, unless both are told."""
    if group and syntax in SYNTAXES:
        return Dialect(group, SYNTAXES[syntax], (group,))
    served = {name: found for name in (NEW, OLD) if (found := cluster.openapi(f"{name}/{VERSION}")) is not None}
    return decide(served, group, syntax)


def decide(served: Definitions, group: str = "", syntax: str = "") -> Dialect:
    """The dialect, from the OpenAPI documents of the groups that are served; `group` and `syntax` where told."""
    there = [name for name in (NEW, OLD) if "IngressRoute" in _kinds(served.get(name, {}))]
    wanted = [group] if group else [NEW, OLD]
    chosen = next((name for name in wanted if name in there), wanted[0])
    newer = chosen == NEW and (chosen not in there or _has_field(served[chosen]))
    spoken = SYNTAXES.get(syntax, "v3" if newer else "v2")
    # Version 3 no longer looks at the older group, whose definitions an upgrade leaves behind.
    read = tuple(there) if spoken == "v2" and there and not group else (chosen,)
    return Dialect(chosen, spoken, read, served=chosen in there)


def _kinds(document: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """The schemas of a group's own kinds, by kind."""
    schemas = document.get("components", {}).get("schemas", {})
    return {
        each["kind"]: schema for schema in schemas.values() for each in schema.get("x-kubernetes-group-version-kind", ())
    }


def _has_field(document: Mapping[str, Any]) -> bool:
    rule = _within(
        _kinds(document)["IngressRoute"], ("properties", "spec", "properties", "routes", "items", "properties")
    )
    return FIELD in rule


def _within(schema: Mapping[str, Any], path: Sequence[str]) -> Mapping[str, Any]:
    for key in path:
        schema = schema.get(key, {})
    return schema
