"""The Secret with what a release's resources gave: the environment of the service's pods."""

import base64
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from hooks.contract import Problem, Receipt, Scope
from hooks.kube import Conflict
from hooks.plan import Key
from hooks.retry import patiently
from model import names

if TYPE_CHECKING:
    from hooks.world import World

SALT = "devstack.dev/salt"


def merged(present: Mapping[str, str], kept: Iterable[Receipt], made: Mapping[Key, Mapping[str, str]]) -> dict[str, str]:
    """What the Secret holds after a run: what was made in it, and of resources that are on record without having been
    made in it (they failed, or wait to be removed) what it held before. What belongs to nobody goes."""
    old = {
        variable: present[variable]
        for receipt in kept
        if receipt.key not in made
        for variable in receipt.env
        if variable in present
    }
    new = {variable: value for values in made.values() for variable, value in values.items()}
    return old | new


class Vault:
    """One release's Secret. Values are text."""

    def __init__(self, world: "World", scope: Scope) -> None:
        self._world = world
        self._scope = scope
        self._salt = secrets.token_hex(16)
        self.exists = False
        self.values: dict[str, str] = {}

    @property
    def name(self) -> str:
        """Of the Secret."""
        return names.resources_secret(self._scope.release)

    def load(self) -> None:
        """Read it, where there is one. Problem where it is not of this stack."""
        found = patiently(self._world, lambda: self._world.kube.get("secrets", self._scope.namespace, self.name))
        if found is None:
            return
        labels = found["metadata"].get("labels") or {}
        if any(labels.get(mark) != value for mark, value in self._scope.labels.items()):
            raise Problem(
                f"the Secret `{self.name}` in the namespace `{self._scope.namespace}` is not of this stack",
                "Delete it, if nobody needs it, or give the release another name.",
            )
        self.exists = True
        self._salt = (found["metadata"].get("annotations") or {}).get(SALT) or self._salt
        data = found.get("data") or {}
        self.values = {key: base64.b64decode(value).decode(errors="replace") for key, value in data.items()}

    def hash_of(self, values: Mapping[str, str]) -> str:
        """Changes with the values, and tells nothing of them: it is shown in plain sight, and a value may be short."""
        whole = "\0".join([self._salt, *(f"{key}={values[key]}" for key in sorted(values))])
        return hashlib.sha256(whole.encode()).hexdigest()[:32]

    def write(self, values: Mapping[str, str]) -> None:
        """Make it hold just these. Keys that stay as they were are not written."""
        meta: dict[str, Any] = {"labels": self._scope.labels, "annotations": {SALT: self._salt}}
        changed: dict[str, str | None] = {
            key: base64.b64encode(value.encode()).decode()
            for key, value in values.items()
            if self.values.get(key) != value
        }
        kube, namespace = self._world.kube, self._scope.namespace
        if not self.exists:
            whole = {"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": changed,
                     "metadata": {**meta, "name": self.name, "namespace": namespace}}  # fmt: skip
            try:
                patiently(self._world, lambda: kube.create("secrets", namespace, whole))
            except Conflict:  # a try of ours whose answer was lost; `load` saw none
                patiently(self._world, lambda: kube.merge("secrets", namespace, self.name, whole))
        else:
            gone = dict.fromkeys(self.values.keys() - values.keys())
            patch = {"metadata": meta, "data": {**changed, **gone}}
            patiently(self._world, lambda: kube.merge("secrets", namespace, self.name, patch))
        self.exists = True
        self.values = dict(values)

    def remove(self) -> None:
        """Delete it, where there is one that is ours."""
        if self.exists:
            patiently(self._world, lambda: self._world.kube.delete("secrets", self._scope.namespace, self.name))
            self.exists = False
