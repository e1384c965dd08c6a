"""`ensure`: all is checked, then all is made, then the pods learn of it, then goes what is no longer wanted."""

from collections.abc import Sequence
from datetime import UTC, datetime

from hooks import checking, making, plan, proof, removal, results, rollout, task
from hooks.contract import Receipt
from hooks.run import Run
from hooks.vault import merged


def ensure(run: Run) -> int:
    """Make what the task says. TaskError before anything is done; Problem and Unreachable where the record of earlier
    runs cannot be read or written; what concerns single resources is in the report. Gives the exit code."""
    items = plan.items(task.specs(run.task), run.scope)
    run.load()
    if not checking.check(run, items, told=False):
        return results.code(run.report.results)
    if not items and not run.ledger.exists:
        return results.OK
    run.ledger.open()
    values = making.make_all(run, items)
    code = results.code(run.report.results)
    wanted = {item.key for item in items}
    dropped = [receipt for receipt in run.ledger.all() if receipt.key not in wanted]
    if items:  # else the pods are to do without: the chart takes the Secret from them
        # After a failure the old pods go on as they are, and so does what they use.
        _publish(run, items, values, dropped if code else [])
    if not code and not run.world.stop.is_set():
        _drop(run, dropped)
        if not items and not run.ledger.all():
            _close(run, dropped)
    return results.FAILED if run.world.stop.is_set() else code


def check(run: Run) -> int:
    """Only look whether all can be made. Raises and gives what `ensure` does."""
    items = plan.items(task.specs(run.task), run.scope)
    run.load()
    checking.check(run, items, told=True)
    return results.code(run.report.results)


def _publish(run: Run, items: Sequence[plan.Item], values: making.Values, stay: Sequence[Receipt]) -> None:
    """Write the Secret, once, and make the pods anew that use it. A note in the ledger comes first, so that a run which
    dies in between is made up for by the next one."""
    vault = run.vault
    kept = [receipt for item in items if (receipt := run.ledger.get(item.key))]
    wanted = merged(vault.values, [*stay, *kept], values)
    note = run.ledger.secret()
    changed = not vault.exists or wanted != vault.values
    if changed:
        changed_at = datetime.now(UTC).isoformat(timespec="seconds")
        note = {"hash": vault.hash_of(wanted), "changedAt": changed_at, "rolling": True}
        run.ledger.put_secret(note)
        vault.write(wanted)
    if note.get("rolling") and not run.world.stop.is_set():
        rolled = rollout.roll(run.world, run.scope.namespace, vault.name, str(note["hash"]))
        run.ledger.put_secret({key: value for key, value in note.items() if key != "rolling"})
        if rolled:
            run.report.line(event="rolled", workloads=list(rolled))


def _close(run: Run, dropped: Sequence[Receipt]) -> None:
    """The list has become empty: as after a removal, the record says so once every server was asked."""
    looked = proof.last_look(run, {(each.kind, each.provider) for each in dropped}, {each.key for each in dropped})
    if looked.found or looked.unasked:
        run.ledger.put(*looked.found)  # the next run removes it
        return
    run.vault.remove()
    run.ledger.finish(keep=run.task.keep_ledger)


def _drop(run: Run, dropped: Sequence[Receipt]) -> None:
    for result in removal.remove_all(run, dropped, most=removal.DROP_SECONDS):
        if result.bad:
            # The deploy is not held up by it: it stays on record, and the next run tries again.
            run.report.add(results.left(result))
        else:
            run.report.add(result)
