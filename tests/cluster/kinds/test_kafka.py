"""Topics of a real Kafka."""

import contextlib
import gc
import itertools
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient
from kafka.protocol.admin import AlterClientQuotasRequest

from hooks.contract import Foreign, Problem, Receipt, Unreachable
from hooks.providers import kafka as provider
from hooks.providers import kafka_topics
from hooks.providers.kafka_topics import Topic, Topics
from tests.cluster.kinds import brokers, kafka_broker
from tests.cluster.kinds.brokers import Feature
from tests.redis.tools.watching import eventually

pytestmark = [pytest.mark.cluster, pytest.mark.backends("kafka")]

HOUR = {"retention.ms": "3600000"}
ENV = {"env": "ORDERS_TOPIC"}
THROTTLED, NOT_CONTROLLER, TIMED_OUT, STORAGE = 89, 41, 7, 56
DENIED, POLICY, DELETION_OFF = 29, 44, 73


@pytest.fixture
def feature(provided: dict[str, str]) -> Iterator[Feature]:
    with brokers.feature("kafka", provided) as made:
        yield made


@pytest.fixture
def server(feature: Feature) -> Topics:
    """The server itself, past what is tested. The base's topics of the same prefix outlive every test, with what is in
    them."""
    topics = Topics(provider.client(feature.world(), "kafka"), "kafka")
    ours = {feature.base: Topic(4, 1, HOUR), f"{feature.base}-f{feature.id}x": Topic(1, 1, {})}
    for name, wanted in ours.items():
        topics.create(name, wanted)
    before = [topics.get(name) for name in ours]
    produced(feature, feature.base)

    def untouched() -> None:
        assert [topics.get(name) for name in ours] == before
        assert consumed(feature, feature.base) == [b"hello"]
        for name in ours:
            assert topics.delete(feature.world(), name)

    feature.todo.append(untouched)
    return topics


def addresses(feature: Feature) -> list[str]:
    return list(provider.access(feature.world(), "kafka").brokers)


def produced(feature: Feature, topic: str) -> None:
    producer = KafkaProducer(bootstrap_servers=addresses(feature))
    try:
        producer.send(topic, b"hello").get(timeout=10)
    finally:
        producer.close()


def consumed(feature: Feature, topic: str, group: str | None = None) -> list[bytes]:
    consumer = KafkaConsumer(
        topic,
        bootstrap_servers=addresses(feature),
        group_id=group,
        auto_offset_reset="earliest",
        consumer_timeout_ms=10_000,
    )
    try:
        return [next(consumer).value]
    finally:
        consumer.close()


def fresh(feature: Feature, real: str) -> Receipt:
    return Receipt("kafka", real, "orders", "kafka", facts={"topic": feature.base})


def test_it_is_made_again_changed_and_removed(feature: Feature, server: Topics) -> None:
    made = feature.ensure(topic=feature.base, partitions=3, config=HOUR, brokersEnv="BROKERS", **ENV)
    assert made.values == {"ORDERS_TOPIC": feature.real, "BROKERS": ",".join(addresses(feature))}
    assert server.get(feature.real) == Topic(3, 1, HOUR, made.id)
    produced(feature, feature.real)

    again = feature.ensure(topic=feature.base, partitions=3, config=HOUR, brokersEnv="BROKERS", **ENV)
    assert again == made
    assert consumed(feature, feature.real) == [b"hello"]

    changed = feature.ensure(topic=feature.base, partitions=5, config={"cleanup.policy": "compact"}, **ENV)
    assert server.get(feature.real) == Topic(5, 1, {"cleanup.policy": "compact"}, made.id)
    assert not changed.warning
    assert consumed(feature, feature.real) == [b"hello"]

    assert feature.remove()
    assert server.get(feature.real) is None
    assert not feature.remove()
    assert feature.find() == []


def test_settings_that_others_made_stay(feature: Feature, server: Topics) -> None:
    feature.ensure(topic=feature.base, config=HOUR, **ENV)
    server.alter(feature.real, {"max.message.bytes": "2000000"}, None)
    feature.ensure(topic=feature.base, **ENV)
    there = server.get(feature.real)
    assert there is not None
    assert there.config == {"max.message.bytes": "2000000"}


