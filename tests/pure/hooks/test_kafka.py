"""The kind `kafka`, without a Kafka: its specs, its names, what it would change, what errors mean."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka import errors
from pydantic import ValidationError

from hooks import table
from hooks.contract import Foreign, Problem, Receipt, Scope, Unreachable
from hooks.kinds import kafka
from hooks.kube import Kube
from hooks.providers import kafka as provider
from hooks.providers import kafka_errors
from hooks.providers.kafka_topics import Topic
from hooks.world import World

SCOPE = Scope("acme-shop-1", "feature1", "orders", "orders-feature1", "devstack-shop")
URL = "DEVSTACK_PROVIDER_KAFKA_URL"

topics = st.from_regex(r"[A-Za-z0-9._-]{1,200}", fullmatch=True)
labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", fullmatch=True)


def spec(**fields: Any) -> kafka.Spec:
    return kafka.Spec.model_validate_json(json.dumps({"kind": "kafka", "topic": "orders", "env": "TOPIC", **fields}))


def world(**env: str) -> World:
    return World(
        {f"DEVSTACK_PROVIDER_KAFKA_{key}": value for key, value in env.items()}, Kube(None), deadline=0, settings={}
    )


def receipt(**facts: Any) -> Receipt:
    return Receipt("kafka", "orders-feature1", "orders", "kafka", facts=facts)


def test_it_is_in_the_table() -> None:
    assert table.module("kafka") is kafka


def test_the_example_of_the_documentation() -> None:
    one = spec(partitions=3, replication=1, config={"retention.ms": "3600000"}, like="orders", brokersEnv="BROKERS")
    assert kafka.name(one, SCOPE) == "orders-feature1"
    assert kafka.env(one) == ("TOPIC", "BROKERS")
    assert kafka.needs(one) == ()
    assert one.server == "kafka"
    assert kafka.facts(one, SCOPE) == {"topic": "orders", "groups": []}


@given(topics, labels)
def test_names_are_those_that_kafka_takes(topic: str, label: str) -> None:
    scope = Scope("stack", label, "service", "release", "namespace")
    name = kafka.name(spec(topic=topic), scope)
    assert 0 < len(name) <= 249
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
    assert name != topic
    assert name.startswith(topic[:200])


@given(topics, labels, labels)
def test_features_have_names_of_their_own(topic: str, one: str, other: str) -> None:
    names = {kafka.name(spec(topic=topic), Scope("s", label, "s", "r", "n")) for label in (one, other)}
    assert len(names) == len({one, other})


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"topic": "a b"}, "topic"),
        ({"topic": ""}, "topic"),
        ({"topic": "a" * 201}, "topic"),
        ({"partitions": 0}, "partitions"),
        ({"partitions": "3"}, "partitions"),
        ({"replication": 0}, "replication"),
        ({"config": {"retention.ms": 3600000}}, "config"),
        ({"config": {"Retention": "1"}}, "config"),
        ({"brokersEnv": "TOPIC"}, "different variables"),
        ({"groups": [{"name": "worker", "env": "TOPIC"}]}, "different variables"),
        ({"groups": [{"name": "worker"}]}, "env"),
        ({"name": "orders"}, "name"),
        ({"env": "1A"}, "env"),
    ],
)
def test_specs_that_are_wrong(fields: Mapping[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        spec(**fields)


def test_a_copy_takes_partitions_and_settings_and_what_is_written_counts_more() -> None:
    base = Topic(6, 3, {"retention.ms": "1", "cleanup.policy": "compact", "min.insync.replicas": "2"}, "id")
    assert kafka.copied(base, spec()) == Topic(
        6, 1, {"retention.ms": "1", "cleanup.policy": "compact", "min.insync.replicas": "1"}
    )
    explicit = spec(partitions=2, replication=2, config={"retention.ms": "5", "min.insync.replicas": "2"})
    assert kafka.copied(base, explicit) == Topic(
        2, 2, {"retention.ms": "5", "cleanup.policy": "compact", "min.insync.replicas": "2"}
    )
    throttled = Topic(1, 1, dict.fromkeys(kafka.NOT_COPIED, "0:1"))
    assert kafka.copied(throttled, spec()).config == {}


def test_only_what_differs_is_changed() -> None:
    there = Topic(3, 1, {"a": "1", "b": "2", "others": "3"})
    before = receipt(config=["a", "b"])
    assert kafka._difference(there, Topic(3, 1, {"a": "1", "b": "2"}), before) == ({}, None)
    assert kafka._difference(there, Topic(5, 1, {"a": "9", "c": "4"}), before) == ({"a": "9", "c": "4", "b": None}, 5)
    assert kafka._difference(there, Topic(3, 1, {}), None) == ({}, None)


@given(st.integers(1, 50), st.integers(1, 50), st.integers(1, 3), st.integers(1, 3))
def test_it_is_made_anew_only_where_kafka_cannot_alter_it(there: int, wanted: int, was: int, shall: int) -> None:
    anew = kafka._made_anew(Topic(there, was, {}), Topic(wanted, shall, {}))
    assert bool(anew) == (wanted < there or was != shall)


@given(topics, labels)
def test_what_is_on_record_under_another_name_is_left_alone(topic: str, label: str) -> None:
    scope = Scope("stack", label, "service", "release", "namespace")
    for name, facts in ((topic, {"topic": topic}), (topic, {"topic": "other"}), (f"{topic}-{label}x", {"topic": topic})):
        with pytest.raises(Foreign):
            kafka.remove(world(), Receipt("kafka", name, "service", "kafka", facts=facts), scope)


def test_the_ledger_alone_is_the_mark() -> None:
    assert kafka.find(world(), SCOPE, "kafka") == []


@pytest.mark.parametrize(
    ("url", "brokers"),
    [
        ("kafka://host:9092", "host:9092"),
        ("kafka://host", "host:9092"),
        ("host:1", "host:1"),
        ("kafka://a:1,b:2/", "a:1,b:2"),
        ("kafka://[::1]:9", "[::1]:9"),
    ],
)
def test_addresses(url: str, brokers: str) -> None:
    assert provider.access(world(URL=url), "kafka").bootstrap == brokers


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"URL": "kafka://user:password@host:9092"},
        {"URL": "kafka://a:1,,b:2"},
        {"URL": "http://a:1"},
        {"URL": "kafka://a:1", "SECURITY_PROTOCOL": "TLS"},
        {"URL": "kafka://a:1", "USERNAME": "x", "SASL_MECHANISM": "GSSAPI"},
        {"URL": "kafka://a:1", "CA_FILE": "/nowhere/ca.crt"},
    ],
)
def test_an_environment_that_cannot_be_used(env: dict[str, str]) -> None:
    with pytest.raises(Problem) as raised:
        provider.access(world(**env), "kafka")
    assert "DEVSTACK_PROVIDER_KAFKA_" in raised.value.remedy
    assert "password@" not in f"{raised.value.sentence} {raised.value.remedy}"


def test_a_provider_by_name() -> None:
    env = {"DEVSTACK_PROVIDER_BIG_ONE_URL": "kafka://big:1", "DEVSTACK_PROVIDER_BIG_ONE_USERNAME": "me"}
    found = provider.access(World(env, Kube(None), deadline=0, settings={}), "big-one")
    assert (found.bootstrap, found.protocol, found.mechanism) == ("big:1", "SASL_SSL", "PLAIN")
    with pytest.raises(Problem, match="by the name `other`"):
        provider.access(world(), "other")


def test_a_password_is_not_shown() -> None:
    assert "hush-hush" not in repr(provider.access(world(URL="kafka://a", PASSWORD="hush-hush"), "kafka"))


ALL = sorted(code for code in errors.kafka_errors if code)


@pytest.mark.parametrize("code", ALL)
def test_every_refusal_means_something(code: int) -> None:
    told = kafka_errors.refusal("kafka", code, "in the broker's words")
    if isinstance(told, Problem):
        assert told.sentence
        assert told.remedy
        assert "[Error" not in told.sentence
    else:
        assert isinstance(told, Unreachable)
        assert "Kafka does not answer: " in str(told)
    assert isinstance(told, Unreachable) == (errors.for_code(code).retriable or code == -1)


def test_words_without_the_librarys_own() -> None:
    answer = "[Error 40] InvalidConfigurationError: Unknown topic config name: x"
    with pytest.raises(Problem, match=r"^Kafka refuses: Unknown topic config name: x$"):
        kafka_errors.raise_refusal("kafka", answer)
    kafka_errors.raise_refusal("kafka", "OK")
    with pytest.raises(Unreachable, match="something"):
        kafka_errors.raise_refusal("kafka", "something")


@pytest.mark.parametrize(
    ("raised", "wanted"),
    [
        (errors.KafkaTimeoutError(), Unreachable),
        (errors.KafkaConnectionError("refused"), Unreachable),
        (errors.NodeNotReadyError("x"), Unreachable),
        (ConnectionResetError(), Unreachable),
        (RuntimeError("Failed to find active controller id!"), Unreachable),
        (errors.SaslAuthenticationFailedError("x"), Problem),
        (errors.ClusterAuthorizationFailedError("x"), Problem),
        (Foreign("theirs"), Foreign),
        (KeyError("ours"), KeyError),
    ],
)
def test_what_goes_through(raised: Exception, wanted: type[Exception]) -> None:
    with pytest.raises(wanted), kafka_errors.answering("kafka"):
        raise raised
