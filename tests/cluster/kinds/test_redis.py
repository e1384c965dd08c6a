"""Corners of a real Redis."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis as library
from redis.client import Pipeline
from redis.exceptions import NoPermissionError

from hooks.contract import Problem, Unreachable
from hooks.providers import redis as provider
from hooks.providers import redis_ledger
from playground import redis as playground
from tests.cluster.kinds import brokers
from tests.cluster.kinds.brokers import Feature

pytestmark = [pytest.mark.cluster, pytest.mark.backends("redis")]


@pytest.fixture
def feature(provided: dict[str, str]) -> Iterator[Feature]:
    with brokers.feature("redis", provided) as made:
        yield made


@pytest.fixture
def server(feature: Feature) -> Any:
    """The server itself, past what is tested. The base's keys of the same prefix must outlive every test."""
    client = provider.client(feature.world(), "redis")
    ours = {f"{feature.base}:1": "base", f"{feature.base}-{feature.id}:1": "base", f"x{feature.real}:1": "base"}
    client.mset(ours)
    client.execute_command("ACL SETUSER", feature.base, "on", "nopass", f"~{feature.base}:*", "+get")

    def untouched() -> None:
        assert client.mget(list(ours)) == list(ours.values())
        assert client.acl_deluser(feature.base) == 1
        client.delete(*ours)

    feature.todo.append(untouched)
    return client


def pods(feature: Feature, variable: str = "REDIS_URL") -> Any:
    """A client as the feature's pods have it."""
    client = library.Redis.from_url(feature.values[variable], decode_responses=True)
    feature.todo.append(client.close)
    return client


def keys(server: Any, feature: Feature) -> list[str]:
    return sorted(server.scan_iter(match=f"{feature.real}:*"))


def test_a_prefix_is_made_again_changed_and_removed(feature: Feature, server: Any) -> None:
    made = feature.ensure(name=feature.base)
    assert made.values["REDIS_PREFIX"] == f"{feature.real}:"
    assert feature.find() == [feature.real]
    mine = pods(feature)
    mine.set(f"{feature.real}:cart", "1")
    mine.publish(f"{feature.real}:news", "1")

    again = feature.ensure(name=feature.base)
    assert again == made  # the password too: no pod is restarted
    assert mine.get(f"{feature.real}:cart") == "1"

    changed = feature.ensure(name=feature.base, env="CACHE_URL", prefixEnv="CACHE_PREFIX", commands=["-@set", "-set"])
    assert changed.values["CACHE_URL"] == made.values["REDIS_URL"]
    with pytest.raises(NoPermissionError):
        mine.set(f"{feature.real}:cart", "2")
    assert mine.get(f"{feature.real}:cart") == "1"

    assert feature.remove()
    assert keys(server, feature) == []
    assert server.execute_command("ACL GETUSER", feature.real) is None
    assert feature.find() == []
    assert not feature.remove()


def test_a_user_reaches_nothing_outside_of_its_prefix(feature: Feature, server: Any) -> None:
    feature.ensure(name=feature.base)
    mine = pods(feature)
    theirs = f"{feature.base}:1"
    refused: list[tuple[str, ...]] = [
        ("GET", theirs), ("SET", theirs, "x"), ("DEL", theirs), ("GET", f"{feature.base}-{feature.id}:1"),
        ("RENAME", f"{feature.real}:a", theirs), ("COPY", theirs, f"{feature.real}:a"), ("PUBLISH", "news", "x"),
        ("EVAL", f"return redis.call('GET', '{theirs}')", "0"), ("GET", f"x{feature.real}:1"),
        ("EVAL", "return redis.call('SCAN', '0')", "0"), ("EVAL", "return redis.call('SELECT', '1')", "0"),
        ("SCAN", "0"), ("KEYS", "*"), ("RANDOMKEY",), ("DBSIZE",), ("SELECT", "1"), ("MOVE", f"{feature.real}:a", "1"),
        ("FLUSHDB",), ("FLUSHALL",), ("SWAPDB", "0", "1"), ("CONFIG", "GET", "*"), ("ACL", "LIST"), ("MONITOR",),
        ("FUNCTION", "FLUSH"), ("SCRIPT", "FLUSH"), ("SHUTDOWN",), ("CLIENT", "LIST"),
        ("HGETALL", redis_ledger.OWNERS), ("HDEL", redis_ledger.OWNERS, feature.real), ("PUBSUB", "CHANNELS"),
        ("PSUBSCRIBE", "*"), ("SUBSCRIBE", "news"),
        ("SORT", f"{feature.real}:a", "GET", theirs), ("MIGRATE", "127.0.0.1", "1", theirs, "0", "1"),
    ]  # fmt: skip
    for words in refused:
        with pytest.raises(library.ResponseError, match=r"(?i)permission|can't (access|run)"):
            mine.execute_command(*words)
    for words in (("PING",), ("INFO",), ("SCRIPT", "LOAD", "return 1"), ("CLIENT", "SETNAME", "x"), ("COMMAND",)):
        mine.execute_command(*words)
    asked = feature.ensure(name=feature.base, commands=["+scan"])
    assert not asked.warning
    assert isinstance(mine.scan(0), tuple)


