"""What in a namespace is a stack's own: told by helm's mark of the release that made it, else by the stack's own marks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model import names
from model.marks import LABEL_LABEL, LABEL_STACK
from model.stack import Role, Stack

RELEASE = "meta.helm.sh/release-name"  # helm writes it on everything that it makes, but not on the pods below that
RELEASE_RECEIPT = "release"


@dataclass(frozen=True, slots=True)
class Whose:
    """A stack as its objects show it. `alone`: the namespace is the stack's, so what says nothing of itself is its own
    too; elsewhere only what says so is."""

    stack: str
    label: str
    releases: frozenset[str]
    alone: bool

    def owns(self, labels: Mapping[str, str], release: str) -> bool:
        """Whether something with these labels, made by this release (empty: by none), belongs to the stack as it is
        under its present label."""
        if release:
            return release in self.releases
        label = labels.get(LABEL_LABEL, "")
        if LABEL_STACK in labels:
            return labels[LABEL_STACK] == self.stack and label == self.label
        return self.alone and label in ("", self.label)


def whose(stack: Stack, namespace: str) -> Whose:
    """The stack with the releases that it has on record in a namespace; those that are to go do not count."""
    releases = frozenset(
        receipt["name"]
        for receipt in stack.status.receipts
        if receipt["kind"] == RELEASE_RECEIPT and receipt["namespace"] == namespace and not receipt.get("stale")
    )
    alone = stack.spec.role is Role.FEATURE and namespace == names.namespace(stack.name)
    return Whose(stack.name, stack.spec.label, releases, alone)


def labels_of(found: Mapping[str, Any]) -> Mapping[str, str]:
    """An object's labels."""
    labels: Mapping[str, str] = found["metadata"].get("labels") or {}
    return labels


def release_of(found: Mapping[str, Any]) -> str:
    """The helm release that made an object; empty where none did."""
    return str((found["metadata"].get("annotations") or {}).get(RELEASE, ""))


def controller(pod: Mapping[str, Any]) -> str:
    """`Kind/name` of what a pod belongs to, a ReplicaSet's Deployment in its place; empty for a pod of its own."""
    owner = next((each for each in pod["metadata"].get("ownerReferences") or [] if each.get("controller")), None)
    if owner is None:
        return ""
    name, hashed = owner["name"], labels_of(pod).get("pod-template-hash", "")
    if owner["kind"] == "ReplicaSet" and hashed and name.endswith(f"-{hashed}"):
        return f"Deployment/{name.removesuffix(f'-{hashed}')}"
    return f"{owner['kind']}/{name}"
