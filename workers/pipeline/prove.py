"""Proof of absence: every system is asked anew, by mark; the receipts only say where to look."""

from model import names
from workers.faults import Remaining
from workers.pipeline import collect, uninstall
from workers.pipeline.run import Run


def act(run: Run) -> None:
    """`Remaining` with what is left."""
    own = names.namespace(run.stack.name)
    left = run.world.proof.left(run.stack.name, own, uninstall.places(run), uninstall.recorded(run))
    if not run.images_stay:
        left += collect.left(run)
    if left:
        raise Remaining(left)
