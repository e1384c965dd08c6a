"""Images belong to their content, not to a stack: one goes only when no Stack and no workload refers to it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from model import names
from workers.pipeline.run import Run
from workers.registry.client import DeletionRefused

KIND = "image"

Receipt = Mapping[str, Any]


def act(run: Run) -> None:
    """Delete the stack's images that nothing else refers to, locked against runs that would take them up again."""
    mine = receipts(run.stack.status.receipts)
    if not mine:
        return
    with run.world.images_locked():
        try:
            deleted(run, mine, except_namespace=names.namespace(run.stack.name))
        except DeletionRefused:
            run.images_stay = True
            run.removed.append("no images: the registry does not allow deletion")


def receipts(found: Sequence[Receipt]) -> list[Receipt]:
    """Those of images."""
    return [receipt for receipt in found if receipt["kind"] == KIND]


def deleted(
    run: Run, mine: Sequence[Receipt], *, except_namespace: str = "", present: Collection[str] = ()
) -> list[Receipt]:
    """Delete the images of these receipts unless they are in use or `present` (digests); the receipts that nothing
    stands for any more. To be called under the images' lock; DeletionRefused."""
    found = {key(receipt): run.world.registry.digest(receipt["name"], receipt["tag"]) for receipt in mine}
    kept = {*present, *in_use(run, mine, except_namespace)}
    gone: list[Receipt] = []
    for receipt in mine:
        digest = found[key(receipt)]
        if digest is not None and ({digest, key(receipt)} & kept):
            continue
        gone.append(receipt)
        if digest is not None and run.world.registry.delete(receipt["name"], digest):
            run.removed.append(f"image `{receipt['name'].partition('/')[2]}@{digest[7:19]}`")
    return gone


def left(run: Run) -> list[str]:
    """Images of the stack that are in the registry although nothing refers to them. Asked first, looked for then: a run
    that takes one up meanwhile has put it on record before."""
    mine = receipts(run.stack.status.receipts)
    found = [(key(receipt), run.world.registry.digest(receipt["name"], receipt["tag"])) for receipt in mine]
    there = {(name, digest) for name, digest in found if digest is not None}
    if not there:
        return []
    kept = in_use(run, mine, names.namespace(run.stack.name))
    return sorted(f"image {name}" for name, digest in there if not {name, digest} & kept)


def key(receipt: Receipt) -> str:
    """The image's full name with its tag."""
    return f"{receipt['name']}:{receipt['tag']}"


def in_use(run: Run, mine: Sequence[Receipt], except_namespace: str) -> set[str]:
    """Digests and names of images that another Stack has on record or that a workload outside of a namespace runs."""
    repositories = {receipt["name"] for receipt in mine}
    others = [
        receipt
        for other in run.world.stacks.list()
        if other.name != run.stack.name
        for receipt in receipts(other.status.receipts)
        if receipt["name"] in repositories
    ]
    recorded = {run.world.registry.digest(receipt["name"], receipt["tag"]) for receipt in others}
    running: set[str] = run.world.workloads.images_in_use(except_namespace)
    return running | {digest for digest in recorded if digest} | {key(receipt) for receipt in others}
