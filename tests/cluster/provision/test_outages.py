"""A server that does not answer: while a feature comes up, and while one goes."""

import pytest

from playground.demo.stage import Stage
from tests.cluster.provision import servers
from tests.cluster.provision.feature import CACHE, EVENTS, QUEUE, Feature

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]


def test_kafka_is_away_while_one_feature_comes_and_another_goes(stage: Stage) -> None:
    up = servers.of(stage)
    before = servers.everything(up, "coming-1")
    coming = Feature(stage, "coming", QUEUE)
    going = Feature(stage, "going", QUEUE, EVENTS)
    coming.ready()
    going.ready()
    with servers.shut(stage, "kafka"):
        going.repo.close(going.number)
        coming.push(QUEUE, EVENTS, CACHE)
        said = coming.says("The server of kafka `orders-coming-1`", "The next try is in")
        assert "is queued" in said
        left = going.says("kafka `orders-going-1`", "does not answer")
        assert "was removed" not in left.splitlines()[1]
        assert set(going.recorded()) == {"orders-going-1"}
        assert servers.named(up, going.label) == ["orders-going-1"], "all but the topic is gone"
        said = coming.says("could not be deployed", "kafka `orders-coming-1`", "/devstack deploy", seconds=120)
        assert "not the fault of your change" in said
        assert coming.recorded()["orders-coming-1"] == "ready", "what was made before is on record"
        assert {"orders-coming-1", "orders-coming-1-dlq"} == set(servers.named(up, coming.label))
    going.says("was removed", seconds=120)
    going.repo.wait_gone(going.number)
    assert servers.named(up, going.label) == []
    coming.deploy()
    assert servers.named(up, coming.label).count("orders-coming-1") == 3, "queue, topic and user"
    coming.close()
    assert servers.everything(up, "coming-1") == before
