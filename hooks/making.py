"""Resources are made: level by level, those of a level side by side, each on record before it is begun."""

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from hooks import together
from hooks.contract import Foreign, Made, Problem, Receipt
from hooks.plan import Item, Key, levels, needed
from hooks.results import READY, WAITING, Result, Stopped, failure
from hooks.retry import patiently
from hooks.run import Run

Values = dict[Key, dict[str, str]]


def make_all(run: Run, items: Sequence[Item]) -> Values:
    """The values of each that was made; the report has the rest. A failure stops only what needs it."""
    values: Values = {}
    bad: dict[Key, Item] = {}
    for level in levels(items):
        begun = []
        for item in level:
            culprit = next((each for each in needed(item, items) if each.key in bad), None)
            if culprit:
                bad[item.key] = item
                why = f"waits for {culprit.kind} `{culprit.name}`, which failed"
                run.report.add(Result(item.kind, item.name, WAITING, item.provider, why))
            else:
                begun.append(item)
        for item, made in _level(run, begun, items).items():
            if made is None:
                bad[item.key] = item
            else:
                values[item.key] = made
    return values


def _level(run: Run, level: Sequence[Item], items: Sequence[Item]) -> dict[Item, dict[str, str] | None]:
    """None for what failed."""
    if run.world.stop.is_set():
        for item in level:
            run.report.add(failure(item.key, Stopped("it was not begun, for the run was told to stop")))
        return dict.fromkeys(level)
    before = {item: run.ledger.get(item.key) for item in level}
    receipts = {item: _making(run, item, before[item]) for item in level}
    run.ledger.put(*receipts.values())
    taken = {variable: item for item in items for variable in item.env}
    work = {item: partial(_one, run, item, before[item], receipts[item], taken) for item in level}
    done: dict[Item, dict[str, str] | None] = {}
    for item, outcome in together.each(run.world, work, run.task.parallel).items():
        if isinstance(outcome, Exception):  # it was given up, or not begun: the record stays as it was written
            run.report.add(failure(item.key, outcome))
            run.report.unforeseen(outcome)
        done[item] = None if isinstance(outcome, Exception) else outcome
    return done


def _making(run: Run, item: Item, before: Receipt | None) -> Receipt:
    """The record of what is about to be made. What is known from before stays known: a removal may need it."""
    facts = getattr(item.module, "facts", None)
    known = dict(facts(item.spec, run.scope)) if facts else {}
    if before is not None:
        return replace(before, state="making", facts={**known, **before.facts}, problem="", remedy="", warning="")
    return Receipt(item.kind, item.name, run.scope.service, item.provider, facts=known)


def _one(run: Run, item: Item, before: Receipt | None, making: Receipt, taken: dict[str, Item]) -> dict[str, str] | None:
    """Its values; None where it failed, which is on record and reported then."""
    began = time.monotonic()
    tries = iter([before])

    def ensure() -> Made:
        # From the second try on, what stands there half made is ours, as it is for a run after one that died.
        return item.module.ensure(run.world, item.spec, run.scope, next(tries, making))

    try:
        made = patiently(run.world, ensure)
        _undisputed(item, made, taken)
    except Exception as error:  # noqa: BLE001  (whatever it is: the others go on, and it is told and on record)
        result = failure(item.key, error, time.monotonic() - began)
        _record(run, making, before, error, result)
        run.report.add(result)
        run.report.unforeseen(error)
        return None
    values = dict(made.values)
    run.world.keep(values, f"{item.name} {made.id} {dict(made.facts)} {run.task.resources}")
    warning = run.world.masker.mask(made.warning)
    run.ledger.put(
        replace(
            making, state="ready", id=made.id, env=tuple(values) or item.env, facts=dict(made.facts),
            spec_hash=item.spec.hash, warning=warning,
        )
    )  # fmt: skip
    seconds = round(time.monotonic() - began, 2)
    run.report.add(Result(item.kind, item.name, READY, item.provider, warning=warning, seconds=seconds))
    return values


def _undisputed(item: Item, made: Made, taken: dict[str, Item]) -> None:
    """A kind may know its variables only when it has them, such as a whole Secret's keys."""
    for variable in made.values:
        other = taken.setdefault(variable, item)
        if other.key != item.key:
            raise Problem(
                f"it gives the variable `{variable}`, which {other.kind} `{other.written}` gives too",
                "Give one of them another name.",
            )


def _record(run: Run, making: Receipt, before: Receipt | None, error: Exception, result: Result) -> None:
    """A stranger's thing must not be on record: the next run would take it for ours."""
    if isinstance(error, Foreign) and before is None:
        run.ledger.drop(making)
    else:
        mask = run.world.masker.mask
        run.ledger.put(replace(making, state="failed", problem=mask(result.problem), remedy=mask(result.remedy)))
