"""Pods that take their environment from a Secret see a change of it only when they are made anew."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from hooks.kube import NotThere
from hooks.retry import patiently

if TYPE_CHECKING:
    from hooks.world import World

HASH = "devstack.dev/resources-hash"
WORKLOADS = ("deployments", "statefulsets", "daemonsets")


def roll(world: "World", namespace: str, secret: str, hash_of_values: str) -> tuple[str, ...]:
    """Make the pods of every workload anew that refers to the Secret. Gives the workloads, as `deployments/orders`.
    Those that have been told of this hash already are left alone, so it can be repeated."""
    patch = {"spec": {"template": {"metadata": {"annotations": {HASH: hash_of_values}}}}}
    rolled = []
    for plural in WORKLOADS:
        for workload in patiently(world, lambda: world.kube.list(plural, namespace)):  # noqa: B023
            template = workload["spec"]["template"]
            told = ((template.get("metadata") or {}).get("annotations") or {}).get(HASH)
            if told == hash_of_values or not refers(template.get("spec") or {}, secret):
                continue
            name = workload["metadata"]["name"]
            try:
                patiently(world, lambda: world.kube.strategic(plural, namespace, name, patch))  # noqa: B023
            except NotThere:  # deleted meanwhile
                continue
            rolled.append(f"{plural}/{name}")
    return tuple(rolled)


def refers(pod: dict[str, Any], secret: str) -> bool:
    """Whether a pod's spec takes anything from the Secret: environment or volumes."""
    return secret in set(_secrets(pod))


def _secrets(pod: dict[str, Any]) -> Iterator[str | None]:
    for container in [*(pod.get("containers") or []), *(pod.get("initContainers") or [])]:
        for source in container.get("envFrom") or []:
            yield (source.get("secretRef") or {}).get("name")
        for variable in container.get("env") or []:
            yield ((variable.get("valueFrom") or {}).get("secretKeyRef") or {}).get("name")
    for volume in pod.get("volumes") or []:
        yield (volume.get("secret") or {}).get("secretName")
        for source in (volume.get("projected") or {}).get("sources") or []:
            yield (source.get("secret") or {}).get("name")
