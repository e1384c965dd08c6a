"""Before the first resource is made, all are looked at: is the server there, may we, is the name free or ours?"""

import time
from collections.abc import Sequence
from functools import partial

from hooks import together
from hooks.plan import Item
from hooks.results import CHECKED, Result, failure
from hooks.retry import patiently
from hooks.run import Run


def check(run: Run, items: Sequence[Item], *, told: bool) -> bool:
    """Whether all can be made. Every problem goes to the report; what is well only where `told`."""
    outcomes = together.each(run.world, {item: partial(_one, run, item) for item in items}, run.task.parallel)
    well = True
    for item, outcome in outcomes.items():
        if isinstance(outcome, Exception):
            well = False
            run.report.add(failure(item.key, outcome))
            run.report.unforeseen(outcome)
        elif told:
            run.report.add(Result(item.kind, item.name, CHECKED, item.provider, seconds=outcome))
    return well


def _one(run: Run, item: Item) -> float:
    began = time.monotonic()
    before = run.ledger.get(item.key)
    run.drivers.wait(item.kind)
    patiently(run.world, lambda: item.module.check(run.world, item.spec, run.scope, before))
    return round(time.monotonic() - began, 2)