def test_fewer_partitions_make_it_anew_with_a_warning(feature: Feature, server: Topics) -> None:
    first = feature.ensure(topic=feature.base, partitions=3, **ENV)
    with pytest.raises(Problem, match=r"no\.such\.setting"):  # refused before the old one is gone
        feature.ensure(topic=feature.base, partitions=2, config={"no.such.setting": "1"}, **ENV)
    assert server.get(feature.real) == Topic(3, 1, {}, first.id)
    second = feature.ensure(topic=feature.base, partitions=2, config=HOUR, **ENV)
    assert server.get(feature.real) == Topic(2, 1, HOUR, second.id)
    assert second.id != first.id
    assert "2 partitions instead of 3" in second.warning
    assert "lost" in second.warning


def test_it_is_like_the_base(feature: Feature, server: Topics) -> None:
    feature.ensure(topic=feature.base, like=feature.base, **ENV)
    there = server.get(feature.real)
    assert there is not None
    assert (there.partitions, there.config) == (4, HOUR)
    server.alter(feature.base, {"retention.ms": None, "max.message.bytes": "3000000"}, None)
    feature.ensure(topic=feature.base, like=feature.base, config={"cleanup.policy": "compact"}, **ENV)
    there = server.get(feature.real)
    assert there is not None
    assert there.config == {"max.message.bytes": "3000000", "cleanup.policy": "compact"}
    server.alter(feature.base, {"retention.ms": "3600000", "max.message.bytes": None}, None)
    with pytest.raises(Problem, match="no topic `nowhere` to copy from"):
        feature.ensure(topic=feature.base, like="nowhere", **ENV)


def test_what_somebody_deleted_is_made_again(feature: Feature, server: Topics) -> None:
    feature.ensure(topic=feature.base, partitions=2, **ENV)
    assert server.delete(feature.world(), feature.real)
    feature.ensure(topic=feature.base, partitions=2, **ENV)
    there = server.get(feature.real)
    assert there is not None
    assert there.partitions == 2
    assert server.delete(feature.world(), feature.real)
    assert not feature.remove()


def test_a_topic_that_is_not_ours_is_left_alone(feature: Feature, server: Topics) -> None:
    server.create(feature.real, Topic(2, 1, HOUR))
    feature.todo.append(lambda: server.delete(feature.world(), feature.real))
    problem = feature.foreign(topic=feature.base, **ENV)
    assert f"the topic `{feature.real}` exists" in problem.sentence
    there = server.get(feature.real)
    assert there is not None
    assert there.config == HOUR


def test_a_record_of_the_bases_topic_removes_nothing(feature: Feature, server: Topics) -> None:
    for name in (feature.base, f"{feature.base}-f{feature.id}x"):
        for facts in ({}, {"topic": feature.base}, {"topic": name}):
            receipt = Receipt("kafka", name, "orders", "kafka", facts=facts)
            with pytest.raises(Foreign, match="is on record"):
                feature.module.remove(feature.world(), receipt, feature.scope)
            assert server.get(name) is not None


def test_names_that_kafka_takes_for_the_same(feature: Feature, server: Topics) -> None:
    feature.ensure(topic=f"{feature.base}.events", **ENV)
    with pytest.raises(Problem, match=r"differs in `\.` and `_` only") as raised:
        feature.check(topic=f"{feature.base}_events", **ENV)
    assert "give the resource another `topic`" in raised.value.remedy


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"config": {"no.such.setting": "1"}}, "no.such.setting"),
        ({"config": {"retention.ms": "soon"}}, "soon"),
        ({"replication": 7}, "replication factor of 7"),
    ],
)
def test_what_kafka_would_refuse_is_said_before_anything_is_made(
    feature: Feature, server: Topics, fields: dict[str, Any], words: str
) -> None:
    spec = feature.spec(topic=feature.base, **fields, **ENV)
    with pytest.raises(Problem) as raised:
        feature.module.check(feature.world(), spec, feature.scope, None)
    assert words in raised.value.sentence
    assert raised.value.remedy
    assert server.get(feature.real) is None
    feature.ensure(topic=feature.base, **ENV)
    with pytest.raises(Problem) as raised:
        feature.check(topic=feature.base, **fields, **ENV)
    assert words in raised.value.sentence


def test_consumer_groups_go_with_the_topic(feature: Feature, server: Topics) -> None:
    worker = f"worker{feature.id}"
    groups = [{"name": worker, "env": "GROUP"}]
    assert consumed(feature, feature.base, worker) == [b"hello"]
    made = feature.ensure(topic=feature.base, groups=groups, **ENV)
    own = made.values["GROUP"]
    assert own == f"{worker}-f{feature.id}"
    produced(feature, feature.real)
    assert consumed(feature, feature.real, own) == [b"hello"]
    assert server.groups([worker, own]) == sorted([worker, own])
    feature.ensure(topic=feature.base, groups=groups, **ENV)
    feature.ensure(topic=feature.base, **ENV)  # no longer wanted, and still known until the end
    assert feature.remove()
    assert server.groups([worker, own]) == [worker]
    assert not feature.remove()
    assert server.delete_groups([worker])


