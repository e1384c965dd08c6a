"""What a killed worker had in hand: each role's own, given to another when that role's time has passed."""

import time
from typing import Any

import pytest
from kombu import Connection, Queue

from workers.__main__ import transport
from workers.app import app

pytestmark = pytest.mark.redis
QUEUES = ("talk", "work")


def consumer(url: str, role: str, seconds: float) -> Any:
    """A channel with a role's transport options, which gives up on what it has in hand after `seconds`."""
    options = {**app.conf.broker_transport_options, **transport(role), "visibility_timeout": seconds}
    channel = Connection(url, transport_options=options).channel()
    channel.qos.restore_at_shutdown = False  # as after a kill
    return channel


@pytest.mark.parametrize(("mine", "other"), [QUEUES, QUEUES[::-1]])
def test_a_role_brings_back_its_own_messages_and_never_the_others(redis_url: str, mine: str, other: str) -> None:
    dead = {role: consumer(redis_url, role, 60) for role in QUEUES}
    for role, channel in dead.items():
        queue = Queue(role)(channel)
        queue.declare()
        with Connection(redis_url).Producer() as producer:
            producer.publish({"of": role}, routing_key=role)
        assert queue.get(no_ack=False) is not None  # taken, and never acknowledged
    time.sleep(1.1)
    living = consumer(redis_url, mine, 1)
    living.qos.restore_visible(num=10)
    got = {role: Queue(role)(living).get(no_ack=True) for role in QUEUES}
    assert got[mine] is not None
    assert got[mine].payload == {"of": mine}
    assert got[other] is None
