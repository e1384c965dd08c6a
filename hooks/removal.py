"""Resources are taken away: who uses another before it, each out of the record only once it is gone."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from hooks import plan, together
from hooks.contract import Receipt
from hooks.results import ABSENT, REMOVED, Result, failure
from hooks.retry import patiently
from hooks.run import Run, module

DROP_SECONDS = 20.0  # of patience with the server of something that the spec no longer has


def remove_all(run: Run, receipts: Iterable[Receipt], *, most: float | None = None) -> Iterator[Result]:
    """How it went with each. A failure stops none of the others. `most`: seconds of patience, instead of all there are."""
    for group in plan.removal(receipts):
        run.ledger.put(*(replace(receipt, state="removing") for receipt in group))
        work = {receipt.key: partial(_one, run, receipt, most) for receipt in group}
        known = {receipt.key: receipt for receipt in group}
        for key, outcome in together.each(run.world, work, run.task.parallel).items():
            if not isinstance(outcome, Exception):
                yield outcome
                continue
            result = failure(key, outcome)
            mask = run.world.masker.mask
            failed = replace(known[key], state="failed", problem=mask(result.problem), remedy=mask(result.remedy))
            run.ledger.put(failed)
            run.report.unforeseen(outcome)
            yield result


def _one(run: Run, receipt: Receipt, most: float | None) -> Result:
    began = time.monotonic()
    kind = module(receipt.kind)
    there = patiently(run.world, lambda: kind.remove(run.world, receipt, run.scope), most=most)
    run.ledger.drop(receipt)
    seconds = round(time.monotonic() - began, 2)
    return Result(receipt.kind, receipt.name, REMOVED if there else ABSENT, receipt.provider, seconds=seconds)
