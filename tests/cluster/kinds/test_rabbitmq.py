"""Virtual hosts of a real RabbitMQ."""

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection

from hooks import files
from hooks.contract import Problem
from hooks.kinds import rabbitmq as kind
from hooks.providers import rabbitmq as provider
from hooks.providers.rabbitmq import Management
from model import names
from tests.cluster.kinds import brokers
from tests.cluster.kinds.brokers import Feature

pytestmark = [pytest.mark.cluster, pytest.mark.backends("rabbitmq")]

ALL = {"configure": ".*", "write": ".*", "read": ".*"}
QUEUE = {"durable": True, "auto_delete": False, "arguments": {}}
EXCHANGE = {**QUEUE, "type": "topic", "internal": False}


@pytest.fixture
def feature(provided: dict[str, str]) -> Iterator[Feature]:
    with brokers.feature("rabbitmq", provided) as made:
        yield made


@pytest.fixture
def server(feature: Feature) -> Management:
    """The server itself, past what is tested. The base's virtual host and user of the same prefix outlive every test."""
    management = provider.client(feature.world(), "rabbitmq")
    management.put("vhosts", feature.base, body={"description": "the base's"})
    management.put("users", feature.base, body={"password": brokers.SECRET, "tags": ""})
    management.put("permissions", feature.base, feature.base, body=ALL)
    management.put("queues", feature.base, "orders", body=QUEUE)
    before = (
        management.get("vhosts", feature.base)["description"],
        management.get("permissions", feature.base, feature.base),
    )

    def untouched() -> None:
        after = (
            management.get("vhosts", feature.base)["description"],
            management.get("permissions", feature.base, feature.base),
        )
        assert after == before
        assert management.get("queues", feature.base, "orders") is not None
        assert management.delete("users", feature.base)
        assert management.delete("vhosts", feature.base)

    feature.todo.append(untouched)
    return management


def entered(feature: Feature, variable: str = "AMQP_URL", act: Callable[[Any], Any] = lambda channel: None) -> Any:
    """What a pod of the feature can do with its URL."""
    with Connection(feature.values[variable], connect_timeout=3) as connection:
        connection.connect()
        return act(connection.default_channel)


def kept(feature: Feature, folder: Path, path: str, content: object) -> None:
    """A file of the repository, as the chart brings it."""
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / names.file_key(path)).write_bytes(gzip.compress(text.encode()))
    feature.env[files.FOLDER_VARIABLE] = str(folder)


def send(channel: Any) -> None:
    channel.queue_declare("mine", durable=True, auto_delete=False)
    channel.basic_publish(channel.prepare_message(b"hello", content_encoding="binary"), exchange="", routing_key="mine")


def waiting(channel: Any) -> int:
    return int(channel.queue_declare("mine", passive=True).message_count)


def test_it_is_made_again_changed_and_removed(feature: Feature, server: Management) -> None:
    made = feature.ensure(name=feature.base, env="AMQP_URL")
    assert feature.find() == [feature.real]
    entered(feature, act=send)

    again = feature.ensure(name=feature.base, env="AMQP_URL")
    assert again == made  # the password too: no pod is restarted
    assert entered(feature, act=waiting) == 1

    feature.ensure(name=feature.base, env="BROKER", permissions={"configure": "^$"})
    assert feature.values["BROKER"] == feature.values["AMQP_URL"]
    assert server.get("permissions", feature.real, feature.real)["configure"] == "^$"
    assert server.get("users", feature.real)["tags"] == []
    with pytest.raises(Exception, match="ACCESS_REFUSED"):
        entered(feature, "BROKER", lambda channel: channel.queue_declare("more", durable=True))

    assert feature.remove()
    assert server.get("vhosts", feature.real) is None
    assert server.get("users", feature.real) is None
    assert feature.find() == []
    assert not feature.remove()


def test_the_user_enters_no_other_virtual_host(feature: Feature, server: Management) -> None:
    feature.ensure(name=feature.base, env="AMQP_URL")
    mine = feature.values["AMQP_URL"]
    feature.values["THEIRS"] = mine.removesuffix(feature.real) + feature.base
    feature.values["MAIN"] = mine.removesuffix(feature.real) + "%2F"
    for variable in ("THEIRS", "MAIN"):
        with pytest.raises(Exception, match=r"(?i)not_allowed"):
            entered(feature, variable)


