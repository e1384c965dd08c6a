"""Proof of absence: every system is asked anew, by mark; the receipts are not believed."""

from model import names
from workers.faults import OurFault
from workers.pipeline.run import Run


def act(run: Run) -> None:
    """OurFault with what is left."""
    releases = [
        (receipt["name"], receipt["namespace"]) for receipt in run.stack.status.receipts if receipt["kind"] == "release"
    ]
    left = run.world.proof.left(run.stack.name, names.namespace(run.stack.name), releases)
    if left:
        raise OurFault("still there: " + ", ".join(left))
