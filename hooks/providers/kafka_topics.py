"""What is done with topics and consumer groups: one call of Kafka's admin client each, with its refusals raised."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hooks.contract import Unreachable
from hooks.providers.kafka_errors import named, raise_refusal, refusal

if TYPE_CHECKING:
    from hooks.world import World

GONE_SECONDS = 30.0  # a broker that takes longer to delete a topic is asked again later

_UNKNOWN_TOPIC, _NOT_ALLOWED, _TOPIC_EXISTS = 3, 29, 36
_OWN = "DYNAMIC_TOPIC_CONFIG"  # set for this one topic, not by the broker's defaults


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as it is, or as it should be. `config` holds what differs from the brokers' defaults."""

    partitions: int
    replication: int
    config: Mapping[str, str]
    id: str = ""


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics and groups of one Kafka. `admin` is kafka-python's client."""

    admin: Any
    provider: str

    def get(self, topic: str) -> Topic | None:
        """The topic, or None where there is none."""
        from kafka.admin import ConfigResource

        (found,) = self.admin.describe_topics([topic])
        if found["error_code"] == _UNKNOWN_TOPIC:
            return None
        if found["error_code"]:
            raise refusal(self.provider, found["error_code"], f"topic `{topic}`")
        config = self.admin.describe_configs([ConfigResource("topic", topic)], config_filter="all")["topic"][topic]
        if not config:  # the client passes over a refusal, and a topic has a hundred settings, if only the defaults
            raise refusal(self.provider, _NOT_ALLOWED, f"reading the settings of the topic `{topic}`")
        return Topic(
            partitions=len(found["partitions"]),
            replication=max((len(each["replica_nodes"]) for each in found["partitions"]), default=0),
            config={
                key: each["value"] for key, each in config.items() if each["config_source"] == _OWN and each["value"]
            },
            id=str(found["topic_id"] or ""),
        )

    def create(self, topic: str, wanted: Topic, *, validate_only: bool = False) -> None:
        """Returns when all partitions can be written to. Unreachable where a topic of this name still goes."""
        details = {
            "num_partitions": wanted.partitions,
            "replication_factor": wanted.replication,
            "configs": dict(wanted.config),
        }
        answer = self.admin.create_topics({topic: details}, validate_only=validate_only, raise_errors=False)
        (made,) = answer["topics"]
        if made["error_code"] == _TOPIC_EXISTS:
            # It was looked for before, and there was none: it is still being deleted, or was made just now.
            raise Unreachable(named(self.provider), f"the topic `{topic}` is still being deleted")
        if made["error_code"]:
            raise refusal(self.provider, made["error_code"], made["error_message"])
        if not validate_only:
            self.admin.wait_for_topics([topic])

    def alter(
        self, topic: str, changes: Mapping[str, str | None], partitions: int | None, *, validate_only: bool = False
    ) -> None:
        """`changes` of settings: None for the default again. `partitions`: None for as many as there are."""
        from kafka.admin import AlterConfigOp, ConfigResource

        if changes:
            wanted = {key: (AlterConfigOp.DELETE, None) if value is None else value for key, value in changes.items()}
            resource = ConfigResource("topic", topic, wanted)
            answer = self.admin.alter_configs([resource], validate_only=validate_only, raise_on_unknown=False)
            raise_refusal(self.provider, answer["topic"][topic])
        if partitions:
            more = self.admin.create_partitions({topic: partitions}, validate_only=validate_only, raise_errors=False)
            for result in more.results:
                if result.error_code:
                    raise refusal(self.provider, result.error_code, result.error_message)

    def delete(self, world: "World", topic: str) -> bool:
        """Whether there was one. Waits until it is gone: brokers delete when they find the time."""
        (answer,) = self.admin.delete_topics([topic], raise_errors=False)["topics"]
        if answer["error_code"] == _UNKNOWN_TOPIC:
            return False
        if answer["error_code"]:
            raise refusal(self.provider, answer["error_code"], answer.get("error_message"))
        end = world.clock() + min(GONE_SECONDS, world.seconds_left)
        pause = 0.02
        while self.admin.describe_topics([topic])[0]["error_code"] != _UNKNOWN_TOPIC:
            if world.clock() >= end or world.stop.is_set():
                raise Unreachable(named(self.provider), f"the topic `{topic}` is still being deleted")
            world.sleep(pause)
            pause = min(1.0, pause * 2)
        return True

    def groups(self, among: Iterable[str]) -> list[str]:
        """Those of these consumer groups that exist."""
        wanted = sorted(set(among))
        if not wanted:
            return []
        there = {group["group_id"] for group in self.admin.list_groups()}
        return [group for group in wanted if group in there]

    def delete_groups(self, groups: Iterable[str]) -> bool:
        """Whether there were any. Unreachable while one of them has members."""
        left = self.groups(groups)  # asked first: a Kafka that has never had a group makes its tables for a question
        for group, answer in (self.admin.delete_groups(left) if left else {}).items():
            if answer not in ("OK", "GroupIdNotFoundError"):
                raise Unreachable(named(self.provider), f"the consumer group `{group}` is in use ({answer})")
        return bool(left)
