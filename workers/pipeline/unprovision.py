"""Resources that are still on record after the releases went: a Pod of the hook image removes them, and proves it."""

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from typing import Any

from model import names
from model.marks import LABEL_STACK
from model.provision import RECEIPT, Ended, called
from model.stack import Status
from workers.cluster.ledgers import CONTAINER
from workers.faults import OurFault
from workers.pipeline import provision, uninstall
from workers.pipeline.run import Run

Receipts = tuple[dict[str, Any], ...]

PARALLEL = 4
GRACE_SECONDS = 30  # for the Pod's start, above the time that its work may take


def act(run: Run) -> None:
    """What the releases' own hooks have removed comes off the record; the rest is removed now, and named where it stays."""
    hooks_did(run)
    key = itemgetter("namespace", "release")
    left = sorted(on_record(run), key=key)
    for (namespace, release), group in groupby(left, key):
        remove(run, namespace, release, tuple(group))
    if run.world.settings.hook_image and not on_record(run):
        let_go(run)


def on_record(run: Run) -> Receipts:
    """The Stack's receipts of resources."""
    return tuple(each for each in run.stack.status.receipts if each["kind"] == RECEIPT)


def hooks_did(run: Run) -> None:
    """Take off the record what a ledger proves to be gone; what it still tells of is newer than what we know."""
    world = run.world
    for namespace in uninstall.places(run):
        ledgers = world.ledgers.of(run.stack.name, namespace)
        # A worker may have been killed before it had read them.
        provision.learn(run, [ledger for ledger in ledgers if not ledger.gone])
        for ledger in ledgers:
            if ledger.gone:
                gone = tuple(
                    each
                    for each in on_record(run)
                    if each["namespace"] == namespace and each["release"] == ledger.release
                )
                drop(run, gone)
                run.removed.extend(called(each["receipt"]) for each in gone)
                world.ledgers.forget(ledger)
        # Those of labels that the stack no longer has: no hook needs them any more.
        world.ledgers.delete_copies(namespace, run.stack.name, keep=names.provider_secret(run.stack.spec.label))


def let_go(run: Run) -> None:
    """What served the hooks, now that nothing is on record: it may lie in a namespace that stays."""
    for namespace in uninstall.places(run):
        for ledger in run.world.ledgers.of(run.stack.name, namespace):
            run.world.ledgers.forget(ledger)
        run.world.ledgers.delete_copies(namespace, run.stack.name)
    run.world.ledgers.clear_hooks(run.stack.name)


def remove(run: Run, namespace: str, release: str, receipts: Receipts) -> None:
    """Have one release's resources removed by a Pod beside the bot; each that stays is named with its reason."""
    settings = run.world.settings
    if not settings.hook_image:
        raise OurFault(f"nobody can remove {', '.join(called(each['receipt']) for each in receipts)}: "
                       "DEVSTACK_HOOK_IMAGE is not set")  # fmt: skip
    run.world.namespaces.ensure_base(settings.namespace)
    pod = errand(run, namespace, release, receipts)
    said = run.world.ledgers.run(settings.namespace, pod, settings.teardown_timeout + GRACE_SECONDS)
    failed = still_there(said, receipts)
    gone = tuple(each for each in receipts if key_of(each["receipt"]) not in failed)
    drop(run, gone)
    run.removed.extend(called(each["receipt"]) for each in gone)
    run.left.extend(f"{called(each['receipt'])}: {failed[key]}" for each in receipts
                    if (key := key_of(each["receipt"])) in failed)  # fmt: skip
    for ledger in run.world.ledgers.of(run.stack.name, namespace):
        if ledger.release == release and not failed:
            run.world.ledgers.forget(ledger)


def still_there(said: Ended, receipts: Receipts) -> dict[tuple[str, str, str], str]:
    """Which of the receipts' resources are not gone, each with the reason. A Pod that proved nothing removed nothing."""
    if said.code == 0:
        return {}
    reasons = {key_of(each): str(each.get("problem", "")) for each in said.problems if each.get("kind")}
    whole = next((str(each["problem"]) for each in said.problems if not each.get("kind")), "")
    if whole or not reasons:
        return {key_of(each["receipt"]): whole or "the Pod that was to remove it did not say how it ended"
                for each in receipts}  # fmt: skip
    failed = {}
    for each in receipts:
        kind, provider, _ = key = key_of(each["receipt"])
        reason = reasons.get(key) or reasons.get((kind, provider, "*"))
        if reason:
            failed[key] = reason
    return failed


def key_of(receipt: Mapping[str, Any]) -> tuple[str, str, str]:
    """What tells a resource from all others, as `hooks.contract.Receipt.key`."""
    return (str(receipt["kind"]), str(receipt.get("provider", "")), str(receipt["name"]))


def drop(run: Run, gone: Receipts) -> None:
    """Take receipts off the record."""
    if not gone:
        return

    def change(status: Status) -> Status:
        return replace(status, receipts=tuple(each for each in status.receipts if each not in gone))

    run.record(change)


def errand(run: Run, namespace: str, release: str, receipts: Receipts) -> dict[str, Any]:
    """The Pod: the hook image with the task, the receipts and the providers' keys; without any right in the cluster."""
    settings = run.world.settings
    task = {
        "stack": run.stack.name,
        "label": receipts[0]["label"],
        "service": str(receipts[0]["receipt"].get("service") or release),
        "release": release,
        "namespace": namespace,
        "resources": [],
        "deadlineSeconds": settings.teardown_timeout,
        "parallel": PARALLEL,
    }
    written = json.dumps([each["receipt"] for each in receipts])
    env_from = [{"secretRef": {"name": settings.provider_secret}}] if settings.provider_secret else []
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": names.joined(names.DNS_LABEL_MAX, "devstack-remove", run.stack.name, release),
            "labels": {LABEL_STACK: names.dns_label(run.stack.name)},
        },
        "spec": {
            "restartPolicy": "Never",
            "activeDeadlineSeconds": settings.teardown_timeout + GRACE_SECONDS,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "securityContext": {
                "runAsNonRoot": True, "runAsUser": 65532, "runAsGroup": 65532, "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [
                {
                    "name": CONTAINER,
                    "image": settings.hook_image,
                    "args": ["remove"],
                    "env": [
                        {"name": "DEVSTACK_TASK", "value": json.dumps(task)},
                        {"name": "DEVSTACK_RECEIPTS", "value": written},
                    ],
                    "envFrom": env_from,
                    "securityContext": {
                        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
                    },
                    "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108  (in the Pod)
                }
            ],
            "volumes": [{"name": "tmp", "emptyDir": {}}],
        },
    }  # fmt: skip
