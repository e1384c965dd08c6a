"""Which releases of the ready-made chart are deployed with these very values, so that helm need not be called for them."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from model import names
from model.stack import Status
from workers.pipeline import chart, values
from workers.pipeline.run import Run

KIND = "applied"  # a receipt of this kind has the hash of what a release was last deployed with


def planned(run: Run) -> dict[str, str]:
    """Each release of the ready-made chart with the hash of all that makes it; none for a helmfile of the repository,
    since nobody but helmfile knows what makes its releases."""
    if run.described.helmfile is not None:
        return {}
    files = values.chart_files(run)
    services = run.described.services
    return {
        names.release(name, run.stack.spec.label): digest(
            [
                files,
                chart.chart_values(run, name, services[name]),
                run.stack.spec.attempt if services[name].resources else 0,
            ]
        )
        for name in run.chosen
    }


def digest(facts: Any) -> str:
    """A hash of plain values."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def unchanged(run: Run, hashes: Mapping[str, str], deployed: Collection[str]) -> set[str]:
    """Releases that helm calls deployed and that were deployed with these hashes."""
    last = {
        receipt["name"]: receipt["hash"]
        for receipt in run.stack.status.receipts
        if receipt["kind"] == KIND and receipt["namespace"] == run.namespace
    }
    return {name for name, wanted in hashes.items() if name in deployed and last.get(name) == wanted}


def without(status: Status, changing: Collection[str]) -> Status:
    """The status before these releases are changed: until that is done, nothing is known of them."""
    kept = (each for each in status.receipts if each["kind"] != KIND or each["name"] not in changing)
    return replace(status, receipts=tuple(kept))


def remember(run: Run, hashes: Mapping[str, str]) -> None:
    """Write down what the releases were deployed with, now that they are."""
    if not hashes:
        return
    made = [{"kind": KIND, "name": name, "namespace": run.namespace, "hash": each} for name, each in hashes.items()]

    def change(status: Status) -> Status:
        known = without(status, hashes)
        return replace(known, receipts=(*known.receipts, *made))

    run.record(change)
