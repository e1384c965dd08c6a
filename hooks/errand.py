"""What a one-off Pod is made of: its spec, and its environment in a Secret.

The values of all such Pods of a release are in one Secret of a known name, under `<pod>.<variable>`, and only while they
run. So the hook's account needs no right to list Secrets, which would be one to read them all.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hooks.contract import Problem, Scope
from hooks.kube import Conflict, NotThere
from hooks.retry import patiently
from model import names
from model.marks import LABEL_HOOK

if TYPE_CHECKING:
    from hooks.world import World


Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Errand:
    """One Pod by its real name, and the values that it gets."""

    world: "World"
    scope: Scope
    pod: str
    values: Mapping[str, str]

    def tell(self) -> None:
        """Put the environment where the Pod will find it."""
        world, scope, name = self.world, self.scope, names.errands_secret(self.scope.release)
        if not self.values:
            return
        data = {self._key(each): base64.b64encode(value.encode()).decode() for each, value in self.values.items()}
        whole = {"apiVersion": "v1", "kind": "Secret", "metadata": self._meta(name), "data": data}
        with world.errands:
            if secret(world, scope) is not None:
                patiently(world, lambda: world.kube.merge("secrets", scope.namespace, name, {"data": data}))
                return
            try:
                patiently(world, lambda: world.kube.create("secrets", scope.namespace, whole))
            except Conflict:  # a try of ours whose answer was lost
                return

    def forget(self) -> None:
        """Take it out again; the Secret goes with the last of them."""
        world, scope, name = self.world, self.scope, names.errands_secret(self.scope.release)
        if not self.values:
            return
        gone = {"data": {self._key(variable): None for variable in self.values}}
        with world.errands:
            try:
                left = patiently(world, lambda: world.kube.merge("secrets", scope.namespace, name, gone))
            except NotThere:
                return
            if not left.get("data"):
                patiently(world, lambda: world.kube.delete("secrets", scope.namespace, name))

    def body(self, image: str, command: Sequence[str], args: Sequence[str], seconds: float) -> Object:
        """The Pod. No value is in it."""
        scope, secret = self.scope, names.errands_secret(self.scope.release)
        plain = {"DEVSTACK_STACK": scope.stack, "DEVSTACK_LABEL": scope.label, "DEVSTACK_SERVICE": scope.service}
        env: list[Object] = [{"name": variable, "value": value} for variable, value in plain.items()]
        env += [
            {"name": variable, "valueFrom": {"secretKeyRef": {"name": secret, "key": self._key(variable)}}}
            for variable in self.values
        ]
        words = {key: list(given) for key, given in (("command", command), ("args", args)) if given}
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": self._meta(self.pod),
            "spec": {
                "restartPolicy": "Never",
                "activeDeadlineSeconds": max(1, int(seconds)),
                "automountServiceAccountToken": False,
                "enableServiceLinks": False,
                "imagePullSecrets": [{"name": each} for each in self.world.settings.get("imagePullSecrets") or ()],
                "containers": [{"name": "run", "image": image, "env": env, **words}],
            },
        }

    def _key(self, variable: str) -> str:
        return f"{self.pod}.{variable}"

    def _meta(self, name: str) -> Object:
        labels = {**self.scope.labels, LABEL_HOOK: self.scope.release}
        meta: Object = {"name": name, "namespace": self.scope.namespace, "labels": labels}
        return {**meta, "ownerReferences": [self.world.owner]} if self.world.owner else meta


def secret(world: "World", scope: Scope) -> Object | None:
    """The Secret with the environments, where there is one. Problem where it is not of this stack."""
    name = names.errands_secret(scope.release)
    found = patiently(world, lambda: world.kube.get("secrets", scope.namespace, name))
    if found is not None and not scope.labels.items() <= (found["metadata"].get("labels") or {}).items():
        raise Problem(f"the Secret `{name}` in the namespace `{scope.namespace}` is not of this stack", "Rename it.")
    return found
