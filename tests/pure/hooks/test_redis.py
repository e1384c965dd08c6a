"""The kind `redis`, without a Redis: its specs, its names, the rules for its users, what errors mean."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from redis import exceptions

from hooks import table
from hooks.contract import Problem, Scope, Unreachable
from hooks.kinds import redis
from hooks.kube import Kube
from hooks.providers import logins, redis_ledger, redis_users
from hooks.providers import redis as provider
from hooks.world import World

SCOPE = Scope("acme-shop-1", "feature1", "orders", "orders-feature1", "devstack-shop")

names = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", fullmatch=True)
labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", fullmatch=True)
rules = st.lists(
    st.builds(
        "{}{}".format,
        st.sampled_from("+-"),
        st.sampled_from(["@all", "@read", "@write", "@keyspace", "get", "set", "scan", "keys", "info", "select", "eval"]),
    ).filter(lambda rule: not redis_users.refused(rule)),
    max_size=8,
).map(tuple)


def spec(**fields: Any) -> redis.Spec:
    return redis.Spec.model_validate_json(json.dumps({"kind": "redis", "name": "orders", **fields}))


def world(**env: str) -> World:
    return World(
        {f"DEVSTACK_PROVIDER_REDIS_{key}": value for key, value in env.items()}, Kube(None), deadline=0, settings={}
    )


def test_it_is_in_the_table() -> None:
    assert table.module("redis") is redis


def test_the_example_of_the_documentation() -> None:
    one = spec()
    assert redis.name(one, SCOPE) == "orders-feature1"
    assert redis.env(one) == ("REDIS_URL", "REDIS_PREFIX")
    assert redis.env(spec(prefixEnv="KEYS")) == ("REDIS_URL", "KEYS")
    assert redis.env(spec(isolation="database")) == ("REDIS_URL",)
    assert redis.needs(one) == ()
    assert one.server == "redis"


@given(names, labels)
def test_names_hold_nothing_that_a_pattern_would_take_for_more(name: str, label: str) -> None:
    real = redis.name(spec(name=name), Scope("s", label, "s", "r", "n"))
    assert 0 < len(real) <= 100
    assert not set(real) & set("*?[]\\^ :|&~\n")
    assert real != name


@given(names, names, labels)
def test_no_prefix_holds_another(one: str, other: str, label: str) -> None:
    scope = Scope("s", label, "s", "r", "n")
    first, second = (f"{redis.name(spec(name=name), scope)}:" for name in (one, other))
    assert (one == other) or not first.startswith(second)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "a*"}, "name"),
        ({"name": "-a"}, "name"),
        ({"name": "a" * 81}, "name"),
        ({"isolation": "server"}, "isolation"),
        ({"isolation": "database", "prefixEnv": "X"}, "`isolation: prefix` only"),
        ({"env": "REDIS_PREFIX"}, "different variables"),
        ({"commands": ["get"]}, "commands"),
        ({"commands": ["+get ~*"]}, "commands"),
        ({"commands": ["~*"]}, "commands"),
        ({"commands": [">password"]}, "commands"),
        ({"commands": ["+@admin"]}, "is not given to a feature"),
        ({"commands": ["+flushall"]}, "is not given to a feature"),
        ({"commands": ["+config|get"]}, "is not given to a feature"),
        ({"commands": ["+select"]}, "is not given to a feature"),
    ],
)
def test_specs_that_are_wrong(fields: Mapping[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        spec(**fields)


def allowed(found: list[str], command: str, categories: set[str]) -> bool:
    """What Redis makes of rules: the last one that is about a command counts."""
    last = [
        rule for rule in found if rule[0] in "+-" and rule[1:] in {command, "@all", *(f"@{each}" for each in categories)}
    ]
    return bool(last) and last[-1][0] == "+"


@given(rules)
def test_whatever_an_owner_wants_some_things_are_never_given(wanted: tuple[str, ...]) -> None:
    for found in (redis_users.in_prefix("orders-feature1:", wanted), redis_users.in_database(3, wanted)):
        for command in ("function", "script", "select", "move", "copy", "pubsub"):
            assert not allowed(found, command, {"keyspace"})
        for command in ("flushall", "config", "acl", "shutdown"):
            assert not allowed(found, command, {"admin", "dangerous"})
    assert [rule for rule in redis_users.in_prefix("a:", wanted) if rule[0] in "~&"] == ["~a:*", "&a:*"]
    assert not [rule for rule in redis_users.in_prefix("a:", wanted) if rule.startswith("+select")]
    assert redis_users.in_database(3, wanted)[-1] == "+select|3"


@given(rules)
def test_names_of_other_keys_are_seen_on_request_only(wanted: tuple[str, ...]) -> None:
    found = redis_users.in_prefix("a:", wanted)
    for command, categories in (("scan", {"keyspace", "read"}), ("keys", {"keyspace", "read", "dangerous"})):
        assert allowed(found, command, categories) == (f"+{command}" in wanted)


def test_few_commands_stay_few() -> None:
    found = redis_users.in_prefix("a:", ("-@all", "+get"))
    assert allowed(found, "get", {"read"})
    for command in ("set", "info", "script|load"):
        assert not allowed(found, command, {"write", "dangerous"})
    assert not allowed(redis_users.in_prefix("a:", ("-info",)), "info", {"dangerous"})
    assert allowed(redis_users.in_prefix("a:", ()), "info", {"dangerous"})


def test_marks_can_be_read_again() -> None:
    mark = redis_ledger.entry("orders-feature1", SCOPE, "prefix")
    assert redis_ledger.parsed(mark.text()) == mark
    assert mark.belongs(SCOPE)
    assert redis_ledger.parsed(None) is None
    for text in ("", "{}", "[]", "1", '{"name": "x"}', "nonsense"):
        strange = redis_ledger.parsed(text)
        assert strange is not None
        assert not strange.belongs(SCOPE)


def test_pods_get_an_address_of_their_own() -> None:
    found = provider.access(world(URL="rediss://admin:p%40ss@cache.example.com:7000/3"), "redis")
    assert (found.user, found.password) == ("admin", "p@ss")
    assert found.url("o-f1", "a/b", 2) == "rediss://o-f1:a%2Fb@cache.example.com:7000/2"
    assert "p@ss" not in repr(found)
    inside = provider.access(world(URL="redis://127.0.0.1:1", HOST_FOR_PODS="redis.shop:6379"), "redis")
    assert inside.url("u", "p") == "redis://u:p@redis.shop:6379/0"
    assert provider.access(world(URL="redis://[::1]"), "redis").url("u", "p") == "redis://u:p@[::1]:6379/0"


@pytest.mark.parametrize("url", ["", "http://host", "redis://", "redis://:hush-hush@host:port", "host:6379"])
def test_an_environment_that_cannot_be_used(url: str) -> None:
    with pytest.raises(Problem) as raised:
        provider.access(world(URL=url), "redis")
    assert "DEVSTACK_PROVIDER_REDIS_URL" in raised.value.remedy
    assert "hush-hush" not in f"{raised.value.sentence} {raised.value.remedy}"


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (exceptions.ConnectionError("refused"), Unreachable),
        (exceptions.TimeoutError("slow"), Unreachable),
        (exceptions.BusyLoadingError("loading"), Unreachable),
        (exceptions.MaxConnectionsError("full"), Unreachable),
        (exceptions.ResponseError("BUSY Redis is busy running a script"), Unreachable),
        (exceptions.TryAgainError("TRYAGAIN"), Unreachable),
        (exceptions.MasterDownError("down"), Unreachable),
        (ConnectionResetError(), Unreachable),
        (exceptions.AuthenticationError("invalid"), Problem),
        (exceptions.AuthorizationError("no"), Problem),
        (exceptions.NoPermissionError("no permissions to run the 'acl' command"), Problem),
        (exceptions.ReadOnlyError("replica"), Problem),
        (exceptions.MovedError("1 host:1"), Problem),
        (exceptions.OutOfMemoryError("full"), Problem),
        (exceptions.ResponseError("unknown command 'ACL'"), Problem),
        (exceptions.ResponseError("Error in ACL SETUSER modifier"), Problem),
        (Problem("ours"), Problem),
        (KeyError("ours"), KeyError),
    ],
)
def test_what_errors_mean(error: Exception, wanted: type[Exception]) -> None:
    with pytest.raises(wanted) as raised, provider.answering("redis"):
        raise error
    if isinstance(raised.value, Unreachable):
        assert raised.value.server == "Redis"


def test_the_password_of_earlier_runs_is_kept() -> None:
    values = {"A": "no address", "B": "redis://other:x@h/0", "C": "amqp://me:wrong@h/0", "D": "rediss://me:r%2Fight@h/0"}
    assert logins.password("me", redis.SCHEMES, values) == "r/ight"
    made = logins.password("nobody", redis.SCHEMES, values | {"E": "redis://[", "F": "redis://nobody@h"})
    assert len(made) == 40
    assert made != logins.new_password()
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def test_rules_that_an_older_server_does_not_know_are_left_out() -> None:
    class Old:
        def execute_command(self, *words: str) -> list[Any]:
            if words == ("ACL", "CAT"):
                return ["admin", "dangerous", "read"]
            return [None if each in ("copy", "function", "sort_ro") else [each] for each in words[1:]]

    found = redis_users.in_database(3, ("-@scripting",))
    assert redis._unknown(Old(), found) == ["-@scripting", "-function", "-copy", "+sort_ro"]
    assert redis._unknown(Old(), ["~*", "&*", "+@all", "-@admin"]) == []
