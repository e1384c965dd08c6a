"""The hooks' records of resources, and the hooks' Pods: read, mended, and a Pod of ours started where a hook failed."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from model import names
from model.marks import (
    LABEL_HOOK,
    LABEL_LABEL,
    LABEL_LEDGER,
    LABEL_SERVICE,
    LABEL_STACK,
    NOTE_ABSENT,
    NOTE_REMOVED,
    NOTE_SCOPE,
)
from model.provision import SECRET_ENTRY, Ended, Ledger
from model.stack import LABEL_MANAGED
from workers.cluster.client import PODS, SECRETS, Cluster, Conflict, Resource

CONFIGMAPS = Resource("v1", "configmaps")
RBAC = "rbac.authorization.k8s.io/v1"
LEFT_BY_HOOKS = (
    PODS,
    CONFIGMAPS,
    Resource("v1", "serviceaccounts"),
    Resource(RBAC, "rolebindings"),
    Resource(RBAC, "roles"),
    Resource("batch/v1", "jobs"),
)
CONTAINER = "provision"
POLL_SECONDS = 0.2
GONE_SECONDS = 30.0  # for a Pod that has ended, or is to
ANNOTATIONS = (NOTE_REMOVED, NOTE_ABSENT)


class Ledgers:
    """One caller for all that the cluster keeps of resources."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def of(self, stack: str, namespace: str) -> list[Ledger]:
        """The ledgers of a stack's releases in a namespace."""
        labels = f"{LABEL_LEDGER}=true,{LABEL_STACK}={names.dns_label(stack)}"
        return [_ledger(each) for each in self._cluster.list(CONFIGMAPS, namespace, labels=labels)]

    def restore(self, stack: str, ledger: Ledger) -> None:
        """Put a ledger back that was lost with its namespace, so that a hook knows what is the stack's own already."""
        scope = {
            "stack": stack,
            "label": ledger.label,
            "service": ledger.service,
            "release": ledger.release,
            "namespace": ledger.namespace,
        }
        body = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": names.resources_ledger(ledger.release),
                "labels": {
                    LABEL_LEDGER: "true",
                    LABEL_STACK: names.dns_label(stack),
                    LABEL_LABEL: ledger.label,
                    LABEL_SERVICE: names.dns_label(ledger.service),
                },
                "annotations": {NOTE_SCOPE: json.dumps(scope)},
            },
            "data": {
                names.ledger_key(each["kind"], each.get("provider", ""), each["name"]): json.dumps(dict(each))
                for each in ledger.receipts
            },
        }
        try:
            self._cluster.create(CONFIGMAPS, body, ledger.namespace)
        except Conflict:
            return  # it is there, and knows better

    def forget(self, ledger: Ledger) -> None:
        """Delete a ledger that has served its time, and the Secret with the values of what it told of."""
        self._cluster.delete(SECRETS, names.resources_secret(ledger.release), ledger.namespace)
        self._cluster.delete(CONFIGMAPS, names.resources_ledger(ledger.release), ledger.namespace)

    def copy_secret(self, name: str, source: str, namespace: str, copy: str, stack: str) -> bool:
        """Copy a Secret of the bot's own namespace into a stack's, under another name; False where there is none."""
        found = self._cluster.get(SECRETS, name, source)
        if found is None:
            return False
        metadata = {"name": copy, "namespace": namespace, "labels": {LABEL_STACK: stack, LABEL_MANAGED: "devstack"}}
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": found.get("data") or {}}
        self._cluster.apply(SECRETS, body, namespace)
        return True

    def delete_copies(self, namespace: str, stack: str, keep: str = "") -> None:
        """Take such copies of a stack away, all but `keep`."""
        labels = f"{LABEL_STACK}={names.dns_label(stack)},{LABEL_MANAGED}=devstack"
        for each in self._cluster.list(SECRETS, namespace, labels=labels):
            name = str(each["metadata"]["name"])
            if name != keep and name.startswith(names.provider_secret("")):
                self._cluster.delete(SECRETS, name, namespace)

    def said(self, namespace: str, release: str) -> Ended | None:
        """What the newest hook Pod of a release said at its end; None where there is none that has ended."""
        pods = self._cluster.list(PODS, namespace, labels=f"{LABEL_HOOK}={release}")
        ended = [pod for pod in pods if _terminated(pod) is not None]
        if not ended:
            return None
        return _said(max(ended, key=lambda pod: str(pod["metadata"]["creationTimestamp"])))

    def run(self, namespace: str, pod: Mapping[str, Any], seconds: float) -> Ended:
        """Run a Pod to its end and take it away again; what it said."""
        name = str(pod["metadata"]["name"])
        self._cluster.delete(PODS, name, namespace)
        self._cluster.gone(PODS, name, namespace, timeout=GONE_SECONDS)
        self._cluster.create(PODS, pod, namespace)
        deadline = time.monotonic() + seconds
        try:
            while time.monotonic() < deadline:
                found = self._cluster.get(PODS, name, namespace)
                if found is None:
                    break
                if _terminated(found) is not None:
                    return _said(found)
                time.sleep(POLL_SECONDS)
            return Ended(-1)
        finally:
            # Waited for, since it carries the stack's mark and the proof of absence would find it.
            self._cluster.delete(PODS, name, namespace)
            self._cluster.gone(PODS, name, namespace, timeout=GONE_SECONDS)

    def clear_hooks(self, stack: str) -> None:
        """Delete what hooks of a stack's releases left anywhere: helm forgets them where it was killed."""
        labels = f"{LABEL_HOOK},{LABEL_STACK}={names.dns_label(stack)}"
        left = [(kind, each["metadata"]) for kind in LEFT_BY_HOOKS for each in self._cluster.list(kind, labels=labels)]
        for kind, meta in left:
            self._cluster.delete(kind, meta["name"], meta["namespace"])
        for kind, meta in left:
            self._cluster.gone(kind, meta["name"], meta["namespace"], timeout=GONE_SECONDS)

    def wanting(self, namespace: str, release: str) -> bool:
        """Whether a pod cannot start for want of a release's Secret: helm went on though the hook had not ended."""
        secret = f'"{names.resources_secret(release)}" not found'
        waiting = (
            (each.get("state") or {}).get("waiting") or {}
            for pod in self._cluster.list(PODS, namespace)
            for each in (pod.get("status") or {}).get("containerStatuses") or ()
        )
        return any(secret in str(each.get("message")) for each in waiting)

    def pods_before(self, ledger: Ledger) -> list[str]:
        """Pods that use the ledger's Secret and were made before a value in it last changed: they run with old values."""
        if not ledger.changed_at:
            return []
        secret = names.resources_secret(ledger.release)
        return [
            pod["metadata"]["name"]
            for pod in self._cluster.list(PODS, ledger.namespace)
            if not pod["metadata"].get("deletionTimestamp")
            and uses(pod["spec"], secret)
            and str(pod["metadata"]["creationTimestamp"])[:19] < ledger.changed_at[:19]
        ]