def test_a_group_in_use_is_removed_once_it_is_not(feature: Feature, server: Topics) -> None:
    worker = f"worker{feature.id}"
    own = feature.ensure(topic=feature.base, groups=[{"name": worker, "env": "GROUP"}], **ENV).values["GROUP"]
    produced(feature, feature.real)
    done = threading.Event()

    def consume() -> None:
        consumer = KafkaConsumer(
            feature.real, bootstrap_servers=addresses(feature), group_id=own, auto_offset_reset="earliest"
        )
        while not done.is_set():
            consumer.poll(timeout_ms=100)
        consumer.close()

    thread = threading.Thread(target=consume)
    thread.start()
    try:
        assert eventually(lambda: server.groups([own]) and server.admin.describe_groups([own])[own]["members"], 20)
        with pytest.raises(Unreachable, match=f"the consumer group `{own}` is in use"):
            feature.remove()
    finally:
        done.set()
        thread.join()
    assert feature.remove()
    assert server.groups([own]) == []


def test_a_group_that_is_not_ours_is_left_alone(feature: Feature, server: Topics) -> None:
    worker, theirs = f"worker{feature.id}", f"worker{feature.id}-f{feature.id}"
    assert consumed(feature, feature.base, theirs) == [b"hello"]
    feature.todo.append(lambda: server.delete_groups([theirs]))
    problem = feature.foreign(topic=feature.base, groups=[{"name": worker, "env": "GROUP"}], **ENV)
    assert f"the consumer group `{theirs}` exists" in problem.sentence


def test_a_run_that_died_anywhere_is_made_up_for(
    feature: Feature, server: Topics, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("describe_topics", "describe_configs", "create_topics", "wait_for_topics", "delete_topics", "list_groups")
    brokers.die_everywhere(
        feature,
        [(KafkaAdminClient, name) for name in names],
        monkeypatch,
        lambda: server.get(feature.real) is None,
        topic=feature.base,
        config=HOUR,
        groups=[{"name": "worker", "env": "GROUP"}],
        **ENV,
    )


def test_a_change_that_died_anywhere_is_made_up_for(
    feature: Feature, server: Topics, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("create_topics", "delete_topics", "create_partitions", "alter_configs")
    for after, at in itertools.product((False, True), range(1, 5)):
        for partitions, config in ((3, {}), (2, HOUR)):  # the second makes it anew
            feature.ensure(topic=feature.base, partitions=partitions + 1, config={"cleanup.policy": "compact"}, **ENV)
            with monkeypatch.context() as patch, contextlib.suppress(brokers.Died):
                brokers.die_at(patch, [(KafkaAdminClient, name) for name in names], at, after=after)
                feature.ensure(topic=feature.base, partitions=partitions, config=config, **ENV)
            feature.ensure(topic=feature.base, partitions=partitions, config=config, **ENV)
            there = server.get(feature.real)
            assert there is not None
            assert (there.partitions, there.config) == (partitions, config)


def test_a_half_made_one_is_removed(feature: Feature, server: Topics) -> None:
    feature.begin(topic=feature.base, **ENV)
    assert not feature.remove()
    server.create(feature.real, Topic(1, 1, {}))
    assert feature.remove()


def test_a_run_that_died_between_deletion_and_creation(feature: Feature, server: Topics) -> None:
    feature.ensure(topic=feature.base, partitions=3, **ENV)
    server.delete(feature.world(), feature.real)
    feature.ensure(topic=feature.base, partitions=2, **ENV)
    there = server.get(feature.real)
    assert there is not None
    assert there.partitions == 2


def test_a_topic_that_takes_its_time_to_go(feature: Feature, server: Topics, monkeypatch: pytest.MonkeyPatch) -> None:
    feature.ensure(topic=feature.base, **ENV)
    describe = KafkaAdminClient.describe_topics
    seen = describe(server.admin, [feature.real])
    monkeypatch.setattr(kafka_topics, "GONE_SECONDS", 0.2)
    with monkeypatch.context() as patch:
        patch.setattr(KafkaAdminClient, "describe_topics", lambda *_: seen)
        with pytest.raises(Unreachable, match="still being deleted"):
            feature.remove()
    gone = describe(server.admin, [feature.real])
    server.create(feature.real, Topic(1, 1, {}))
    with monkeypatch.context() as patch:  # brokers may have forgotten it while the controller has not
        patch.setattr(KafkaAdminClient, "describe_topics", lambda *_: gone)
        with pytest.raises(Unreachable, match="still being deleted"):
            feature.module.ensure(feature.world(), feature.spec(topic=feature.base, **ENV), feature.scope, None)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_nobody_answers() -> None:
    env = {"DEVSTACK_PROVIDER_KAFKA_URL": brokers.nobody("kafka")}
    words = brokers.unreachable("kafka", env, topic="orders", **ENV)
    assert words.startswith("Kafka does not answer: ")
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("kafka-io")]
    gc.collect()  # where the client leaves the sockets of attempts that failed


def test_a_server_that_does_not_talk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider, "CONNECT_SECONDS", 1)
    with brokers.talking(lambda _: b"") as port:
        env = {"DEVSTACK_PROVIDER_KAFKA_URL": f"kafka://127.0.0.1:{port}"}
        assert brokers.unreachable("kafka", env, topic="orders", **ENV).startswith("Kafka does not answer: ")


