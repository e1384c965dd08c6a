"""What hooks, charts and workers write to each other about resources: marks, and how a record of them looks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SECRET_ENTRY = "secret.json"  # noqa: S105  # key of a ledger's note about the Secret
RECEIPT = "resource"  # kind of a Stack's receipt that holds a resource's


@dataclass(frozen=True, slots=True)
class Ledger:
    """A release's record of its resources, as the hooks keep it. `receipts` are plain, as in `hooks.contract`."""

    namespace: str
    release: str
    service: str
    label: str
    receipts: tuple[Mapping[str, Any], ...] = ()
    changed_at: str = ""  # when a value in the Secret last changed, ISO 8601; empty where there is no Secret
    gone: bool = False  # removed, and proven absent


@dataclass(frozen=True, slots=True)
class Ended:
    """What a hook's Pod said at its end."""

    code: int  # 0 well, 1 a problem, 2 a malformed task, 3 a server that does not answer; -1: it said nothing
    problems: tuple[Mapping[str, Any], ...] = ()


def stack_receipts(ledger: Ledger) -> list[dict[str, Any]]:
    """A ledger's receipts as the Stack keeps them."""
    return [
        {
            "kind": RECEIPT,
            "name": str(each["name"]),
            "namespace": ledger.namespace,
            "release": ledger.release,
            "label": ledger.label,
            "receipt": dict(each),
        }
        for each in ledger.receipts
    ]


def merged(known: tuple[dict[str, Any], ...], ledgers: list[Ledger]) -> tuple[dict[str, Any], ...]:
    """The Stack's receipts after a look at the ledgers: what a ledger tells of its release replaces what was known of it.

    Where a release has no ledger any more, what was known stays: only a ledger that says so proves that things are gone.
    """
    told = {(ledger.namespace, ledger.release) for ledger in ledgers}
    kept = [each for each in known if each["kind"] != RECEIPT or (each["namespace"], each.get("release")) not in told]
    return (*kept, *(receipt for ledger in ledgers for receipt in stack_receipts(ledger)))


def called(receipt: Mapping[str, Any]) -> str:
    """A resource as people say it: kind and name."""
    return f"{receipt['kind']} `{receipt['name']}`"
