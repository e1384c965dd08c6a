"""Values of a ConfigMap of the base, and values of the stack's own. They are read anew at each deploy."""

from typing import TYPE_CHECKING, Literal

from hooks import keys
from hooks.contract import Made, Problem, Receipt, Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hooks.world import World


class Spec(keys.Keys):
    """Chosen keys of a ConfigMap of the base, values set here, values made up."""

    kind: Literal["configmap"]


def name(spec: Spec, scope: Scope) -> str:
    """The name of the record: there is no such thing on any server, the values live in the service's own Secret."""
    return keys.real_name(spec, scope)


def env(spec: Spec) -> tuple[str, ...]:
    """What is known before the source is read."""
    return keys.variables(spec)


def needs(spec: Spec) -> tuple[tuple[str, str], ...]:  # noqa: ARG001
    """Nothing of the list: what it is copied from is the base's."""
    return ()


def check(world: "World", spec: Spec, scope: Scope, before: Receipt | None) -> None:  # noqa: ARG001
    """Is the ConfigMap there, may we read it, has it the keys?"""
    _made(world, spec, before)


def ensure(world: "World", spec: Spec, scope: Scope, before: Receipt | None) -> Made:  # noqa: ARG001
    """Read the values. What was made up before stays."""
    return _made(world, spec, before)


def remove(world: "World", receipt: Receipt, scope: Scope) -> bool:  # noqa: ARG001
    """Nothing to do: the values go with the service's own Secret."""
    return True


def find(world: "World", scope: Scope, provider: str) -> list[Receipt]:  # noqa: ARG001
    """There is no server to ask."""
    return []


def _made(world: "World", spec: Spec, before: Receipt | None) -> Made:
    return keys.made(world, spec, before, lambda source: _data(world, source), "ConfigMap")


def _data(world: "World", source: keys.Source) -> "Mapping[str, bytes]":
    found = world.kube.get("configmaps", source.namespace, source.name)
    if found is None:
        raise Problem(
            f"the base has no ConfigMap `{source.name}` in the namespace `{source.namespace}`",
            "Correct `from`, or create it there first.",
        )
    return {key: str(value).encode() for key, value in (found.get("data") or {}).items()}
