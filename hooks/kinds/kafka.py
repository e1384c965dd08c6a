"""A Kafka topic of the feature's own, and consumer groups of its own.

Kafka has no place for a mark: what the ledger names is ours, and a topic that exists before the ledger names it is a
stranger's. `find` therefore finds nothing; the proof of absence is that the topics of the receipts are gone.
"""

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from hooks.contract import Foreign, Made, Problem, Receipt, Scope, Several, Shape, Variable
from hooks.contract import Spec as AnySpec
from hooks.providers import kafka as server
from hooks.providers.kafka_errors import answering, named
from hooks.providers.kafka_topics import Topic, Topics

if TYPE_CHECKING:
    from hooks.world import World

LIMIT = 249  # characters of a topic's name

# These say where the base topic's replicas lie. A feature's topic has its own, and fewer.
NOT_COPIED = ("leader.replication.throttled.replicas", "follower.replication.throttled.replicas")
IN_SYNC = "min.insync.replicas"

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,200}$")]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9._-]{1,100}$")]
Value = Annotated[str, StringConstraints(max_length=1000)]


class Group(Shape):
    """A consumer group that the feature has for itself."""

    name: Name
    """Name of the base's consumer group. The feature's is `<name>-<label>`."""
    env: Variable
    """Variable that gets the name of the feature's group."""


class Spec(AnySpec):
    """A topic of Kafka: `<topic>-<label>`. It begins empty."""

    default_provider: ClassVar[str] = "kafka"
    named_by: ClassVar[str] = "topic"

    kind: Literal["kafka"]
    topic: Name = Field(examples=["orders"])
    """Name of the topic, without the label. Kafka allows no two topics that differ in `.` and `_` only."""
    partitions: int | None = Field(None, ge=1, le=1000)
    """Number of partitions. Without it: as many as the topic that `like` names, else 1. With fewer than before, the
    topic is made anew; what is in it is lost."""
    replication: int = Field(1, ge=1, le=32)
    """Number of brokers that hold each partition. Changing this makes a new topic; what is in the old one is lost."""
    config: dict[Key, Value] = Field({}, examples=[{"retention.ms": "3600000"}])
    """Settings of the topic. Texts only: numbers and `true` in quotes. What is taken out goes back to the default."""
    like: Name | None = Field(None, examples=["orders"])
    """A topic whose partitions and settings are copied at each deploy. What is written here counts more."""
    env: Variable | None = Field(None, examples=["ORDERS_TOPIC"])
    """Variable that gets the topic's name."""
    brokers_env: Variable | None = Field(None, alias="brokersEnv")
    """Variable that gets the brokers, as `host:9092,host2:9092`."""
    groups: Annotated[tuple[Group, ...], Several] = Field((), max_length=20)
    """Consumer groups that the feature has for itself. They are deleted together with the topic."""

    @model_validator(mode="after")
    def _variables_differ(self) -> Self:
        if len(set(env(self))) != len(env(self)):
            raise ValueError("`env`, `brokersEnv` and the `env` of `groups` must be different variables")
        return self


def name(spec: Spec, scope: Scope) -> str:
    """The topic's real name."""
    return scope.name(spec.topic, LIMIT)


def env(spec: Spec) -> tuple[str, ...]:
    """The variables that it gives."""
    return tuple(each for each in (spec.env, spec.brokers_env, *(group.env for group in spec.groups)) if each)


def needs(spec: Spec) -> tuple[tuple[str, str], ...]:  # noqa: ARG001
    """Nothing: the topic that `like` names is the base's."""
    return ()


def facts(spec: Spec, scope: Scope) -> dict[str, Any]:  # noqa: ARG001
    """The names without the label: a record that does not fit to its label is nobody's. Groups are on record before
    there are any: consumers bring them into being, whenever they come up."""
    return {"topic": spec.topic, "groups": [group.name for group in spec.groups]}


def check(world: "World", spec: Spec, scope: Scope, before: Receipt | None) -> None:
    """Whether Kafka answers, the name is free or ours, and Kafka says that it would do it."""
    real = name(spec, scope)
    with answering(spec.server):
        topics = Topics(server.client(world, spec.server), spec.server)
        wanted, there = _wanted(topics, spec), _owned(topics, spec, scope, before)
        if there is None:
            topics.create(real, wanted, validate_only=True)
        elif _made_anew(there, wanted):
            topics.create(_never_made(spec, scope), wanted, validate_only=True)
        else:
            topics.alter(real, *_difference(there, wanted, before), validate_only=True)


