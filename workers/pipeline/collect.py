"""Images belong to their content, not to a stack: one goes only when no Stack and no workload refers to it."""

from collections.abc import Mapping, Sequence
from typing import Any

from model import names
from workers.pipeline.run import Run
from workers.registry.client import DeletionRefused


def act(run: Run) -> None:
    """Delete the stack's images that nothing else refers to, locked against runs that would take them up again."""
    mine = [receipt for receipt in run.stack.status.receipts if receipt["kind"] == "image"]
    if not mine:
        return
    world = run.world
    with world.images_locked():
        kept = in_use(run, mine)
        for receipt in mine:
            digest = world.registry.digest(receipt["name"], receipt["tag"])
            if digest is None or digest in kept:
                continue
            try:
                world.registry.delete(receipt["name"], digest)
            except DeletionRefused:
                run.removed.append("no images: the registry does not allow deletion")
                return
            run.removed.append(f"image `{receipt['name'].partition('/')[2]}@{digest[7:19]}`")


def in_use(run: Run, mine: Sequence[Mapping[str, Any]]) -> set[str]:
    """Digests that another Stack has on record or that a workload outside of this stack runs."""
    repositories = {receipt["name"] for receipt in mine}
    others = [
        receipt
        for other in run.world.stacks.list()
        if other.name != run.stack.name
        for receipt in other.status.receipts
        if receipt["kind"] == "image" and receipt["name"] in repositories
    ]
    recorded = {run.world.registry.digest(receipt["name"], receipt["tag"]) for receipt in others}
    running: set[str] = run.world.workloads.digests_in_use(except_namespace=names.namespace(run.stack.name))
    return running | {digest for digest in recorded if digest}
