"""Lists that cannot work: each problem is told with its cause and what to do, and nothing is half made."""

import pytest

from playground.demo import base
from playground.demo.stage import Stage
from tests.cluster.provision import servers
from tests.cluster.provision.feature import CACHE, DATABASE, KEYS, QUEUE, Feature, keys_of_the_base

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]

METADATA = {"kind": "http", "name": "metadata", "url": "http://169.254.169.254/latest/meta-data/"}
INSIDE = {"kind": "http", "name": "inside", "url": "http://kubernetes.default.svc.cluster.local/api"}
BUSY = {**DATABASE, "template": "orders_busy", "migrate": {"command": ["true"]}}


def test_every_problem_is_told_at_once_and_nothing_is_made(stage: Stage) -> None:
    keys_of_the_base(stage, "a-key-of-the-base")
    up = servers.of(stage)
    with base._postgres(up) as database:
        database.execute("DROP DATABASE IF EXISTS orders_busy WITH (FORCE)")
        database.execute("CREATE DATABASE orders_busy")
    before = servers.everything(up, "bad-1")
    with base._postgres(up, "orders_busy") as guest:
        guest.execute("SET application_name = 'a psql of grace'")
        feature = Feature(stage, "bad", QUEUE, CACHE, BUSY, {**KEYS, "keys": ["API_KEI"]}, INSIDE)
        said = feature.says("could not be deployed", "Resources could not be made")
    for needle in (
        "postgres `orders_bad_1`", "`orders_busy`", "a psql of grace", "secret `keys-bad-1`", "`API_KEI`", "`API_KEY`",
        "http `inside-bad-1`", "kubernetes.default.svc",
        "DEVSTACK_PROVIDER_HTTP_ALLOW",
    ):  # fmt: skip
        assert needle in said, said
    assert "a-key-of-the-base" not in said
    assert "sqs" not in said.partition("Resources could not be made")[2], "what is well is no problem"
    assert servers.everything(up, "bad-1") == before
    assert feature.recorded() == {}
    feature.ready(feature.push(QUEUE, CACHE, {**DATABASE, "template": "orders_busy"}, KEYS))
    assert "orders_bad_1" in servers.named(up, feature.label)
    feature.close()
    assert servers.everything(up, "bad-1") == before
    with base._postgres(up) as database:
        database.execute("DROP DATABASE orders_busy WITH (FORCE)")


def test_what_the_config_shows_to_be_wrong_is_told_with_its_line(stage: Stage) -> None:
    before = servers.everything(servers.of(stage), "misspelt-1")
    feature = Feature(stage, "misspelt", {"kind": "sqss", "name": "orders"})
    feature.says(".devstack.yaml:10", "`sqss`", "did you mean `sqs`?")
    feature.push(QUEUE, {**KEYS, "set": {"ORDERS_QUEUE_URL": "mine"}})
    feature.says("`ORDERS_QUEUE_URL` is given by sqs `orders` and by secret `keys`", ".devstack.yaml:")
    feature.push({**QUEUE, "fifa": True})
    feature.says("`fifo`", ".devstack.yaml:")
    feature.push(QUEUE, METADATA)
    feature.says(".devstack.yaml:", "where a cloud tells machines their credentials")
    assert servers.everything(servers.of(stage), "misspelt-1") == before
    feature.close()