@pytest.mark.parametrize("what", [("vhosts",), ("users",), ("users", "vhosts"), ("permissions",)])
def test_what_somebody_deleted_is_made_again(feature: Feature, server: Management, what: tuple[str, ...]) -> None:
    made = feature.ensure(name=feature.base, env="AMQP_URL")
    for each in what:
        assert server.delete(each, feature.real, *([feature.real] if each == "permissions" else []))
    assert feature.ensure(name=feature.base, env="AMQP_URL") == made
    entered(feature)
    for each in what:
        assert server.delete(each, feature.real, *([feature.real] if each == "permissions" else []))
    assert feature.remove() == (what != ("users", "vhosts"))
    assert server.get("users", feature.real) is None
    assert not feature.remove()


def test_a_lost_secret_means_a_new_password(feature: Feature, server: Management) -> None:
    feature.ensure(name=feature.base, env="AMQP_URL")
    old = dict(feature.values)
    feature.values = {}
    feature.ensure(name=feature.base, env="AMQP_URL")
    entered(feature)
    feature.values = old
    with pytest.raises(Exception, match="ACCESS_REFUSED"):
        entered(feature)


@pytest.mark.parametrize("description", ["", "theirs", "another stack's", "another service's"])
def test_a_virtual_host_that_is_not_ours_is_left_alone(feature: Feature, server: Management, description: str) -> None:
    other = feature.of("orders", "acme-other-1") if "stack" in description else feature.of("cart")
    told = kind.mark(other) if "another" in description else description
    server.put("vhosts", feature.real, body={"description": told, "tags": "devstack"})
    feature.todo.append(lambda: server.delete("vhosts", feature.real))
    server.put("users", feature.real, body={"password": brokers.SECRET, "tags": ""})
    feature.todo.append(lambda: server.delete("users", feature.real))
    server.put("permissions", feature.real, feature.real, body=ALL)
    for begun in (False, True):
        if begun:  # not even where it is on record: this server has a place for marks
            feature.begin(name=feature.base, env="AMQP_URL")
        problem = feature.foreign(name=feature.base, env="AMQP_URL")
        assert f"the virtual host `{feature.real}` exists" in problem.sentence
    assert not feature.remove()
    assert server.get("vhosts", feature.real)["description"] == told
    assert server.get("users", feature.real) is not None
    feature.records.clear()


@pytest.mark.parametrize(
    ("tags", "enters"), [("", ""), ("", "base"), ("management", ""), ("monitoring,policymaker", "base")]
)
def test_a_user_that_is_not_ours_is_left_alone(feature: Feature, server: Management, tags: str, enters: str) -> None:
    server.put("users", feature.real, body={"password": brokers.SECRET, "tags": tags})
    feature.todo.append(lambda: server.delete("users", feature.real))
    if enters:
        server.put("permissions", feature.base, feature.real, body=ALL)
    problem = feature.foreign(name=feature.base, env="AMQP_URL")
    assert f"the user `{feature.real}` exists" in problem.sentence
    if tags or enters:
        feature.begin(name=feature.base, env="AMQP_URL")
        assert not feature.remove()
        feature.records.clear()
    assert server.get("users", feature.real) is not None


def test_a_run_that_died_anywhere_is_made_up_for(
    feature: Feature, server: Management, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> bool:
        return server.get("vhosts", feature.real) is None and server.get("users", feature.real) is None

    brokers.die_everywhere(
        feature, [(Management, "_ask")], monkeypatch, gone, name=feature.base, env="AMQP_URL", permissions={"read": "^x"}
    )


def test_a_mark_without_a_record_is_ours(feature: Feature, server: Management) -> None:
    feature.ensure(name=feature.base, env="AMQP_URL")
    feature.records.clear()
    feature.ensure(name=feature.base, env="AMQP_URL")
    entered(feature)


def test_a_half_made_one_is_removed(feature: Feature, server: Management) -> None:
    server.put("vhosts", feature.real, body={"description": kind.mark(feature.scope)})
    feature.begin(name=feature.base, env="AMQP_URL")
    assert feature.remove()
    assert not feature.remove()


def test_a_removal_that_died_is_made_up_for(feature: Feature, server: Management) -> None:
    feature.ensure(name=feature.base, env="AMQP_URL")
    server.delete("users", feature.real)
    assert feature.find() == [feature.real]
    assert feature.remove()


def test_definitions_are_applied_to_the_features_own_virtual_host(
    feature: Feature, server: Management, tmp_path: Path
) -> None:
    definitions = {
        "rabbitmq_version": "3.10.8",
        "users": [],
        "queues": [{"name": "created", "vhost": feature.base, **QUEUE}],
        "exchanges": [{"name": "events", "vhost": feature.base, **EXCHANGE}],
        "bindings": [
            {"source": "events", "vhost": feature.base, "destination": "created", "destination_type": "queue",
             "routing_key": "created", "arguments": {}},
        ],
        "policies": [
            {"vhost": feature.base, "name": "short", "pattern": "^created$", "apply-to": "queues", "priority": 1,
             "definition": {"message-ttl": 1000}},
        ],
    }  # fmt: skip
    kept(feature, tmp_path, "mq/rabbit.json", definitions)
    for _ in range(2):
        feature.ensure(name=feature.base, env="AMQP_URL", definitions="mq/rabbit.json")
        assert server.get("queues", feature.real, "created") is not None
        assert [each["source"] for each in server.get("queues", feature.real, "created", "bindings")] == ["", "events"]
        assert server.get("policies", feature.real, "short") is not None
    assert server.get("queues", feature.base, "created") is None


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "is no JSON"),
        ([], "holds no definitions"),
        ({"queues": {}}, "is no list of mappings"),
        ({"users": [{"name": "x"}]}, "holds `users`"),
        ({"parameters": [{"component": "shovel"}]}, "holds `parameters`"),
        ({"permissions": [{}], "queues": []}, "holds `permissions`"),
        (None, "is not here"),
    ],
)
def test_definitions_that_cannot_be_used(
    feature: Feature, server: Management, tmp_path: Path, content: object, sentence: str
) -> None:
    kept(feature, tmp_path, "other.json" if content is None else "rabbit.json", content)
    with pytest.raises(Problem) as raised:
        feature.ensure(name=feature.base, env="AMQP_URL", definitions="rabbit.json")
    assert "rabbit.json" in raised.value.sentence
    assert sentence in raised.value.sentence
    assert raised.value.remedy
    assert feature.find() == []


