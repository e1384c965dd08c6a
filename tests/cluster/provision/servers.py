"""The servers that features get things from: what they have, what of it is the base's, and shut to the cluster's pods."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis

from playground.backends import Backends
from playground.demo import base
from playground.demo.stage import Stage

NEEDS = (*base.NEEDS, "redis")
NAMESPACE = "devstack-backends"
NEIGHBOUR = "orders-of-nobody"  # named as things of features are, and no feature's
OF_BASE = {"orders", "orders_template", "order-events", "orders_busy", "orders:1", "postgres", NEIGHBOUR}


def of(stage: Stage) -> Backends:
    """Those of the stage."""
    assert stage.backends is not None
    return stage.backends


def of_the_base(up: Backends) -> None:
    """Things of the same prefix as the features', besides what the demo's base has."""
    base._aws(up, "sqs").create_queue(QueueName=NEIGHBOUR)
    with cache(up) as client:
        client.set("orders:1", "of the base")
        client.execute_command("ACL", "SETUSER", "orders", "on", ">of-the-base", "~orders:*", "+get")


def everything(up: Backends, label: str) -> dict[str, list[str]]:
    """What all servers have now of the base's and of what is named by a label; they may be others' at the same time."""
    with cache(up) as client:
        users, keys = client.acl_users(), client.keys()
    whole = {**base.listed(up), "users": users, "keys": keys}
    return {
        what: sorted(name for name in names if name in OF_BASE or is_of(name, label)) for what, names in whole.items()
    }


def named(up: Backends, label: str) -> list[str]:
    """What of it is named by the label."""
    return [name for names in everything(up, label).values() for name in names if is_of(name, label)]


def is_of(name: str, label: str) -> bool:
    """Whether a name was made of this label."""
    return label in name or label.replace("-", "_") in name


def partitions(up: Backends, topic: str) -> int:
    """How many a topic of Kafka has."""
    with base._kafka(up) as admin:
        return len(admin.describe_topics([topic])[0]["partitions"])


@contextmanager
def cache(up: Backends) -> Iterator[Any]:
    """Redis."""
    url = up.environment("loopback")["DEVSTACK_PROVIDER_REDIS_URL"]
    with redis.Redis.from_url(url, decode_responses=True) as client:
        yield client


@contextmanager
def shut(stage: Stage, name: str) -> Iterator[None]:
    """No pod reaches the server, as if it were down; it keeps what it has, and this host reaches it."""
    _lead(stage, name, "nobody")
    try:
        yield
    finally:
        _lead(stage, name, name)


def _lead(stage: Stage, name: str, app: str) -> None:
    patch = json.dumps({"spec": {"selector": {"app": app}}})
    stage.kubectl("patch", "service", name, "-n", NAMESPACE, "-p", patch)
    slices = ("get", "endpointslices", "-n", NAMESPACE, "-l", f"kubernetes.io/service-name={name}")
    addresses = "jsonpath={.items[*].endpoints[*].addresses[*]}"
    stage.wait(f"{name} to be led to {app}", lambda: bool(stage.kubectl(*slices, "-o", addresses)) == (app == name))
