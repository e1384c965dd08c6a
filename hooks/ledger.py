"""The record of a release's resources: a ConfigMap in its namespace, written before anything is made."""

import json
import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from hooks import receipts
from hooks.contract import Problem, Receipt, Scope
from hooks.kube import Conflict, NotThere
from hooks.plan import Key
from hooks.retry import patiently
from model import names
from model.marks import LABEL_LEDGER, NOTE_ABSENT, NOTE_REMOVED, NOTE_SCOPE
from model.provision import SECRET_ENTRY

if TYPE_CHECKING:
    from hooks.world import World

TRIES = 6


class Ledger:
    """Safe for threads. What is put is on record when the call returns; where there is no ledger, in memory alone."""

    def __init__(self, world: "World", scope: Scope) -> None:
        self._world = world
        self._scope = scope
        self._lock = threading.RLock()
        self._entries: dict[str, str] = {}  # as they stand in the ConfigMap
        self._receipts: dict[Key, Receipt] = {}
        self._version: str | None = None  # None: there is no ConfigMap
        self._annotations: dict[str, str] = {}

    @property
    def name(self) -> str:
        """Of the ConfigMap."""
        return names.resources_ledger(self._scope.release)

    @property
    def exists(self) -> bool:
        """Whether there is a ConfigMap; all is in memory else."""
        return self._version is not None

    def load(self) -> None:
        """Read it, where there is one. Problem where it is not ours, or was written by something else."""
        found = self._call(lambda: self._world.kube.get("configmaps", self._scope.namespace, self.name))
        if found is not None:
            with self._lock:
                self._take(found)

    def open(self) -> None:
        """Make it where there is none, before the first thing is made; what a removal noted on it no longer holds."""
        with self._lock:
            if not self.exists:
                self._create()
            if self._annotations.keys() & {NOTE_REMOVED, NOTE_ABSENT}:
                self._write({}, {NOTE_REMOVED: None, NOTE_ABSENT: None})

    def get(self, key: Key) -> Receipt | None:
        """What is on record of one resource."""
        return self._receipts.get(key)

    def all(self) -> tuple[Receipt, ...]:
        """Everything that is on record, in the order of the entries."""
        with self._lock:
            return tuple(self._receipts.values())

    def learn(self, found: Iterable[Receipt]) -> None:
        """Take note of things that others tell of, in memory alone. What is on record already stays as it is."""
        with self._lock:
            for receipt in found:
                self._receipts.setdefault(receipt.key, receipt)

    def put(self, *written: Receipt) -> None:
        """Write receipts, in one request."""
        with self._lock:
            for receipt in written:
                self._receipts[receipt.key] = receipt
            if written:
                self._write({_key(receipt): receipts.text(receipt) for receipt in written})

    def drop(self, *gone: Receipt) -> None:
        """Take receipts out."""
        with self._lock:
            for receipt in gone:
                self._receipts.pop(receipt.key, None)
            known = {_key(receipt): None for receipt in gone if _key(receipt) in self._entries}
            if known:
                self._write(known)

    def secret(self) -> dict[str, Any]:
        """What is noted of the Secret: `hash`, `changedAt`, and `rolling` while the pods are not told yet."""
        try:
            found = json.loads(self._entries.get(SECRET_ENTRY, "{}"))
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def put_secret(self, note: Mapping[str, Any]) -> None:
        """Note something of the Secret."""
        with self._lock:
            self._write({SECRET_ENTRY: json.dumps(note)})

    def finish(self, *, keep: bool) -> None:
        """After all is gone: delete it, or keep it as the proof that nothing is left."""
        with self._lock:
            if not self.exists:
                return
            if keep:
                self._write(dict.fromkeys(self._entries), {NOTE_REMOVED: "true", NOTE_ABSENT: "true"})
            else:
                self._call(lambda: self._world.kube.delete("configmaps", self._scope.namespace, self.name))
                self._version = None

    def _write(self, data: Mapping[str, str | None], annotations: Mapping[str, str | None] | None = None) -> None:
        """One patch, made anew on what others wrote meanwhile."""
        if not self.exists:
            return
        for _ in range(TRIES):
            patch = {"metadata": {"resourceVersion": self._version, "annotations": annotations or {}}, "data": data}
            try:
                self._took(
                    self._call(lambda: self._world.kube.merge("configmaps", self._scope.namespace, self.name, patch))  # noqa: B023
                )
            except Conflict:
                self._again()
            except NotThere:  # deleted by hand, in the midst of a run
                self._create()
            else:
                return
        raise Problem(f"somebody else keeps changing the ledger `{self.name}`", "Is another deploy of it running?")

    def _again(self) -> None:
        found = self._call(lambda: self._world.kube.get("configmaps", self._scope.namespace, self.name))
        if found is None:
            self._create()
        else:
            self._took(found)

    def _create(self) -> None:
        whole = {**self._entries, **{_key(each): receipts.text(each) for each in self._receipts.values()}}
        scope = self._scope
        told = {"stack": scope.stack, "label": scope.label, "service": scope.service,
                "release": scope.release, "namespace": scope.namespace}  # fmt: skip
        body = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": self.name,
                "namespace": scope.namespace,
                "labels": {**scope.labels, LABEL_LEDGER: "true"},
                "annotations": {NOTE_SCOPE: json.dumps(told)},
            },
            "data": whole,
        }
        try:
            self._took(self._call(lambda: self._world.kube.create("configmaps", scope.namespace, body)))
        except Conflict:  # made meanwhile, or by a try of ours whose answer was lost
            self.load()
            if not self.exists:
                raise Problem(f"somebody else keeps deleting the ledger `{self.name}`") from None

    def _take(self, found: dict[str, Any]) -> None:
        labels = found["metadata"].get("labels") or {}
        if any(labels.get(mark) != value for mark, value in self._scope.labels.items()):
            raise Problem(
                f"the ConfigMap `{self.name}` in the namespace `{self._scope.namespace}` is not of this stack",
                "Delete it, if nobody needs it, or give the release another name.",
            )
        self._took(found)
        for key, text in self._entries.items():
            if key == SECRET_ENTRY:
                continue
            try:
                receipt = receipts.read(text)
            except ValueError as error:
                raise Problem(
                    f"the ledger's entry `{key}` cannot be read",
                    f"Mend it in the ConfigMap `{self.name}`, or delete the key if its resource is gone.",
                ) from error
            self._receipts.setdefault(receipt.key, receipt)

    def _took(self, found: dict[str, Any]) -> None:
        meta = found["metadata"]
        self._version = meta["resourceVersion"]
        self._annotations = meta.get("annotations") or {}
        self._entries = dict(found.get("data") or {})
        self._world.owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": self.name, "uid": meta["uid"]}

    def _call(self, act: Any) -> Any:
        return patiently(self._world, act)


def _key(receipt: Receipt) -> str:
    return names.ledger_key(receipt.kind, receipt.provider, receipt.name)
