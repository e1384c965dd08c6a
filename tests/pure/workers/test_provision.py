"""What workers make of a hook's last words."""

from typing import Any

from model.provision import Ended
from workers.faults import Unavailable, UserFault
from workers.pipeline.provision import told
from workers.pipeline.unprovision import still_there

QUEUE = {"kind": "sqs", "name": "orders-f", "provider": "aws"}
TOPIC = {"kind": "kafka", "name": "orders-f", "provider": "kafka"}


def receipts(*each: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    return tuple({"kind": "resource", "namespace": "ns", "release": "orders-f", "receipt": one} for one in each)


def test_every_problem_is_named_with_what_to_do() -> None:
    fault = told(
        Ended(
            1,
            (
                {**QUEUE, "problem": "it exists and is not ours", "remedy": "Rename it.", "state": "failed"},
                {**TOPIC, "problem": "the password is wrong", "remedy": "Mend it.", "log": "denied", "state": "failed"},
                {"kind": "sns", "name": "x", "problem": "waits for sqs", "state": "waiting"},
            ),
        )
    )
    assert isinstance(fault, UserFault)
    assert fault.explanation == ("- sqs `orders-f`: it exists and is not ours\n- kafka `orders-f`: the password is wrong")
    assert (fault.remedy, fault.log) == ("Rename it. Mend it.", "denied")


def test_a_server_that_does_not_answer_is_worth_another_try() -> None:
    fault = told(Ended(3, ({**TOPIC, "problem": "kafka:9092 does not answer", "state": "failed"},)))
    assert isinstance(fault, Unavailable)
    assert "kafka `orders-f`" in fault.what


def test_a_malformed_task_is_the_users_fault() -> None:
    fault = told(Ended(2, ({"problem": "resource 1: there is no kind `sqz`"},)))
    assert isinstance(fault, UserFault)
    assert "sqz" in fault.explanation


def test_a_hook_that_said_nothing_explains_nothing() -> None:
    assert told(Ended(-1)) is None


def test_only_what_is_proven_to_be_gone_is_gone() -> None:
    both = receipts(QUEUE, TOPIC)
    assert still_there(Ended(0), both) == {}
    one = still_there(Ended(1, ({**TOPIC, "problem": "the broker is away"},)), both)
    assert one == {("kafka", "kafka", "orders-f"): "the broker is away"}
    server = still_there(Ended(3, ({"kind": "sqs", "provider": "aws", "name": "*", "problem": "away"},)), both)
    assert server == {("sqs", "aws", "orders-f"): "away"}
    for silent in (Ended(-1), Ended(1), Ended(2, ({"problem": "malformed"},))):
        assert len(still_there(silent, both)) == 2
