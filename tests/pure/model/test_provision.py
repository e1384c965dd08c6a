"""What is known of resources after a look at the hooks' ledgers."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hooks import ledger as of_hooks
from model import provision
from model.provision import Ledger, merged, stack_receipts
from workers.cluster import ledgers


def receipt(name: str, **more: Any) -> dict[str, Any]:
    return {"kind": "sqs", "name": name, "service": "orders", "state": "ready", **more}


def ledger(*names: str, release: str = "orders-f", namespace: str = "ns") -> Ledger:
    return Ledger(namespace, release, "orders", "f", tuple(map(receipt, names)))


def test_a_ledger_replaces_what_was_known_of_its_release_and_nothing_else() -> None:
    image = {"kind": "image", "name": "x", "tag": "t"}
    known = (image, *stack_receipts(ledger("a", "b")), *stack_receipts(ledger("c", release="web-f")))
    after = merged(known, [ledger("b", "d")])
    assert image in after
    assert sorted(each["name"] for each in after if each["kind"] == provision.RECEIPT) == ["b", "c", "d"]


def test_a_ledger_that_is_not_there_proves_nothing() -> None:
    known = tuple(stack_receipts(ledger("a")))
    assert merged(known, []) == known


@given(st.lists(st.sampled_from("abcdef"), unique=True), st.lists(st.sampled_from("abcdef"), unique=True))
def test_looking_twice_changes_nothing_more(before: list[str], now: list[str]) -> None:
    once = merged(tuple(stack_receipts(ledger(*before))), [ledger(*now)])
    assert merged(once, [ledger(*now)]) == once


def test_a_resource_is_called_as_people_say_it() -> None:
    assert provision.called(receipt("orders-feature1")) == "sqs `orders-feature1`"


def test_hooks_and_workers_write_the_same_marks() -> None:
    assert (of_hooks.NOTE_REMOVED, of_hooks.NOTE_ABSENT, of_hooks.NOTE_SCOPE) == (
        ledgers.NOTE_REMOVED,
        ledgers.NOTE_ABSENT,
        ledgers.NOTE_SCOPE,
    )
    assert of_hooks.SECRET_ENTRY == ledgers.SECRET_ENTRY
    assert (of_hooks.NOTE_REMOVED, of_hooks.LABEL_LEDGER) == ("devstack.dev/removed", "devstack.dev/ledger")
