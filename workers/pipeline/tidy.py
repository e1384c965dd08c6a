"""What earlier runs left goes, now that the new is proven: releases that the stack no longer has, images of old content."""

import time
from collections.abc import Sequence
from dataclasses import replace

import structlog

from model.stack import Status
from workers.faults import Unavailable
from workers.pipeline import aliases, collect, letting_go, provision, unprovision
from workers.pipeline.run import Run
from workers.registry.client import DeletionRefused

log = structlog.get_logger(__name__)


def act(run: Run) -> None:
    """Old releases and what their hooks removed are waited for; old images are only tidiness: no registry, no fault."""
    drop_releases(run)
    try:
        drop_images(run)
    except (DeletionRefused, Unavailable) as fault:
        log.info("old images stay for now", why=str(fault))


def drop_releases(run: Run) -> None:
    """Uninstall the releases that are on record as stale (a service left the change, the label moved)."""
    stale = [receipt for receipt in run.stack.status.receipts if receipt["kind"] == "release" and receipt.get("stale")]
    if stale:
        time.sleep(letting_go.SETTLE_SECONDS)  # verification saw a configuration that may be one older than the last
    for receipt in stale:
        run.world.helm.uninstall(receipt["name"], receipt["namespace"], run.world.settings.teardown_timeout, run.held)
    if stale and provision.concerned(run):
        unprovision.hooks_did(run)
    forget(run, stale)
    if stale and run.following is not None:
        aliases.settle(run, run.following)


def drop_images(run: Run) -> None:
    """Delete the images on record that are not those of the present deployment, as far as nothing else refers to them."""
    present = {f"{image['repository']}:{image['tag']}" for image in run.values["images"].values()}
    old = [receipt for receipt in collect.receipts(run.stack.status.receipts) if collect.key(receipt) not in present]
    if not old:
        return
    with run.world.images_locked():
        gone = collect.deleted(run, old, present={service.digest for service in run.services.values()})
        forget(run, gone)


def forget(run: Run, gone: Sequence[collect.Receipt]) -> None:
    """Take receipts off the record."""
    if not gone:
        return

    def change(status: Status) -> Status:
        return replace(status, receipts=tuple(each for each in status.receipts if each not in gone))

    run.record(change)
