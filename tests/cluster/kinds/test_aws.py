"""AWS as a whole: providers by name, roles, and all its kinds side by side in one run."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hooks import table
from hooks.contract import Made, Problem, Receipt, Scope
from hooks.kube import Kube
from hooks.providers import aws as provider
from hooks.world import World
from tests.cluster.kinds import aws
from tests.cluster.kinds.aws import Place

pytestmark = [pytest.mark.cluster, pytest.mark.backends("localstack", "moto")]

RESOURCES: list[dict[str, Any]] = [
    {"kind": "sqs", "name": "orders", "dlq": {"maxReceives": 5}, "env": "QUEUE"},
    {"kind": "sqs", "name": "audit", "env": "AUDIT"},
    {"kind": "sns", "name": "events", "subscribe": [{"sqs": "orders"}, {"sqs": "audit"}], "env": "TOPIC"},
    {"kind": "sns", "name": "others", "subscribe": [{"sqs": "orders"}, {"sqs": "audit"}], "env": "OTHERS"},
    {"kind": "s3", "name": "uploads", "env": "BUCKET"},
    {"kind": "dynamodb", "name": "orders", "keys": [{"name": "id"}], "env": "TABLE"},
    {"kind": "secretsmanager", "name": "orders", "generate": {"TOKEN": {}}, "env": "SECRET"},
    {"kind": "ssm", "name": "/orders", "set": {"MODE": "preview"}, "env": "PARAMETERS"},
]


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    with aws.place("sqs", request) as made:
        yield made


def ensure(world: World, scope: Scope, resource: dict[str, Any]) -> Made:
    module = table.module(resource["kind"])
    return module.ensure(world, module.Spec.model_validate_json(json.dumps(resource)), scope, None)


def find(world: World, scope: Scope) -> list[Receipt]:
    return [
        each
        for kind in sorted({each["kind"] for each in RESOURCES})
        for each in table.module(kind).find(world, scope, "aws")
    ]


def test_all_kinds_side_by_side_with_the_same_clients(place: Place) -> None:
    levels = (
        [each for each in RESOURCES if each["kind"] != "sns"],
        [each for each in RESOURCES if each["kind"] == "sns"],
    )
    place.later(lambda: [remove(place, each) for each in find(place.world, place.scope)])
    with ThreadPoolExecutor(4) as pool:
        made = [
            each for level in levels for each in pool.map(lambda one: ensure(place.world, place.scope, one), level)
        ]  # fmt: skip
        values = {key: value for each in made for key, value in each.values.items()}
        assert set(values) == {each["env"] for each in RESOURCES}
        sqs = place.client("sqs")
        for queue in ("QUEUE", "AUDIT"):
            text = sqs.get_queue_attributes(QueueUrl=values[queue], AttributeNames=["Policy"])["Attributes"]["Policy"]
            sources = {each["Condition"]["ArnEquals"]["aws:SourceArn"] for each in json.loads(text)["Statement"]}
            assert sources == {values["TOPIC"], values["OTHERS"]}
        found = find(place.world, place.scope)
        assert len(found) == len(RESOURCES)
        assert list(pool.map(lambda one: remove(place, one), found)) == [True] * len(found)
    assert find(place.world, place.scope) == []


def remove(place: Place, receipt: Receipt) -> bool:
    return table.module(receipt.kind).remove(place.world, receipt, place.scope)


def test_a_provider_by_name_with_a_role(place: Place) -> None:
    env = {
        f"DEVSTACK_PROVIDER_OTHER_{key.removeprefix('AWS_')}": value
        for key, value in place.env.items()
        if key.startswith("AWS_")
    }
    env["DEVSTACK_PROVIDER_OTHER_ROLE_ARN"] = "arn:aws:iam::000000000000:role/hooks"
    world = World(env, Kube(None), deadline=time.monotonic() + 60, settings={})
    made = ensure(world, place.scope, {"kind": "sqs", "name": "orders", "provider": "other", "env": "URL"})
    assert [each.provider for each in place.module.find(world, place.scope, "other")] == ["other"]
    caller = provider.client(world, "other", "sts").get_caller_identity()["Arn"]
    assert ":assumed-role/" in caller
    assert caller.endswith("/devstack")
    receipt = Receipt("sqs", place.name(name="orders"), "orders", "other")
    assert made.id.split(":")[4] == caller.split(":")[4]  # it is in the role's account
    assert place.module.remove(world, receipt, place.scope)
    aws.close(world)


def test_a_role_that_we_may_not_take() -> None:
    answer = aws.Answer(403, "AccessDenied", "User: x is not authorized to perform: sts:AssumeRole on resource: y")
    with aws.answering("sts", answer) as env:
        env["DEVSTACK_PROVIDER_AWS_ROLE_ARN"] = "arn:aws:iam::123456789012:role/hooks"
        words = aws.said("sqs", env, Problem, name="orders")
    assert "is not authorized to perform: sts:AssumeRole" in words
    assert "DEVSTACK_PROVIDER_AWS_ROLE_ARN" in words
