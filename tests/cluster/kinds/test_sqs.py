"""Queues on a real server."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from hooks import table
from hooks.contract import Unreachable
from tests.cluster.kinds import aws
from tests.cluster.kinds.aws import Answer, Place

pytestmark = [pytest.mark.cluster, pytest.mark.backends("localstack")]

ENVS = {"env": "QUEUE_URL", "arnEnv": "QUEUE_ARN"}
DLQ = {"maxReceives": 3, "env": "DLQ_URL"}


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    with aws.place("sqs", request) as made:
        yield made


def attributes(place: Place, url: str) -> dict[str, str]:
    found: dict[str, str] = place.client().get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return found


def urls(place: Place) -> list[str]:
    found: list[str] = place.client().list_queues(QueueNamePrefix="orders").get("QueueUrls", [])
    return [url for url in found if place.id in url]


def stranger(place: Place, name: str, tags: dict[str, str], **attributes: str) -> str:
    """A queue that somebody else has made, with a message in it."""
    sqs = place.client()
    url: str = sqs.create_queue(QueueName=name, tags=tags, Attributes=attributes)["QueueUrl"]
    place.later(lambda: sqs.delete_queue(QueueUrl=url))
    sqs.send_message(QueueUrl=url, MessageBody="theirs", **({"MessageGroupId": "a"} if name.endswith(".fifo") else {}))
    return url


def test_a_queue_takes_messages_and_tells_the_service_where_it_is(place: Place) -> None:
    made = place.ensure(name="orders", **ENVS)
    url = made.values["QUEUE_URL"]
    assert url.endswith(f"/orders-f{place.id}x")
    assert made.id == made.values["QUEUE_ARN"] == attributes(place, url)["QueueArn"]
    assert place.client().list_queue_tags(QueueUrl=url)["Tags"] == {
        "devstack.dev/stack": place.scope.stack,
        "devstack.dev/service": "orders",
        "devstack.dev/label": place.scope.label,
    }
    place.client().send_message(QueueUrl=url, MessageBody="hello")
    assert place.client().receive_message(QueueUrl=url)["Messages"][0]["Body"] == "hello"


def test_a_second_ensure_changes_nothing_and_keeps_the_messages(place: Place) -> None:
    first = place.ensure(name="orders", dlq=DLQ, **ENVS)
    place.client().send_message(QueueUrl=first.values["QUEUE_URL"], MessageBody="hello")
    before = attributes(place, first.values["QUEUE_URL"])
    assert place.ensure(name="orders", dlq=DLQ, **ENVS) == first
    assert len(urls(place)) == 2
    assert attributes(place, first.values["QUEUE_URL"]) == before
    assert place.client().receive_message(QueueUrl=first.values["QUEUE_URL"])["Messages"][0]["Body"] == "hello"


def test_changed_attributes_are_altered_and_dropped_ones_go_back(place: Place) -> None:
    written = {"visibilityTimeout": 60, "delay": 1, "retention": 120, "maxMessageSize": 2048, "receiveWait": 5}
    url = place.ensure(name="orders", attributes=written, env="Q").values["Q"]
    assert attributes(place, url).items() >= {
        "VisibilityTimeout": "60", "DelaySeconds": "1", "MessageRetentionPeriod": "120", "MaximumMessageSize": "2048",
        "ReceiveMessageWaitTimeSeconds": "5",
    }.items()  # fmt: skip
    assert place.ensure(name="orders", attributes={"visibilityTimeout": 90}, env="Q").values["Q"] == url
    assert attributes(place, url).items() >= {
        "VisibilityTimeout": "90", "DelaySeconds": "0", "MessageRetentionPeriod": "345600",
        "MaximumMessageSize": "1048576", "ReceiveMessageWaitTimeSeconds": "0",
    }.items()  # fmt: skip


def test_messages_that_fail_go_to_a_second_queue_which_comes_and_goes_with_the_spec(place: Place) -> None:
    made = place.ensure(name="orders", dlq=DLQ, **ENVS)
    url, dlq = made.values["QUEUE_URL"], made.values["DLQ_URL"]
    assert dlq == f"{url}-dlq"
    redrive = json.loads(attributes(place, url)["RedrivePolicy"])
    assert redrive == {"deadLetterTargetArn": attributes(place, dlq)["QueueArn"], "maxReceiveCount": 3}
    sqs = place.client()
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    for _ in range(3):
        assert sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)["Messages"]
    assert not sqs.receive_message(QueueUrl=url).get("Messages")
    assert sqs.receive_message(QueueUrl=dlq)["Messages"][0]["Body"] == "poison"

    place.ensure(name="orders", dlq={"maxReceives": 5}, **ENVS)
    assert int(json.loads(attributes(place, url)["RedrivePolicy"])["maxReceiveCount"]) == 5
    place.ensure(name="orders", **ENVS)
    assert not attributes(place, url).get("RedrivePolicy")
    assert urls(place) == [url]


def test_a_fifo_queue_with_its_dlq(place: Place) -> None:
    made = place.ensure(name="orders", fifo=True, dlq=DLQ, attributes={"contentBasedDeduplication": True}, **ENVS)
    url = made.values["QUEUE_URL"]
    assert url.endswith(f"/orders-f{place.id}x.fifo")
    assert made.values["DLQ_URL"].endswith(f"/orders-f{place.id}x-dlq.fifo")
    assert attributes(place, url).items() >= {"FifoQueue": "true", "ContentBasedDeduplication": "true"}.items()
    place.ensure(name="orders", fifo=True, dlq=DLQ, **ENVS)
    assert attributes(place, url)["ContentBasedDeduplication"] == "false"
    assert place.remove(name="orders", fifo=True)
    assert urls(place) == []


def test_a_queue_that_becomes_fifo_is_a_new_one_and_that_is_said(place: Place) -> None:
    place.ensure(name="orders")
    made = place.ensure(name="orders", fifo=True)
    assert made.warning == (
        f"the queue `orders-f{place.id}x.fifo` was made anew, since `fifo` changed: "
        f"messages of `orders-f{place.id}x` are not in it"
    )
    assert place.ensure(name="orders", fifo=True).warning == ""
    assert len(place.find()) == 2  # the runner drops what the list has no more


@pytest.mark.parametrize("which", ["", "-dlq"])
def test_what_was_deleted_by_hand_is_made_again(place: Place, which: str) -> None:
    first = place.ensure(name="orders", dlq=DLQ, **ENVS)
    place.client().delete_queue(QueueUrl=first.values["QUEUE_URL"] + which)
    assert place.ensure(name="orders", dlq=DLQ, **ENVS) == first
    assert len(urls(place)) == 2


def test_removed_is_gone_and_removing_again_is_no_fault(place: Place) -> None:
    place.ensure(name="orders", dlq=DLQ)
    assert [each.name for each in place.find()] == [f"orders-f{place.id}x"]
    assert place.remove(name="orders")
    assert urls(place) == []
    assert place.find() == []
    assert not place.remove(name="orders")


def test_a_queue_for_failed_messages_that_was_left_alone_is_found_and_removed(place: Place) -> None:
    made = place.ensure(name="orders", dlq=DLQ, **ENVS)
    place.client().delete_queue(QueueUrl=made.values["QUEUE_URL"])
    assert [each.name for each in place.find()] == [f"orders-f{place.id}x"]
    assert place.remove(name="orders")
    assert place.find() == []
    assert urls(place) == []


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({}, "exists already and devstack did not make it"),
        ({"team": "shop"}, "exists already and devstack did not make it"),
        ({"devstack.dev/stack": "acme-shop-9", "devstack.dev/service": "web", "devstack.dev/label": "nine"},
         "belongs to the service `web` of the stack `acme-shop-9` (label `nine`)"),
    ],
)  # fmt: skip
def test_a_queue_of_somebody_else_is_left_alone_and_named(place: Place, tags: dict[str, str], words: str) -> None:
    name = f"orders-f{place.id}x"
    url = stranger(place, name, tags)
    before = attributes(place, url)
    assert place.foreign(name="orders", attributes={"delay": 3}).sentence == f"the queue `{name}` {words}"
    assert attributes(place, url) == before
    assert place.client().list_queue_tags(QueueUrl=url).get("Tags", {}) == tags
    assert place.client().receive_message(QueueUrl=url)["Messages"][0]["Body"] == "theirs"


def test_a_queue_of_another_service_of_this_stack_is_left_alone(place: Place) -> None:
    other = place.of("web")
    place.module.ensure(place.world, place.spec(name="orders"), other, None)
    assert place.foreign(name="orders").sentence.endswith("belongs to the service `web` of this stack")
    assert [each.service for each in place.find(other)] == ["web"]
    assert place.module.remove(place.world, place.receipt(name="orders"), other)


def test_a_foreign_dlq_is_left_alone(place: Place) -> None:
    url = stranger(place, f"orders-f{place.id}x-dlq", {})
    place.foreign(name="orders", dlq=DLQ)
    place.ensure(name="orders")
    assert place.remove(name="orders")
    assert urls(place) == [url]


def test_queues_of_the_base_and_of_other_features_are_safe(place: Place) -> None:
    base = stranger(place, f"orders-base-{place.id}", {})
    longer = place.of("orders", label=f"f{place.id}x-2", stack=f"acme-shop-{place.id}-2")
    place.module.ensure(place.world, place.spec(name="orders"), longer, None)
    moved = place.of("orders", label=f"new{place.id}")  # the same stack, under the label that it has by now
    place.module.ensure(place.world, place.spec(name="orders"), moved, None)
    place.ensure(name="orders", dlq=DLQ)
    assert [each.name for each in place.find()] == [f"orders-f{place.id}x"]
    assert place.remove(name="orders")
    assert place.find() == []
    assert base in urls(place)
    for scope in (longer, moved):
        [left] = place.find(scope)
        assert place.module.remove(place.world, left, scope)


def test_a_queue_whose_name_was_shortened_is_found_by_its_mark(place: Place) -> None:
    long = "orders-" + "x" * 60
    name = place.name(name=long)
    assert len(name) <= 71
    assert place.ensure(name=long, dlq=DLQ, fifo=True, env="Q").values["Q"].endswith(".fifo")
    assert [each.name for each in place.find()] == [f"{name}.fifo"]
    assert place.remove(name=long, fifo=True)


def test_all_queues_are_looked_at_page_by_page(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table.module("sqs"), "PAGE", 2)
    for number in range(5):
        place.ensure(name=f"orders{number}")
    assert len(place.find()) == 5


def test_two_runs_side_by_side_make_one_queue(place: Place) -> None:
    made = [place.module.ensure(place.fresh(), place.spec(name="orders", **ENVS), place.scope, None) for _ in range(2)]
    assert made[0] == made[1]


def test_a_server_that_is_down() -> None:
    aws.down("sqs", name="orders", dlq=DLQ)


def test_wrong_credentials() -> None:
    aws.wrong_credentials("sqs", name="orders")


def test_too_few_rights() -> None:
    aws.denied("sqs", name="orders")


def test_throttled() -> None:
    aws.throttled("sqs", name="orders")


@pytest.mark.parametrize("code", ["AWS.SimpleQueueService.QueueDeletedRecently", "QueueDeletedRecently"])
def test_a_name_that_was_freed_a_moment_ago_is_worth_another_try(code: str) -> None:
    answer = Answer(400, code, "You must wait 60 seconds after deleting a queue before you can create another.")
    with aws.answering("sqs", answer) as env:
        assert "QueueDeletedRecently" in aws.said("sqs", env, Unreachable, name="orders")


def test_refused_for_another_reason_is_told_in_the_servers_own_words() -> None:
    answer = Answer(400, "InvalidAttributeValue", f"the key {aws.SECRET} is wrong")
    with aws.answering("sqs", answer) as env:
        words: Any = aws.said("sqs", env, Exception, name="orders")
    assert "refused sqs:GetQueueUrl: the key *** is wrong" in words
