"""Tells the rest of the company of orders that were written down: a Kafka topic, where there is one."""

import json
import os
from collections.abc import Mapping
from functools import cache
from typing import Any

TOPIC = os.environ.get("ORDERS_TOPIC", "")
BROKERS = os.environ.get("KAFKA_BROKERS", "")


def tell(order: Mapping[str, str], handled_by: str) -> None:
    """One event; its key is the order's id."""
    if TOPIC and BROKERS:
        event = {**order, "handled_by": handled_by}
        producer().send(TOPIC, key=order["id"].encode(), value=json.dumps(event).encode()).get(timeout=10)


@cache
def producer() -> Any:
    """The client; it keeps its connections."""
    from kafka import KafkaProducer

    return KafkaProducer(bootstrap_servers=BROKERS.split(","))
