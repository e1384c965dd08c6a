"""The life of a feature with six resources: made, handed over, renewed, mended, changed, and taken away."""

import subprocess
import threading
from pathlib import Path

import pytest

from playground.demo import base
from playground.demo.stage import Stage
from tests.cluster.provision import servers
from tests.cluster.provision.feature import ALL, CACHE, EVENTS, QUEUE, VARIABLES, Feature, keys_of_the_base

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]

LABEL = "whole-1"
API_KEY, RENEWED = "key-of-the-base-8d1f", "key-of-the-base-77aa"


class Listener:
    """Hears what the pods of hooks print, since those are gone when all is well."""

    def __init__(self, stage: Stage, feature: Feature) -> None:
        self.heard = ""
        self._stage, self._feature = stage, feature
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        ground = self._stage.playground
        command = [str(ground.kubectl), f"--kubeconfig={ground.kubeconfig}", "-n", self._feature.namespace, "logs", "-f"]
        while not self._ended.wait(0.1):
            pod = f"{self._feature.release}-provision"
            self.heard += subprocess.run([*command, pod], capture_output=True, text=True, check=False).stdout

    def end(self) -> str:
        """All that was heard."""
        self._ended.set()
        self._thread.join()
        return self.heard


@pytest.fixture(scope="module")
def before(stage: Stage) -> dict[str, list[str]]:
    """What the servers have before any feature."""
    keys_of_the_base(stage, API_KEY)
    return servers.everything(servers.of(stage), LABEL)


@pytest.fixture(scope="module")
def heard() -> list[str]:
    return []


@pytest.fixture(scope="module")
def feature(stage: Stage, before: dict[str, list[str]], heard: list[str]) -> Feature:
    assert "orders" in before["queues"]
    made = Feature(stage, "whole", *ALL)
    listener = Listener(stage, made)
    made.ready()
    heard.append(listener.end())
    return made


def test_six_resources_are_made_and_the_comment_lists_them(stage: Stage, feature: Feature) -> None:
    said = feature.comment
    for real in ("orders-whole-1", "order-events-whole-1", "keys-whole-1", "orders_whole_1"):
        assert f"`{real}`" in said, said
    assert said.count("✅ ready") >= len(ALL)
    missing = [name for name in VARIABLES if f"`{name}`" not in said]
    assert missing == []
    assert set(feature.recorded().values()) == {"ready"}
    there = servers.named(servers.of(stage), feature.label)
    assert {"orders-whole-1", "orders-whole-1-dlq", "order-events-whole-1", "orders_whole_1"} <= set(there)
    with base._postgres(servers.of(stage), "orders_whole_1") as database:
        tables = {name for (name,) in database.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    assert tables == {"orders", "of_the_migration"}, "copied of the template, then migrated"


def test_the_pod_has_the_values_and_nobody_else_is_told(stage: Stage, feature: Feature, heard: list[str]) -> None:
    told = feature.environment()
    assert [name for name in VARIABLES if not told.get(name)] == []
    assert (told["API_KEY"], told["MODE"], len(told["SESSION_KEY"])) == (API_KEY, "preview", 40)
    assert "NOT_COPIED" not in told
    assert told["ORDERS_TOPIC"] == told["REDIS_PREFIX"].rstrip(":") == "orders-whole-1"
    passwords = [told[name].partition("@")[0].rpartition(":")[2] for name in ("DATABASE_URL", "REDIS_URL")]
    assert all(len(each) > 10 for each in passwords)
    helm = stage.playground.tools / "helm"
    kept = subprocess.run(
        [helm, f"--kubeconfig={stage.playground.kubeconfig}", "-n", feature.namespace, "get", "all", feature.release],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "event" in heard[0], "the hook's log was heard"
    places = {
        "the comment": feature.comment,
        "the hook's log": heard[0],
        "helm get all": kept,
        "events": feature.kubectl("get", "events", "-o", "yaml"),
        "pods, ConfigMaps, Deployments": feature.kubectl("get", "pods,configmaps,deployments,replicasets", "-o", "yaml"),
        "the Stack": str(feature.repo.stack(feature.number)),
        **{path.name: path.read_text() for path in Path(stage.bot.logs).glob("*.log")},
    }
    shown = [f"{name} has {value[:4]}…" for name, text in places.items()
             for value in (API_KEY, told["SESSION_KEY"], *passwords) if value in text]  # fmt: skip
    assert shown == []


def test_a_key_that_changed_in_the_base_rolls_the_pods_in_the_same_release(stage: Stage, feature: Feature) -> None:
    pods, told = feature.pods(), feature.environment()
    keys_of_the_base(stage, RENEWED)
    feature.deploy()
    assert not set(pods) & set(feature.pods())
    now = feature.environment()
    assert now["API_KEY"] == RENEWED
    assert {**now, "API_KEY": "", "HOSTNAME": ""} == {**told, "API_KEY": "", "HOSTNAME": ""}, "all else stayed"
    pods = feature.pods()
    feature.deploy()
    assert feature.pods() == pods, "nothing changed, nothing is made anew"


def test_what_somebody_deleted_by_hand_is_made_again(stage: Stage, feature: Feature) -> None:
    up = servers.of(stage)
    there = servers.everything(up, LABEL)
    sqs = base._aws(up, "sqs")
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="orders-whole-1")["QueueUrl"])
    with base._kafka(up) as admin, base._postgres(up) as database, servers.cache(up) as client:
        admin.delete_topics(["orders-whole-1"])
        database.execute("DROP DATABASE orders_whole_1 WITH (FORCE)")
        client.execute_command("ACL", "DELUSER", "orders-whole-1")
    assert servers.everything(up, LABEL) != there
    feature.deploy()
    assert servers.everything(up, LABEL) == there
    assert set(feature.recorded().values()) == {"ready"}