def test_wrong_credentials() -> None:
    with kafka_broker.running(0) as port:
        env = {
            "DEVSTACK_PROVIDER_KAFKA_URL": f"kafka://127.0.0.1:{port}",
            "DEVSTACK_PROVIDER_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
            "DEVSTACK_PROVIDER_KAFKA_USERNAME": "admin",
            "DEVSTACK_PROVIDER_KAFKA_PASSWORD": brokers.SECRET,
        }
        words = brokers.said("kafka", env, Problem, topic="orders", **ENV)
        assert "does not accept our user or password" in words
        assert "DEVSTACK_PROVIDER_KAFKA_USERNAME and DEVSTACK_PROVIDER_KAFKA_PASSWORD" in words
        words = brokers.said(
            "kafka", {**env, "DEVSTACK_PROVIDER_KAFKA_SASL_MECHANISM": "SCRAM-SHA-256"}, Problem, topic="orders", **ENV
        )
        assert "DEVSTACK_PROVIDER_KAFKA_SASL_MECHANISM" in words


@pytest.mark.parametrize("code", [THROTTLED, NOT_CONTROLLER, TIMED_OUT, STORAGE, -1])
def test_too_busy(code: int) -> None:
    with kafka_broker.running(code) as port:
        env = {"DEVSTACK_PROVIDER_KAFKA_URL": f"kafka://127.0.0.1:{port}"}
        assert brokers.unreachable("kafka", env, topic="orders", **ENV).startswith("Kafka does not answer: ")


@pytest.mark.parametrize("code", [DENIED, POLICY, DELETION_OFF])
def test_refused(code: int) -> None:
    with kafka_broker.running(code) as port:
        env = {"DEVSTACK_PROVIDER_KAFKA_URL": f"kafka://127.0.0.1:{port}"}
        words = brokers.said("kafka", env, Problem, topic="orders", **ENV)
        assert "Kafka" in words
        assert ("DEVSTACK_PROVIDER_KAFKA_USERNAME" in words) == (code == DENIED)


def test_a_real_server_throttles_us(feature: Feature, server: Topics) -> None:
    quota(feature, 1.0)
    feature.todo.append(lambda: quota(feature, None))
    names = [f"{feature.base}.{number}" for number in range(5)]
    with pytest.raises(Unreachable, match="too much to do"):
        [feature.ensure(topic=each, partitions=10, **ENV) for each in names]
    quota(feature, None)
    assert eventually(lambda: made(feature, names[-1]), 20)


def made(feature: Feature, topic: str) -> bool:
    """Whether a further try does it."""
    try:
        feature.ensure(topic=topic, partitions=10, **ENV)
    except Unreachable:
        time.sleep(0.2)
        return False
    return True


def quota(feature: Feature, rate: float | None) -> None:
    """How many topics and partitions our client may make a second; an operator says so."""
    entry = AlterClientQuotasRequest.EntryData
    wanted = entry(
        entity=[entry.EntityData(entity_type="client-id", entity_name="devstack-hooks")],
        ops=[entry.OpData(key="controller_mutation_rate", value=rate or 0.0, remove=rate is None)],
    )
    admin = KafkaAdminClient(bootstrap_servers=addresses(feature), client_id="operator")

    async def send() -> Any:
        return await admin._manager.send(AlterClientQuotasRequest(entries=[wanted], validate_only=False))

    try:
        (answer,) = admin._manager.run(send).entries
    finally:
        admin.close()
    assert answer.error_code == 0
