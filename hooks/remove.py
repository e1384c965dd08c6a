"""`remove`: what is on record and what carries the mark is taken away, and every server is asked whether it is gone."""

from collections.abc import Callable, Sequence
from typing import Any

from hooks import pods, proof, removal, results
from hooks.contract import Problem, Receipt
from hooks.kube import Forbidden, NoCluster
from hooks.plan import Key
from hooks.run import Run

ROUNDS = 3  # of finding something that nobody told of and removing it

STILL_THERE = Problem("its server still has it, though it was removed", "It is removed again when this is tried again.")


def remove(run: Run, given: Sequence[Receipt] | None = None) -> int:
    """Take everything away that the release's hooks made. `given`: receipts that the caller knows; then neither the
    ledger nor the namespace need to be there. Gives the exit code; what is left is in the report."""
    lenient = given is not None
    for look in (run.ledger.load, run.vault.load, lambda: pods.clear_all(run.world, run.scope)):
        _cluster(run, look, lenient=lenient)
    run.ledger.learn(given or ())
    run.learn_values()
    servers = list(dict.fromkeys([*run.task.servers, *((each.kind, each.provider) for each in run.ledger.all())]))
    run.ledger.learn(proof.first_look(run, servers).found)  # who does not answer yet is asked again at the end
    left = _until_gone(run, servers)
    for result in left:
        run.report.add(result)
    if run.report.faults or run.world.stop.is_set():
        return results.FAILED
    if not left:
        _cluster(run, run.vault.remove, lenient=lenient)
        _cluster(run, lambda: run.ledger.finish(keep=run.task.keep_ledger), lenient=lenient)
    return results.FAILED if run.report.faults else results.code(run.report.results)


def _until_gone(run: Run, servers: Sequence[proof.Server]) -> list[results.Result]:
    """What is left, and which server could not be asked; all else is gone, and reported."""
    failed: dict[Key, results.Result] = {}
    tried: set[Key] = set()
    for _ in range(ROUNDS):
        todo = [receipt for receipt in run.ledger.all() if receipt.key not in tried]
        tried |= {receipt.key for receipt in todo}
        for result in removal.remove_all(run, todo):
            if result.bad:
                failed[result.key] = result
            else:
                run.report.add(result)
        looked = proof.last_look(run, servers, tried - failed.keys())
        if all(receipt.key in tried for receipt in looked.found) or run.world.stop.is_set():
            break
        run.ledger.learn(looked.found)
    for receipt in looked.found:
        failed.setdefault(receipt.key, results.failure(receipt.key, STILL_THERE))
    for (kind, provider), error in looked.unasked.items():
        run.report.unforeseen(error)
        if not any((result.kind, result.provider) == (kind, provider) for result in failed.values()):
            failed[(kind, provider, "*")] = results.failure((kind, provider, "*"), error)
    return list(failed.values())


def _cluster(run: Run, act: Callable[[], Any], *, lenient: bool) -> None:
    """Something in the release's namespace. The worker's Pod has little business there: what it may not do, it leaves."""
    try:
        act()
    except (NoCluster, Forbidden) as problem:
        if lenient:
            run.report.line(event="left alone", problem=problem.sentence)
        else:
            run.report.fault(problem.sentence, problem.remedy)
    except Problem as problem:
        run.report.fault(problem.sentence, problem.remedy)
