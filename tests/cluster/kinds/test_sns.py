"""Topics on a real server, and what they bring to queues."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from hooks import table
from hooks.contract import Foreign, Problem, Receipt, Scope
from tests.cluster.kinds import aws
from tests.cluster.kinds.aws import Place

pytestmark = [pytest.mark.cluster, pytest.mark.backends("localstack")]

CREATED = {"sqs": "orders", "filter": {"type": ["created"]}}


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    with aws.place("sns", request) as made:
        yield made


@pytest.fixture
def orders(place: Place) -> str:
    """URL of the feature's queue."""
    return queue(place, "orders")


def queue(place: Place, name: str, scope: Scope | None = None, **fields: Any) -> str:
    """URL of a queue of the feature."""
    sqs, scope = table.module("sqs"), scope or place.scope
    spec = sqs.Spec.model_validate_json(json.dumps({"kind": "sqs", "name": name, "env": "URL", **fields}))
    made = sqs.ensure(place.world, spec, scope, None)
    receipt = Receipt("sqs", sqs.name(spec, scope), scope.service, "aws")
    place.later(lambda: sqs.remove(place.world, receipt, scope))
    return made.values["URL"]


def publish(place: Place, topic: str, body: object, kind: str = "created", **more: str) -> None:
    place.client().publish(
        TopicArn=topic, Message=json.dumps(body),
        MessageAttributes={"type": {"DataType": "String", "StringValue": kind}}, **more,
    )  # fmt: skip


def received(place: Place, url: str, *, wait: int = 2) -> list[Any]:
    """What has arrived in a queue, as JSON; taken out of it."""
    sqs, found = place.client("sqs"), []
    while messages := sqs.receive_message(QueueUrl=url, WaitTimeSeconds=wait, MaxNumberOfMessages=10).get("Messages"):
        for each in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
            found.append(json.loads(each["Body"]))
        wait = 0
    return found


def policy(place: Place, url: str) -> list[dict[str, Any]]:
    text = place.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {})
    found: list[dict[str, Any]] = json.loads(text.get("Policy") or "{}").get("Statement", [])
    return found


def subscriptions(place: Place, topic: str) -> list[Mapping[str, str]]:
    found: list[Mapping[str, str]] = place.client().list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    return found


def stranger(place: Place, name: str, tags: list[dict[str, str]]) -> str:
    sns = place.client()
    arn: str = sns.create_topic(Name=name, Tags=tags)["TopicArn"]
    place.later(lambda: sns.delete_topic(TopicArn=arn))
    return arn


def test_a_message_goes_through_the_topic_to_the_queue_if_the_filter_lets_it(place: Place, orders: str) -> None:
    made = place.ensure(name="events", subscribe=[CREATED], env="ARN")
    assert made.id == made.values["ARN"]
    assert made.id.endswith(f":events-f{place.id}x")
    publish(place, made.id, {"id": 1})
    publish(place, made.id, {"id": 2}, "deleted")
    [message] = received(place, orders)
    assert json.loads(message["Message"]) == {"id": 1}
    tags = place.client().list_tags_for_resource(ResourceArn=made.id)["Tags"]
    assert sorted(tags, key=str) == sorted(aws.marked(place.scope), key=str)


def test_only_this_topic_may_send_to_the_queue(place: Place, orders: str) -> None:
    topic = place.ensure(name="events", subscribe=[CREATED]).id
    [statement] = policy(place, orders)
    assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
    assert statement["Action"] == "sqs:SendMessage"
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": topic}}


def test_a_second_ensure_changes_nothing(place: Place, orders: str) -> None:
    first = place.ensure(name="events", subscribe=[CREATED], env="ARN")
    before = subscriptions(place, first.id), policy(place, orders)
    assert place.ensure(name="events", subscribe=[CREATED], env="ARN") == first
    assert (subscriptions(place, first.id), policy(place, orders)) == before
    publish(place, first.id, {"id": 1})
    assert len(received(place, orders)) == 1