def test_nobody_answers() -> None:
    env = {"DEVSTACK_PROVIDER_RABBITMQ_URL": brokers.nobody("http", f"admin:{brokers.SECRET}@")}
    assert "RabbitMQ does not answer" in brokers.unreachable("rabbitmq", env, name="orders", env="AMQP_URL")


def test_a_server_that_does_not_talk() -> None:
    with brokers.talking(lambda _: b"") as port:
        env = {"DEVSTACK_PROVIDER_RABBITMQ_URL": f"http://admin:{brokers.SECRET}@127.0.0.1:{port}"}
        assert "RabbitMQ does not answer" in brokers.unreachable("rabbitmq", env, name="orders", env="AMQP_URL")


def test_wrong_credentials(feature: Feature) -> None:
    there = provider.access(feature.world(), "rabbitmq")
    env = {"DEVSTACK_PROVIDER_RABBITMQ_URL": f"http://nobody:{brokers.SECRET}@{there.host}:{there.port}{there.path}"}
    words = brokers.said("rabbitmq", env, Problem, name="orders", env="AMQP_URL")
    assert "does not accept our user or password" in words
    assert "DEVSTACK_PROVIDER_RABBITMQ_URL" in words


@pytest.mark.parametrize("tags", ["", "management", "policymaker"])
def test_too_few_rights(feature: Feature, server: Management, tags: str) -> None:
    weak = f"weak{feature.id}"
    server.put("users", weak, body={"password": brokers.SECRET, "tags": tags})
    feature.todo.append(lambda: server.delete("users", weak))
    there = provider.access(feature.world(), "rabbitmq")
    url = f"http://{weak}:{brokers.SECRET}@{there.host}:{there.port}{there.path}"
    spec = feature.spec(name=feature.base, env="AMQP_URL")
    with pytest.raises(Problem, match="our user may not make virtual hosts") as raised:
        feature.module.check(feature.world(DEVSTACK_PROVIDER_RABBITMQ_URL=url), spec, feature.scope, None)
    assert "DEVSTACK_PROVIDER_RABBITMQ_URL" in raised.value.remedy


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_too_busy(status: int) -> None:
    with brokers.http(status, '{"error": "busy"}') as url:
        words = brokers.unreachable("rabbitmq", {"DEVSTACK_PROVIDER_RABBITMQ_URL": url}, name="orders", env="AMQP_URL")
        assert f"status {status}" in words


def test_something_else_at_that_address() -> None:
    with brokers.http(200, "<html>hello</html>", "text/html") as url:
        words = brokers.said("rabbitmq", {"DEVSTACK_PROVIDER_RABBITMQ_URL": url}, Problem, name="orders", env="AMQP_URL")
        assert "not as RabbitMQ's management API does" in words


def test_pods_are_told_the_address_that_is_theirs(feature: Feature, server: Management) -> None:
    feature.env["DEVSTACK_PROVIDER_RABBITMQ_AMQP_URL"] = "amqps://mq.example.com"
    url = feature.ensure(name=feature.base, env="AMQP_URL").values["AMQP_URL"]
    assert url.startswith(f"amqps://{feature.real}:")
    assert url.endswith(f"@mq.example.com:5671/{feature.real}")