def uses(spec: Mapping[str, Any], secret: str) -> bool:
    """Whether a container of a Pod takes its environment from a Secret."""
    return any(
        (each.get("secretRef") or {}).get("name") == secret
        for container in spec.get("containers") or ()
        for each in container.get("envFrom") or ()
    )


def _ledger(found: Mapping[str, Any]) -> Ledger:
    metadata = found["metadata"]
    data = dict(found.get("data") or {})
    note = json.loads(data.pop(SECRET_ENTRY, "{}"))
    annotations = metadata.get("annotations") or {}
    scope = json.loads(annotations.get(NOTE_SCOPE, "{}"))
    return Ledger(
        namespace=metadata["namespace"],
        release=metadata["name"].removesuffix(names.resources_ledger("")),
        service=str(scope.get("service", "")),
        label=str(scope.get("label", "")),
        receipts=tuple(json.loads(each) for each in data.values()),
        changed_at=str(note.get("changedAt", "")),
        gone=all(annotations.get(each) == "true" for each in ANNOTATIONS),
    )


def _terminated(pod: Mapping[str, Any]) -> Mapping[str, Any] | None:
    for each in (pod.get("status") or {}).get("containerStatuses") or ():
        if each["name"] == CONTAINER:
            ended: Mapping[str, Any] | None = (each.get("state") or {}).get("terminated")
            return ended
    return None


def _said(pod: Mapping[str, Any]) -> Ended:
    ended = _terminated(pod) or {}
    try:
        told = json.loads(ended.get("message") or "")
        problems: Sequence[Mapping[str, Any]] = told.get("problems", ())
        return Ended(int(told["code"]), tuple(problems))
    except (ValueError, KeyError, TypeError):
        return Ended(-1)
