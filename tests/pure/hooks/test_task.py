"""The chart's task: what is read, and the sentences about what cannot be."""

import json
from typing import Any

import pytest

from hooks import receipts, task
from hooks.contract import Receipt
from model import names

GOOD = {
    "stack": "acme-shop-7",
    "label": "feature1",
    "service": "orders",
    "release": "orders-feature1",
    "namespace": "shop",
}
SECRET = {"kind": "secret", "set": {"MODE": "preview"}}


def parsed(*resources: Any, **more: Any) -> task.Task:
    return task.parse({task.VARIABLE: json.dumps({**GOOD, "resources": list(resources), **more})})


def sentences(*resources: Any, **more: Any) -> tuple[str, ...]:
    with pytest.raises(task.TaskError) as caught:
        task.specs(parsed(*resources, **more))
    return caught.value.sentences


def test_a_whole_task_is_read() -> None:
    found = parsed(
        SECRET, image="x", imagePullSecrets=["pull"], deadlineSeconds=100, parallel=2, keepLedger=True, hook="pod"
    )
    assert (found.image_pull_secrets, found.deadline_seconds, found.keep_ledger) == (("pull",), 100, True)
    assert found.scope.marks == {
        "devstack.dev/stack": "acme-shop-7",
        "devstack.dev/service": "orders",
        "devstack.dev/label": "feature1",
    }
    [spec] = task.specs(found)
    assert spec.kind == "secret"  # type: ignore[attr-defined]
    assert found.servers == (("secret", ""),)


def test_it_has_defaults() -> None:
    found = parsed()
    assert (found.deadline_seconds, found.parallel, found.keep_ledger, found.resources) == (240, 4, False, ())


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"stack": ""}, "`stack`: String should have at least 1 character"),
        ({"parallel": 0}, "`parallel`: Input should be greater than or equal to 1"),
        ({"colour": "red"}, "there is no key `colour`"),
        ({"resources": {}}, "`resources`: Input should be a valid array"),
    ],
)
def test_what_is_wrong_is_said(given: dict[str, Any], sentence: str) -> None:
    assert sentences(**given) == (f"DEVSTACK_TASK: {sentence}",)


def test_a_missing_key_no_json_and_no_task_are_said() -> None:
    for text, sentence in (("{}", "`stack` is missing"), ("{", "Invalid JSON"), ("", "DEVSTACK_TASK is not set")):
        with pytest.raises(task.TaskError, match=sentence):
            task.parse({task.VARIABLE: text})


def test_all_that_is_wrong_with_resources_is_said_at_once() -> None:
    found = sentences(
        {"kind": "sqz"}, {"name": "x"}, {**SECRET, "colour": "red"}, {"kind": "secret", "set": {"A B": "x"}}, SECRET
    )
    assert found[0].startswith("resource 1: there is no kind `sqz`; the kinds are sqs, sns, s3,")
    assert found[1] == "resource 2: it has no `kind`"
    assert found[2] == "resource 3 (secret): there is no key `colour`"
    assert found[3].startswith("resource 4 (secret): `set.A B")
    assert len(found) == 4


def test_a_value_that_is_wrong_is_not_repeated() -> None:
    assert "hunter2" not in " ".join(sentences({"kind": "secret", "from": "hunter2-is-the-password", "set": {"A": "b"}}))


def test_resources_that_are_wrong_together_are_said() -> None:
    found = sentences(SECRET, {"kind": "configmap", "set": {"MODE": "x"}}, {**SECRET, "set": {"OTHER": "y"}})
    assert [sentence.partition(". ")[0] for sentence in found] == [
        "the variable `MODE` is given by secret `values` and by configmap `values`",
        "secret `values` is in the list twice (resources 1 and 3)",
    ]
    assert found[1].endswith(". Keep one of them, or give them names of their own.")


def test_servers_are_known_also_of_specs_that_cannot_be_read_any_more() -> None:
    found = parsed({"kind": "secret", "was": "once"}, {"kind": "gone"}, {"kind": "http", "provider": "crm"})
    assert found.servers == (("secret", ""), ("http", "crm"))


def test_a_receipt_is_the_same_after_it_was_written_and_read() -> None:
    receipt = Receipt(
        "sqs", "orders-feature1", "orders", "aws", "ready", "arn:x", ("URL",), {"dlq": "y"}, "h", "p", "r", "w"
    )
    assert receipts.read(receipts.text(receipt)) == receipt
    bare = Receipt("sqs", "orders-feature1", "orders")
    assert receipts.read(receipts.text(bare)) == bare
    newer = {**json.loads(receipts.text(receipt)), "colour": "red"}
    assert receipts.read(json.dumps(newer)) == receipt


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"kind":"sqs"}', '{"kind":"sqs","name":"x","env":"URL"}', '{"kind":1,"name":"x"}']
)
def test_what_is_no_receipt_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        receipts.read(text)


def test_keys_of_the_ledger_tell_all_resources_apart() -> None:
    seen = {
        names.ledger_key(*key)
        for key in (("sqs", "", "a/b"), ("sqs", "", "a-b"), ("sqs", "x", "a-b"), ("sns", "", "a-b"))
    }
    assert len(seen) == 4
    assert names.ledger_key("s3", "aws", "x" * 300).startswith("s3.xxx")
    assert len(names.ledger_key("s3", "aws", "x" * 300)) < 120
    assert names.errand("orders-feature1", "job-seed") == "orders-feature1-run-job-seed"
