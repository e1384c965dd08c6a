"""A receipt as text, for the ledger and for the worker, and back."""

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from hooks.contract import Receipt

_KNOWN = {field.name for field in fields(Receipt)}
_TEXTS = _KNOWN - {"env", "facts"}


def text(receipt: Receipt) -> str:
    """The receipt as JSON, without what is empty."""
    written = {name: getattr(receipt, name) for name in (field.name for field in fields(Receipt))}
    written |= {"env": list(receipt.env), "facts": dict(receipt.facts)}
    return json.dumps({name: value for name, value in written.items() if value}, ensure_ascii=False)


def read(written: str) -> Receipt:
    """The receipt of such a text. ValueError where it is none."""
    return of_mapping(json.loads(written))


def read_all(written: str) -> list[Receipt]:
    """The receipts of a JSON list. ValueError where it is none."""
    found = json.loads(written)
    if isinstance(found, list):
        return [of_mapping(each) for each in found]
    raise ValueError("it is no list")


def of_mapping(found: Any) -> Receipt:
    """The receipt of a mapping; keys that only a newer version knows are passed over. ValueError where it is none."""
    if not isinstance(found, Mapping) or not all(found.get(name) for name in ("kind", "name")):
        raise ValueError("a receipt has a `kind` and a `name`")
    known = {name: value for name, value in found.items() if name in _KNOWN}
    env, facts = known.pop("env", []), known.pop("facts", {})
    texts = all(isinstance(value, str) for value in known.values())
    if not texts or not isinstance(env, list) or not isinstance(facts, Mapping):
        raise ValueError(f"the receipt of `{found['name']}` is not written as receipts are")
    return Receipt(**{"service": "", **known}, env=tuple(map(str, env)), facts=dict(facts))