def test_a_namespace_deleted_by_hand_comes_back_with_its_record(stage: Stage, feature: Feature) -> None:
    up = servers.of(stage)
    there, recorded = servers.everything(up, LABEL), feature.recorded()
    stage.kubectl("delete", "namespace", feature.namespace, "--timeout=60s")
    assert servers.everything(up, LABEL) == there
    feature.deploy()
    # Kafka has no place for a mark: without the record, the topic would be a stranger's.
    assert feature.recorded() == recorded
    assert servers.everything(up, LABEL) == there
    assert feature.environment()["API_KEY"] == RENEWED
    with servers.cache(up) as client:
        assert "orders-whole-1" in client.acl_users()


def test_a_changed_list_is_followed(stage: Stage, feature: Feature) -> None:
    up = servers.of(stage)
    assert servers.partitions(up, "orders-whole-1") == 2
    feature.ready(feature.push(QUEUE, {**EVENTS, "partitions": 3}, CACHE))
    assert servers.partitions(up, "orders-whole-1") == 3
    there = servers.named(up, feature.label)
    assert "orders-whole-1" in there
    assert not {"order-events-whole-1", "orders_whole_1"} & set(there)
    told = feature.environment()
    assert "DATABASE_URL" not in told
    assert "API_KEY" not in told
    assert told["ORDERS_TOPIC"] == "orders-whole-1"
    assert "orders_whole_1" not in feature.comment


def test_a_list_that_becomes_empty_leaves_pods_without(
    stage: Stage, feature: Feature, before: dict[str, list[str]]
) -> None:
    feature.ready(feature.push())
    assert servers.everything(servers.of(stage), LABEL) == before
    assert not set(VARIABLES) & set(feature.environment())
    assert feature.recorded() == {}
    assert not feature.has("secret", f"{feature.release}-resources")
    feature.ready(feature.push(QUEUE))
    assert feature.environment()["ORDERS_QUEUE_URL"].endswith("/orders-whole-1")


def test_closing_takes_all_of_it_and_nothing_of_the_base(
    stage: Stage, feature: Feature, before: dict[str, list[str]]
) -> None:
    feature.ready(feature.push(*ALL))
    feature.close()
    said = feature.comment
    for real in (
        "sqs `orders-whole-1`",
        "sns `order-events-whole-1`",
        "kafka `orders-whole-1`",
        "postgres `orders_whole_1`",
    ):
        assert real in said, said
    up = servers.of(stage)
    assert servers.everything(up, LABEL) == before
    assert {"orders", servers.NEIGHBOUR} <= set(before["queues"])
    with servers.cache(up) as client:
        assert client.get("orders:1") == "of the base"
