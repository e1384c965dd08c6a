"""helm goes on where a hook's Pod was deleted: the record tells that the hook was not done."""

from types import SimpleNamespace
from typing import Any

import pytest

from model.provision import Ended, Ledger
from workers.faults import Unavailable, UserFault
from workers.pipeline import provision

PLACE = "devstack-shop-1"


def run_of(resources: int, *, said: Ended | None = None, wanting: bool = False, helmfile: Any = None) -> Any:
    """As much of a run as is looked at: one service `web` under the label `l`."""
    services = {"web": SimpleNamespace(resources=[object()] * resources)}
    status = SimpleNamespace(receipts=({"kind": "release", "name": "web-l", "namespace": PLACE},))
    ledgers = SimpleNamespace(said=lambda *_: said, wanting=lambda *_: wanting)
    return SimpleNamespace(
        described=SimpleNamespace(helmfile=helmfile, services=services),
        chosen=["web"],
        namespace=PLACE,
        stack=SimpleNamespace(spec=SimpleNamespace(label="l"), status=status),
        world=SimpleNamespace(ledgers=ledgers),
    )


def ledger(*states: str) -> Ledger:
    receipts = tuple({"kind": "sqs", "name": f"q{number}", "state": each} for number, each in enumerate(states))
    return Ledger(PLACE, "web-l", "web", "l", receipts)


def test_a_record_of_all_that_is_listed_is_complete() -> None:
    provision.complete(run_of(2), [ledger("ready", "ready")])
    provision.complete(run_of(1), [ledger("ready", "failed")])  # one that the list no longer has, and that stays for now
    provision.complete(run_of(0), [])


@pytest.mark.parametrize("there", [[], [ledger("ready")], [ledger("ready", "making")], [ledger("ready", "failed")]])
def test_a_record_of_less_is_worth_another_try(there: list[Ledger]) -> None:
    with pytest.raises(Unavailable, match="`web-l`"):
        provision.complete(run_of(2), there)


def test_a_repositorys_own_helmfile_may_list_what_we_do_not_see() -> None:
    provision.complete(run_of(0, helmfile="helmfile.yaml"), [ledger("ready")])
    with pytest.raises(Unavailable):
        provision.complete(run_of(0, helmfile="helmfile.yaml"), [ledger("making")])


def test_a_failure_of_helm_is_the_hooks_only_where_a_hook_was_ended() -> None:
    fault = UserFault("Deployment failed", "helmfile could not deploy this commit.")
    assert provision.cause(run_of(1), fault) is fault
    assert provision.cause(run_of(1, said=Ended(0)), fault) is fault
    assert isinstance(provision.cause(run_of(1, said=Ended(-1)), fault), Unavailable)
    assert isinstance(provision.cause(run_of(1, wanting=True), fault), Unavailable)
    problem = {"kind": "sqs", "name": "q", "problem": "it may not be made"}
    told = provision.cause(run_of(1, said=Ended(1, (problem,))), fault)
    assert isinstance(told, UserFault)
    assert "it may not be made" in told.explanation