def test_filters_are_altered(place: Place, orders: str) -> None:
    topic = place.ensure(name="events", subscribe=[CREATED]).id
    same = [each["SubscriptionArn"] for each in subscriptions(place, topic)]

    place.ensure(name="events", subscribe=[{"sqs": "orders", "filter": {"type": ["deleted"]}, "raw": True}])
    publish(place, topic, {"id": 1}, "created")
    publish(place, topic, {"id": 2}, "deleted")
    assert received(place, orders) == [{"id": 2}]

    nested = {"sqs": "orders", "filter": {"order": {"state": ["paid"]}}, "filterOn": "body", "raw": True}
    place.ensure(name="events", subscribe=[nested])
    publish(place, topic, {"order": {"state": "new"}})
    publish(place, topic, {"order": {"state": "paid"}})
    assert received(place, orders) == [{"order": {"state": "paid"}}]

    place.ensure(name="events", subscribe=[{**CREATED, "raw": True}])
    publish(place, topic, {"id": 3}, "created")
    publish(place, topic, {"id": 4}, "deleted")
    assert received(place, orders) == [{"id": 3}]

    place.ensure(name="events", subscribe=[{"sqs": "orders"}])
    publish(place, topic, {"id": 5}, "whatever")
    [message] = received(place, orders)
    assert json.loads(message["Message"]) == {"id": 5}
    assert [each["SubscriptionArn"] for each in subscriptions(place, topic)] == same


def test_subscriptions_come_and_go_with_the_spec(place: Place, orders: str) -> None:
    audit = queue(place, "audit")
    topic = place.ensure(name="events", subscribe=[CREATED]).id
    place.ensure(name="events", subscribe=[CREATED, {"sqs": "audit", "raw": True}])
    publish(place, topic, {"id": 1}, "deleted")
    assert received(place, audit) == [{"id": 1}]
    place.ensure(name="events", subscribe=[{"sqs": "audit"}])
    assert [each["Endpoint"].rpartition(":")[2] for each in subscriptions(place, topic)] == [f"audit-f{place.id}x"]
    assert policy(place, orders) == []
    assert len(policy(place, audit)) == 1
    place.ensure(name="events")
    assert subscriptions(place, topic) == []
    assert policy(place, audit) == []


def test_a_subscription_that_somebody_made_by_hand_stays(place: Place, orders: str) -> None:
    topic = place.ensure(name="events").id
    place.client().subscribe(TopicArn=topic, Protocol="email", Endpoint="ada@example.com")
    place.ensure(name="events", subscribe=[CREATED])
    assert {each["Protocol"] for each in subscriptions(place, topic)} == {"email", "sqs"}


def test_two_topics_feed_one_queue_and_what_else_its_policy_says_stays(place: Place, orders: str) -> None:
    mine = {"Sid": "mine", "Effect": "Deny", "Principal": "*", "Action": "sqs:PurgeQueue", "Resource": "*"}
    first = place.ensure(name="events", subscribe=[{"sqs": "orders", "raw": True}]).id
    text = json.dumps({"Version": "2012-10-17", "Statement": [*policy(place, orders), mine]})
    place.client("sqs").set_queue_attributes(QueueUrl=orders, Attributes={"Policy": text})
    second = place.ensure(name="others", subscribe=[{"sqs": "orders", "raw": True}]).id
    publish(place, first, {"id": 1})
    publish(place, second, {"id": 2})
    assert sorted(received(place, orders), key=str) == [{"id": 1}, {"id": 2}]
    assert len(policy(place, orders)) == 3
    assert place.remove(name="events")
    sources = [each.get("Condition", {}).get("ArnEquals", {}).get("aws:SourceArn") for each in policy(place, orders)]
    assert sorted(sources, key=str) == sorted([None, second], key=str)


def test_ordered_messages_go_to_an_ordered_queue(place: Place) -> None:
    url = queue(place, "ordered", fifo=True, attributes={"contentBasedDeduplication": True})
    topic = place.ensure(
        name="events", fifo=True, contentBasedDeduplication=True, subscribe=[{"sqs": "ordered", "raw": True}]
    ).id
    assert topic.endswith(f":events-f{place.id}x.fifo")
    for number in range(3):
        publish(place, topic, {"id": number}, MessageGroupId="a")
    assert received(place, url) == [{"id": 0}, {"id": 1}, {"id": 2}]
    place.ensure(name="events", fifo=True, subscribe=[{"sqs": "ordered"}])
    assert place.client().get_topic_attributes(TopicArn=topic)["Attributes"]["ContentBasedDeduplication"] == "false"
    assert place.remove(name="events", fifo=True)