def test_what_somebody_deleted_is_made_again(feature: Feature, server: Any) -> None:
    made = feature.ensure(name=feature.base)
    server.acl_deluser(feature.real)
    assert feature.ensure(name=feature.base) == made
    pods(feature).set(f"{feature.real}:a", "1")
    server.hdel(redis_ledger.OWNERS, feature.real)  # the mark alone: what is on record as made is still ours
    assert feature.ensure(name=feature.base) == made
    assert feature.find() == [feature.real]
    server.hdel(redis_ledger.OWNERS, feature.real)
    assert feature.remove()
    assert keys(server, feature) == []
    assert not feature.remove()


def test_a_lost_secret_means_a_new_password(feature: Feature, server: Any) -> None:
    made = feature.ensure(name=feature.base)
    old = pods(feature)
    feature.values = {}
    assert feature.ensure(name=feature.base).values["REDIS_URL"] != made.values["REDIS_URL"]
    pods(feature).ping()
    old.connection_pool.disconnect()
    with pytest.raises(library.AuthenticationError):
        old.ping()


@pytest.mark.parametrize("what", ["user", "key", "mark of another stack", "mark of another service"])
def test_what_is_not_ours_is_left_alone(feature: Feature, server: Any, what: str) -> None:
    real = feature.real
    other = feature.of("orders", "acme-other-1") if "stack" in what else feature.of("cart")
    if what == "user":
        server.execute_command("ACL SETUSER", real, "on", ">theirs", "~*", "+@all")
        feature.todo.append(lambda: server.acl_deluser(real))
    else:
        server.set(f"{real}:theirs", "1")
        feature.todo.append(lambda: server.delete(f"{real}:theirs"))
    if "mark" in what:
        redis_ledger.Ledger(server).own(redis_ledger.entry(real, other, "prefix"))
        feature.todo.append(lambda: server.hdel(redis_ledger.OWNERS, real))
    problem = feature.foreign(name=feature.base)
    assert real in problem.sentence
    feature.begin(name=feature.base)
    assert not feature.remove()
    if what == "user":
        assert server.execute_command("ACL GETUSER", real) is not None
    else:
        assert server.get(f"{real}:theirs") == "1"
    feature.records.clear()