def ensure(world: "World", spec: Spec, scope: Scope, before: Receipt | None) -> Made:
    """The topic as the spec says; messages that are in it stay, but where it has to be made anew."""
    real, warning = name(spec, scope), ""
    with answering(spec.server):
        topics = Topics(server.client(world, spec.server), spec.server)
        wanted, there = _wanted(topics, spec), _owned(topics, spec, scope, before)
        if there is not None and (why := _made_anew(there, wanted)):
            topics.create(_never_made(spec, scope), wanted, validate_only=True)  # else there might be none afterwards
            topics.delete(world, real)
            warning = f"the topic was made anew, and what was in it is lost: it is to have {why}"
            there = None
        if there is None:
            topics.create(real, wanted)
        else:
            topics.alter(real, *_difference(there, wanted, before))
        made = topics.get(real)
    values = {group.env: scope.name(group.name, LIMIT) for group in spec.groups}
    if spec.env:
        values[spec.env] = real
    if spec.brokers_env:
        values[spec.brokers_env] = server.access(world, spec.server).bootstrap
    known = facts(spec, scope)
    known["groups"] = sorted({*_recorded(before, "groups"), *known["groups"]})  # those of pods that run still, too
    return Made(
        id=made.id if made else "",
        values=values,
        facts={**known, "config": sorted(wanted.config)},
        warning=warning,
    )


def remove(world: "World", receipt: Receipt, scope: Scope) -> bool:
    """Delete the topic, then its groups: those have no members left once the service's pods are gone."""
    provider = receipt.provider or Spec.default_provider
    topic = str(receipt.facts.get("topic") or receipt.name.removesuffix(f"-{scope.label}"))
    if scope.name(topic, LIMIT) != receipt.name:
        raise Foreign(
            f"the topic `{receipt.name}` is on record, but is not named as those of `{scope.label}` are",
            "It is left alone. If it is the feature's, delete it by hand.",
        )
    with answering(provider):
        topics = Topics(server.client(world, provider), provider)
        deleted = topics.delete(world, receipt.name)
        groups = (scope.name(group, LIMIT) for group in _recorded(receipt, "groups"))
        return topics.delete_groups(groups) or deleted


def find(world: "World", scope: Scope, provider: str) -> list[Receipt]:  # noqa: ARG001
    """Nothing: Kafka has no place for marks."""
    return []


def _recorded(receipt: Receipt | None, fact: str) -> list[str]:
    return list(receipt.facts.get(fact, ())) if receipt else []


def _wanted(topics: Topics, spec: Spec) -> Topic:
    base = topics.get(spec.like) if spec.like else None
    if spec.like and base is None:
        raise Problem(
            f"there is no topic `{spec.like}` to copy from",
            "Correct `like`, or write `partitions` and `config` instead.",
        )
    return copied(base, spec) if base else Topic(spec.partitions or 1, spec.replication, spec.config)


def copied(base: Topic, spec: Spec) -> Topic:
    """What is wanted of a topic that is like another."""
    config = {key: value for key, value in base.config.items() if key not in NOT_COPIED}
    if IN_SYNC in config:  # with fewer replicas than that, nobody could write
        config[IN_SYNC] = str(min(int(config[IN_SYNC]), spec.replication))
    return Topic(spec.partitions or base.partitions, spec.replication, config | spec.config)


def _owned(topics: Topics, spec: Spec, scope: Scope, before: Receipt | None) -> Topic | None:
    """Our topic, if it exists. Foreign where it, or a group, is somebody else's."""
    real = name(spec, scope)
    there = topics.get(real)
    if there is not None and before is None:
        raise Foreign(
            f"the topic `{real}` exists on {named(spec.server)} and is not ours",
            "No ledger of ours names it, and Kafka has no place for a mark. Delete it if nobody needs it, or give the"
            " resource another `topic`.",
        )
    new = (group.name for group in spec.groups if group.name not in _recorded(before, "groups"))
    for group in topics.groups(scope.name(each, LIMIT) for each in new):
        raise Foreign(
            f"the consumer group `{group}` exists on {named(spec.server)} and is not ours",
            "Delete it if nobody needs it, or give the resource another group.",
        )
    return there


def _made_anew(there: Topic, wanted: Topic) -> str:
    """Why it has to be made anew; empty where it can be altered."""
    if wanted.partitions < there.partitions:
        return f"{wanted.partitions} partitions instead of {there.partitions}"
    if wanted.replication != there.replication:
        return f"{wanted.replication} replicas instead of {there.replication}"
    return ""


def _difference(there: Topic, wanted: Topic, before: Receipt | None) -> tuple[dict[str, str | None], int | None]:
    """The settings that change, and how many partitions there are to be where there are to be more. Settings that are no
    longer wanted go if we made them: some servers have settings of their own on every topic."""
    changes: dict[str, str | None] = {key: text for key, text in wanted.config.items() if there.config.get(key) != text}
    dropped = (key for key in _recorded(before, "config") if key in there.config and key not in wanted.config)
    changes |= dict.fromkeys(dropped)
    return changes, wanted.partitions if wanted.partitions > there.partitions else None


def _never_made(spec: Spec, scope: Scope) -> str:
    """A free name, under which Kafka is asked whether it would make a topic that exists already."""
    return scope.name(f"{spec.topic}.new", LIMIT)
