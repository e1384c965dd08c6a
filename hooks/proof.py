"""Asking servers anew what they have of ours: nothing that a record says is proof."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from hooks import together
from hooks.contract import Receipt
from hooks.plan import Key
from hooks.retry import patiently
from hooks.run import Run, module

Server = tuple[str, str]  # kind and provider

PROOF_SECONDS = 75.0  # AWS lists a queue for a minute after it is gone
FIRST_LOOK_SHARE = 0.3  # of the time that is left, for a server that does not answer when it is first asked


@dataclass(frozen=True, slots=True)
class Looked:
    """What the servers have, and which could not be asked."""

    found: list[Receipt] = field(default_factory=list)
    unasked: dict[Server, Exception] = field(default_factory=dict)


def first_look(run: Run, servers: Iterable[Server]) -> Looked:
    """What is there, also of what nobody has on record."""
    most = run.world.seconds_left * FIRST_LOOK_SHARE
    return _sorted(
        together.each(run.world, {each: partial(_ask, run, each, most) for each in servers}, run.task.parallel)
    )


def last_look(run: Run, servers: Iterable[Server], removed: set[Key]) -> Looked:
    """What is there after things were removed. Servers forget slowly: what is removed gets its time to disappear."""
    work = {each: partial(_forgotten, run, each, removed) for each in servers}
    return _sorted(together.each(run.world, work, run.task.parallel))


def _sorted(outcomes: dict[Server, list[Receipt] | Exception]) -> Looked:
    looked = Looked()
    for server, outcome in outcomes.items():
        if isinstance(outcome, Exception):
            looked.unasked[server] = outcome
        else:
            looked.found.extend(outcome)
    return looked


def _ask(run: Run, server: Server, most: float | None = None) -> list[Receipt]:
    kind, provider = server
    run.drivers.wait(kind)
    found = module(kind).find
    return patiently(run.world, lambda: found(run.world, run.scope, provider), most=most)


def _forgotten(run: Run, server: Server, removed: set[Key]) -> list[Receipt]:
    world, wait = run.world, 0.5
    end = world.clock() + min(PROOF_SECONDS, world.seconds_left)
    while True:
        found = _ask(run, server)
        if not any(each.key in removed for each in found) or world.stop.is_set() or world.clock() + wait > end:
            return found
        world.sleep(wait)
        wait = min(wait * 2, 5.0)
