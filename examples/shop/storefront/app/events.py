"""Orders go out as events. An event follows its feature: to the feature's topic where there is one, else to the base's."""

import json
import os
import time
import uuid
from functools import cache
from typing import Any

BASE_TOPIC = os.environ.get("ORDER_EVENTS_ARN", "")
REMEMBERED_SECONDS = 2.0  # how long it is believed that a feature has a topic, or has none

_known: dict[str, tuple[bool, float]] = {}


def ordered(label: str, body: dict[str, object]) -> dict[str, object]:
    """Publish one order; `label` is the context of the request that brought it. Says which topic took it."""
    if not BASE_TOPIC:
        raise RuntimeError("ORDER_EVENTS_ARN is not set: there is nobody to tell of orders")
    order = {"id": uuid.uuid4().hex[:12], "item": str(body.get("item", "")), "context": label}
    arn = topic(label)
    sns().publish(TopicArn=arn, Message=json.dumps(order))
    return {"order": order, "topic": arn.rpartition(":")[2]}


def topic(label: str) -> str:
    """The feature's topic, which devstack makes as `<topic>-<label>` beside the consumer; else the base's."""
    if not label:
        return BASE_TOPIC
    mine = f"{BASE_TOPIC}-{label}"
    exists, until = _known.get(mine, (False, 0.0))
    if time.monotonic() > until:
        exists = is_there(mine)
        _known[mine] = (exists, time.monotonic() + REMEMBERED_SECONDS)
    return mine if exists else BASE_TOPIC


def is_there(arn: str) -> bool:
    """Whether SNS knows the topic."""
    try:
        sns().get_topic_attributes(TopicArn=arn)
    except sns().exceptions.NotFoundException:
        return False
    return True


@cache
def sns() -> Any:
    """The client; endpoint, region and keys come from the environment."""
    import boto3

    return boto3.client("sns")
