"""Topics of SNS, one at a time, and the queues that they feed."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hooks.contract import Scope
from hooks.providers import aws
from hooks.providers import aws_marks as marks
from hooks.providers.aws_errors import code, translated, unless

if TYPE_CHECKING:
    from hooks.world import World

NAME_MOST = 256  # AWS's own limit, with `.fifo`
GONE = frozenset({"NotFound", "NotFoundException", "ResourceNotFound", "ResourceNotFoundException"})
FILTER = "FilterPolicy"
FILTER_SCOPE = "FilterPolicyScope"
RAW = "RawMessageDelivery"
DEFAULTS = {RAW: "false", FILTER_SCOPE: "MessageAttributes"}


def arn(world: "World", provider: str, topic: str) -> str:
    """The ARN that a topic of this name has in our account: SNS has no question by name."""
    with translated(world, provider, "sts"):
        partition, account = aws.account(world, provider)
    region = aws.access(world, provider, "sns").region
    return f"arn:{partition}:sns:{region}:{account}:{topic}"


def name(arn: str) -> str:
    """The real name of a topic, or a queue, by its ARN."""
    return arn.rpartition(":")[2]


def tags(sns: Any, arn: str) -> dict[str, str] | None:
    """The tags of a topic; None where it does not exist."""
    # Some servers list no tags for what does not exist.
    if unless(GONE, sns.get_topic_attributes, TopicArn=arn) is None:
        return None
    answer = unless(GONE, sns.list_tags_for_resource, ResourceArn=arn)
    return None if answer is None else marks.read(answer["Tags"])


def own(sns: Any, arn: str, scope: Scope) -> bool:
    """Whether the topic is there and ours. Foreign where it is somebody else's."""
    has = tags(sns, arn)
    if has is None:
        return False
    if not marks.ours(has, scope):
        raise marks.stranger(f"the topic `{name(arn)}`", has, scope)
    return True


def put(sns: Any, arn: str, attributes: Mapping[str, str], scope: Scope) -> None:
    """The topic, made or altered to have these attributes."""
    from botocore.exceptions import ClientError

    if own(sns, arn, scope):
        has = sns.get_topic_attributes(TopicArn=arn)["Attributes"] if attributes else {}
        for key, value in attributes.items():
            if has.get(key) != value:
                sns.set_topic_attributes(TopicArn=arn, AttributeName=key, AttributeValue=value)
        return
    fifo = {"FifoTopic": "true"} if arn.endswith(".fifo") else {}
    try:
        sns.create_topic(Name=name(arn), Attributes={**attributes, **fifo}, Tags=marks.listed(scope))
    except ClientError as error:
        if code(error).startswith("InvalidParameter"):
            own(sns, arn, scope)  # somebody else has made it a moment ago
        raise


def subscriptions(sns: Any, arn: str) -> dict[str, str]:
    """The queues that a topic feeds: their ARN → the subscription's."""
    pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn)
    found = [each for page in pages for each in page["Subscriptions"] if each["Protocol"] == "sqs"]
    return {each["Endpoint"]: each["SubscriptionArn"] for each in found}


def subscribe(sns: Any, arn: str, wanted: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Feed just these queues, by their ARN, with these attributes. Gives those that are fed no more.

    Subscriptions of other kinds, which somebody may have made by hand, are left alone.
    """
    has = subscriptions(sns, arn)
    for queue, attributes in wanted.items():
        if queue in has:
            _alter(sns, has[queue], attributes)
        else:
            given = {key: attributes[key] for key in _order(attributes)}
            sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue, Attributes=given, ReturnSubscriptionArn=True)
    gone = [queue for queue in has if queue not in wanted]
    for queue in gone:
        unless(GONE, sns.unsubscribe, SubscriptionArn=has[queue])
    return gone


def delete(sns: Any, arn: str) -> None:
    """Remove a topic; its subscriptions go with it."""
    unless(GONE, sns.delete_topic, TopicArn=arn)


def _alter(sns: Any, subscription: str, wanted: Mapping[str, str]) -> None:
    has = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    for key in _order(wanted):
        if not _same(key, has.get(key), wanted[key]):
            sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName=key, AttributeValue=wanted[key])
    if FILTER not in _order(wanted) and not _same(FILTER, has.get(FILTER), "{}"):
        sns.set_subscription_attributes(SubscriptionArn=subscription, AttributeName=FILTER, AttributeValue="{}")


def _order(wanted: Mapping[str, str]) -> tuple[str, ...]:
    """In which order attributes can be set: what filters the body may be nested, what filters attributes may not."""
    if json.loads(wanted[FILTER]) == {}:
        return (RAW,)
    nested = (RAW, FILTER_SCOPE, FILTER)
    # Some servers read a filter by the scope under which it was set: so it is set again.
    return nested if wanted[FILTER_SCOPE] == "MessageBody" else (RAW, FILTER, *nested[1:])


def _same(key: str, has: str | None, wanted: str) -> bool:
    if key == FILTER:
        return bool(json.loads(has or "{}") == json.loads(wanted))
    return (has or DEFAULTS[key]) == wanted
