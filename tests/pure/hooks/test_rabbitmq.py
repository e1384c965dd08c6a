"""The kind `rabbitmq`, without a RabbitMQ: its specs, its names, its definitions, what statuses mean."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hooks import table
from hooks.contract import Problem, Scope, Unreachable
from hooks.kinds import rabbitmq
from hooks.kube import Kube
from hooks.providers import rabbitmq as provider
from hooks.world import World

SCOPE = Scope("acme-shop-1", "feature1", "orders", "orders-feature1", "devstack-shop")

names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", fullmatch=True)
labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", fullmatch=True)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["vhost", "name", "queues"]), inner),
    max_leaves=8,
)


def spec(**fields: Any) -> rabbitmq.Spec:
    return rabbitmq.Spec.model_validate_json(
        json.dumps({"kind": "rabbitmq", "name": "orders", "env": "AMQP_URL", **fields})
    )


def world(**env: str) -> World:
    given = {f"DEVSTACK_PROVIDER_RABBITMQ_{key}": value for key, value in env.items()}
    return World(given, Kube(None), deadline=0, settings={})


def test_it_is_in_the_table() -> None:
    assert table.module("rabbitmq") is rabbitmq


def test_the_example_of_the_documentation() -> None:
    one = spec(permissions={"configure": "^$"}, definitions="mq/rabbit.json")
    assert rabbitmq.name(one, SCOPE) == "orders-feature1"
    assert rabbitmq.env(one) == ("AMQP_URL",)
    assert rabbitmq.needs(one) == ()
    assert rabbitmq.files(one) == ("mq/rabbit.json",)
    assert rabbitmq.files(spec()) == ()
    assert one.permissions.model_dump() == {"configure": "^$", "write": ".*", "read": ".*"}
    assert one.server == "rabbitmq"


@given(names, labels)
def test_names_fit_into_an_address(name: str, label: str) -> None:
    real = rabbitmq.name(spec(name=name), Scope("s", label, "s", "r", "n"))
    assert 0 < len(real) <= 100
    assert real != name
    url = urlsplit(provider.access(world(URL="http://a:b@host:1"), "rabbitmq").url(real, "p/w", real))
    assert (url.username, url.password, url.path) == (real, "p%2Fw", f"/{real}")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "/"}, "name"),
        ({"name": "a" * 81}, "name"),
        ({"env": None}, "env"),
        ({"permissions": {"admin": ".*"}}, "permissions"),
        ({"definitions": "/etc/passwd"}, "definitions"),
        ({"definitions": "../rabbit.json"}, "definitions"),
        ({"vhost": "orders"}, "vhost"),
    ],
)
def test_specs_that_are_wrong(fields: Mapping[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        spec(**fields)


def test_marks_tell_stacks_and_services_apart() -> None:
    others = [
        Scope("acme-shop-2", "feature1", "orders", "orders-feature1", "n"),
        Scope("acme-shop-1", "feature1", "cart", "cart-feature1", "n"),
        Scope("acme-shop-1", "feature2", "orders", "orders-feature2", "n"),
    ]
    marks = "devstack.dev/stack=acme-shop-1 devstack.dev/service=orders devstack.dev/label=feature1"
    assert rabbitmq.mark(SCOPE) == marks
    assert len({rabbitmq.mark(each) for each in (SCOPE, *others)}) == 4


def test_definitions_name_no_virtual_host() -> None:
    queue = {"name": "created", "vhost": "orders", "durable": True}
    text = json.dumps({"rabbit_version": "3.10.8", "queues": [queue], "users": [], "policies": []})
    assert rabbitmq.parsed("rabbit.json", text) == {
        "exchanges": [],
        "queues": [{"name": "created", "durable": True}],
        "bindings": [],
        "policies": [],
    }


@given(st.dictionaries(st.sampled_from([*rabbitmq.KEPT, "users", "vhosts", "parameters", "metadata"]), json_values))
def test_definitions_of_any_kind_are_used_or_refused(found: dict[str, Any]) -> None:
    fits = all(isinstance(found.get(key, []), list) for key in rabbitmq.KEPT) and not any(
        value for key, value in found.items() if key in ("users", "vhosts", "parameters")
    )
    fits = fits and all(isinstance(each, dict) for key in rabbitmq.KEPT for each in found.get(key, []))
    if not fits:
        with pytest.raises(Problem, match=r"rabbit\.json") as raised:
            rabbitmq.parsed("rabbit.json", json.dumps(found))
        assert raised.value.remedy
        return
    applied = rabbitmq.parsed("rabbit.json", json.dumps(found))
    assert set(applied) == set(rabbitmq.KEPT)
    assert not [each for items in applied.values() for each in items if "vhost" in each]


@pytest.mark.parametrize(("tags", "wanted"), [("", []), ("a,b", ["a", "b"]), ([], []), (["a"], ["a"]), (None, [])])
def test_tags_of_old_and_new_servers(tags: Any, wanted: list[str]) -> None:
    assert rabbitmq._tags({"tags": tags}) == wanted


@pytest.mark.parametrize(
    ("env", "host", "port", "amqp"),
    [
        ({"URL": "http://a:b@mq:15672"}, "mq", 15672, "amqp://mq:5672"),
        ({"URL": "https://mq"}, "mq", 15671, "amqp://mq:5672"),
        ({"URL": "http://mq", "AMQP_URL": "amqps://other"}, "mq", 15672, "amqps://other:5671"),
        ({"URL": "http://mq", "AMQP_URL": "amqp://u:p@other:1/vhost"}, "mq", 15672, "amqp://other:1"),
        ({"URL": "http://[::1]:1"}, "[::1]", 1, "amqp://[::1]:5672"),
    ],
)
def test_addresses(env: dict[str, str], host: str, port: int, amqp: str) -> None:
    found = provider.access(world(**env), "rabbitmq")
    assert (found.host, found.port, found.amqp) == (host, port, amqp)


def test_user_and_password_are_as_they_were_before_they_were_written_down() -> None:
    found = provider.access(world(URL="http://a%40b:p%2Fw@mq/mq/"), "rabbitmq")
    assert (found.user, found.password, found.path) == ("a@b", "p/w", "/mq")
    assert "p/w" not in repr(found)
    assert unquote("p%2Fw") == found.password


@pytest.mark.parametrize(
    "env",
    [{}, {"URL": "amqp://mq:5672"}, {"URL": "http://:hush-hush@:x"}, {"URL": "http://mq", "AMQP_URL": "http://mq"}],
)
def test_an_environment_that_cannot_be_used(env: dict[str, str]) -> None:
    with pytest.raises(Problem) as raised:
        provider.access(world(**env), "rabbitmq")
    assert "DEVSTACK_PROVIDER_RABBITMQ_" in raised.value.remedy
    assert "hush-hush" not in f"{raised.value.sentence} {raised.value.remedy}"


@given(st.integers(300, 599).filter(lambda status: status != 404), st.binary(max_size=30))
def test_every_status_means_something(status: int, body: bytes) -> None:
    told = provider.refusal("rabbitmq", status, body)
    assert isinstance(told, Unreachable) == (status == 429 or status >= 500)
    assert "RabbitMQ" in str(told)


def test_refusals_name_what_is_to_be_done() -> None:
    wrong = provider.refusal("rabbitmq", 401, b'{"error":"not_authorized","reason":"Login failed"}')
    weak = provider.refusal("rabbitmq", 401, b'{"error":"not_authorised","reason":"Not management user"}')
    bad = provider.refusal("rabbitmq", 400, b'{"error":"bad_request","reason":"no such queue"}')
    assert isinstance(wrong, Problem)
    assert isinstance(weak, Problem)
    assert "does not accept our user or password" in wrong.sentence
    assert "administrator" in weak.remedy
    assert str(bad) == "RabbitMQ refuses: no such queue"