@pytest.mark.parametrize("isolation", ["prefix", "database"])
def test_a_run_that_died_anywhere_is_made_up_for(
    feature: Feature, server: Any, isolation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> bool:
        claims = [text for text in server.hvals(redis_ledger.DATABASES) if feature.real in text]
        return not keys(server, feature) and not claims and feature.real not in server.acl_users()

    calls = [(library.Redis, "execute_command"), (Pipeline, "execute")]
    brokers.die_everywhere(feature, calls, monkeypatch, gone, name=feature.base, isolation=isolation)


def test_a_half_made_one_is_removed(feature: Feature, server: Any) -> None:
    redis_ledger.Ledger(server).own(redis_ledger.entry(feature.real, feature.scope, "database"))
    feature.begin(name=feature.base)
    assert feature.remove()
    assert not feature.remove()


def test_more_keys_than_a_batch_are_removed(feature: Feature, server: Any) -> None:
    feature.ensure(name=feature.base)
    pods(feature).mset({f"{feature.real}:{number}": "x" for number in range(5000)})
    assert feature.remove()
    assert keys(server, feature) == []


def test_a_database_is_made_again_and_removed(feature: Feature, server: Any) -> None:
    made = feature.ensure(name=feature.base, isolation="database")
    number = int(made.facts["database"])
    assert number > 0
    mine = pods(feature)
    mine.set("anything", "1")
    assert feature.ensure(name=feature.base, isolation="database") == made
    assert mine.get("anything") == "1"
    assert mine.keys() == ["anything"]
    with pytest.raises(NoPermissionError):
        mine.select(number + 1)
    with pytest.raises(NoPermissionError):
        mine.flushall()
    assert feature.remove()
    assert f"db{number}" not in server.info("keyspace")
    assert feature.find() == []
    assert not feature.remove()


def test_two_features_never_share_a_database(feature: Feature, server: Any) -> None:
    one = feature.ensure(name=feature.base, isolation="database", env="ONE")
    two = feature.ensure(name=f"{feature.base}b", isolation="database", env="TWO")
    assert one.facts["database"] != two.facts["database"]
    pods(feature, "ONE").set("a", "1")
    assert pods(feature, "TWO").get("a") is None
    assert feature.remove(f"{feature.base}b-f{feature.id}")
    assert pods(feature, "ONE").get("a") == "1"


def test_another_isolation_empties_the_old_one(feature: Feature, server: Any) -> None:
    feature.ensure(name=feature.base)
    pods(feature).set(f"{feature.real}:a", "1")
    made = feature.ensure(name=feature.base, isolation="database")
    assert "lost" in made.warning
    assert keys(server, feature) == []
    pods(feature).set("a", "1")
    back = feature.ensure(name=feature.base)
    assert "lost" in back.warning
    assert f"db{made.facts['database']}" not in server.info("keyspace")
    assert not [text for text in server.hvals(redis_ledger.DATABASES) if feature.real in text]
    assert not feature.ensure(name=feature.base).warning


def test_commands_that_the_server_does_not_know(feature: Feature, server: Any) -> None:
    with pytest.raises(Problem, match="`gett`") as raised:
        feature.ensure(name=feature.base, commands=["-@all", "+gett"])
    assert raised.value.remedy
    assert feature.find() == []
    feature.ensure(name=feature.base, commands=["-@all", "+ping", "+get"])
    assert pods(feature).get(f"{feature.real}:a") is None
    with pytest.raises(NoPermissionError):
        pods(feature).info()


def test_nobody_answers() -> None:
    env = {"DEVSTACK_PROVIDER_REDIS_URL": brokers.nobody("redis", f":{brokers.SECRET}@")}
    assert "Redis does not answer" in brokers.unreachable("redis", env, name="orders")


def test_wrong_credentials(feature: Feature) -> None:
    there = provider.access(feature.world(), "redis")
    env = {"DEVSTACK_PROVIDER_REDIS_URL": f"redis://nobody:{brokers.SECRET}@{there.host}:{there.port}"}
    words = brokers.said("redis", env, Problem, name="orders")
    assert "does not accept our user or password" in words
    assert "DEVSTACK_PROVIDER_REDIS_URL" in words


def test_too_few_rights(feature: Feature, server: Any) -> None:
    server.execute_command("ACL SETUSER", f"weak{feature.id}", "on", f">{brokers.SECRET}", "~*", "&*", "+@all", "-@admin")
    feature.todo.append(lambda: server.acl_deluser(f"weak{feature.id}"))
    there = provider.access(feature.world(), "redis")
    env = {"DEVSTACK_PROVIDER_REDIS_URL": f"redis://weak{feature.id}:{brokers.SECRET}@{there.host}:{there.port}"}
    with pytest.raises(Problem, match="our user may not do this") as raised:
        feature.module.check(feature.world(**env), feature.spec(name=feature.base), feature.scope, None)
    assert "DEVSTACK_PROVIDER_REDIS_URL" in raised.value.remedy


@pytest.mark.parametrize(
    "answer",
    [
        b"-LOADING Redis is loading the dataset in memory\r\n",
        b"-ERR max number of clients reached\r\n",
        b"-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.\r\n",
        b"-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n",
        b"-TRYAGAIN Multiple keys request during rehashing of slot\r\n",
        b"",
    ],
)
def test_too_busy(answer: bytes) -> None:
    def told(asked: bytes) -> bytes:
        return b"".join(b"+OK\r\n" if b"CLIENT" in each else answer for each in asked.split(b"*")[1:])

    with brokers.talking(told) as port:
        env = {"DEVSTACK_PROVIDER_REDIS_URL": f"redis://127.0.0.1:{port}"}
        assert "Redis does not answer" in brokers.unreachable("redis", env, name="orders")


def test_no_more_clients_and_no_more_databases(tmp_path: Path) -> None:
    own = playground.start(tmp_path, durable=False)
    try:
        with library.Redis.from_url(own.url, decode_responses=True) as client:
            made = Feature("redis", {"DEVSTACK_PROVIDER_REDIS_URL": f"redis://127.0.0.1:{own.port}"})
            for number in range(15):
                made.ensure(name=f"n{number}", isolation="database")
            with pytest.raises(Problem, match="no free database left of its 16"):
                made.ensure(name="n15", isolation="database")
            assert made.remove(f"n3-f{made.id}")
            taken = made.ensure(name="n15", isolation="database")
            assert taken.facts["database"] == 4
            made.close()
            assert client.keys() == []
            assert client.acl_users() == ["default"]
            client.config_set("maxclients", 1)
            with pytest.raises(Unreachable):
                made.module.find(made.world(), made.scope, "redis")
    finally:
        own.stop()


def test_a_server_without_an_acl_file_that_forgets_its_users(tmp_path: Path) -> None:
    own = playground.start(tmp_path, durable=True)
    env = {"DEVSTACK_PROVIDER_REDIS_URL": f"redis://127.0.0.1:{own.port}"}
    made = Feature("redis", env)
    try:
        first = made.ensure(name="orders")
        pods(made).set(f"orders-f{made.id}:a", "1")
        own.stop()
        own = playground.start(tmp_path, port=own.port, durable=True)
        with pytest.raises(library.AuthenticationError):
            pods(made).ping()
        assert made.ensure(name="orders") == first
        assert pods(made).get(f"orders-f{made.id}:a") == "1"
        made.close()
    finally:
        own.stop()