def test_a_topic_without_order_cannot_feed_an_ordered_queue(place: Place) -> None:
    queue(place, "ordered", fifo=True)
    with pytest.raises(Problem, match="the topic is not FIFO, and so cannot feed") as raised:
        place.ensure(name="events", subscribe=[{"sqs": "ordered"}])
    assert "Set `fifo: true` for the topic" in raised.value.remedy


def test_a_queue_of_the_base_is_never_fed(place: Place) -> None:
    sqs = place.client("sqs")
    base = sqs.create_queue(QueueName=f"base{place.id}")["QueueUrl"]
    place.later(lambda: sqs.delete_queue(QueueUrl=base))
    with pytest.raises(Problem) as raised:
        place.ensure(name="events", subscribe=[{"sqs": f"base{place.id}"}])
    assert f"this stack has no queue `base{place.id}` to feed" in raised.value.sentence
    assert "A queue of the base is never fed" in raised.value.remedy
    assert policy(place, base) == []
    assert place.find() == []  # nothing is half made


def test_a_strangers_queue_is_never_fed(place: Place) -> None:
    theirs = queue(place, "orders", place.of("orders", stack="acme-shop-9"))
    with pytest.raises(Foreign, match="belongs to the service `orders` of the stack `acme-shop-9`"):
        place.ensure(name="events", subscribe=[CREATED])
    assert policy(place, theirs) == []


def test_a_queue_of_another_service_of_the_feature_is_fed(place: Place) -> None:
    url = queue(place, "billing", place.of("billing"))
    topic = place.ensure(name="events", subscribe=[{"sqs": "billing", "raw": True}]).id
    publish(place, topic, {"id": 1})
    assert received(place, url) == [{"id": 1}]
    assert place.remove(name="events")
    assert policy(place, url) == []


def test_a_topic_that_was_deleted_by_hand_is_made_again(place: Place, orders: str) -> None:
    first = place.ensure(name="events", subscribe=[CREATED])
    place.client().delete_topic(TopicArn=first.id)
    assert place.ensure(name="events", subscribe=[CREATED]) == first
    publish(place, first.id, {"id": 1})
    assert len(received(place, orders)) == 1


def test_a_queue_that_was_made_again_is_fed_again(place: Place, orders: str) -> None:
    topic = place.ensure(name="events", subscribe=[{"sqs": "orders", "raw": True}]).id
    place.client("sqs").delete_queue(QueueUrl=orders)
    again = queue(place, "orders")
    place.ensure(name="events", subscribe=[{"sqs": "orders", "raw": True}])
    assert len(policy(place, again)) == 1
    publish(place, topic, {"id": 1})
    assert received(place, again) == [{"id": 1}]


def test_removed_is_gone_and_removing_again_is_no_fault(place: Place, orders: str) -> None:
    topic = place.ensure(name="events", subscribe=[CREATED]).id
    assert place.remove(name="events")
    assert place.find() == []
    assert topic not in [each["TopicArn"] for each in place.client().list_topics()["Topics"]]
    assert policy(place, orders) == []
    assert not place.remove(name="events")


@pytest.mark.parametrize("tags", aws.STRANGERS)
def test_a_topic_of_somebody_else_is_left_alone(place: Place, tags: list[dict[str, str]]) -> None:
    name = f"events-f{place.id}x"
    arn = stranger(place, name, tags)
    assert place.foreign(name="events").sentence.startswith(f"the topic `{name}` ")
    assert place.client().list_tags_for_resource(ResourceArn=arn)["Tags"] == tags


def test_topics_of_the_base_and_of_other_features_are_safe(place: Place) -> None:
    base = stranger(place, f"events-{place.id}", [])
    other = place.of("orders", label=f"f{place.id}x-2", stack="acme-shop-2")
    place.module.ensure(place.world, place.spec(name="events"), other, None)
    place.ensure(name="events")
    assert [each.name for each in place.find()] == [f"events-f{place.id}x"]
    assert place.remove(name="events")
    assert base in [each["TopicArn"] for each in place.client().list_topics()["Topics"]]
    [left] = place.find(other)
    assert place.module.remove(place.world, left, other)


def test_a_server_that_is_down() -> None:
    aws.down("sns", name="events")


def test_wrong_credentials() -> None:
    aws.wrong_credentials("sns", name="events")


def test_too_few_rights() -> None:
    aws.denied("sns", name="events")


def test_throttled() -> None:
    aws.throttled("sns", name="events")
