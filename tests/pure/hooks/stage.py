"""A run of the hooks from the task to the message, with the cluster, the servers and the clock in memory."""

import io
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hooks import receipts, table, task
from hooks.__main__ import work
from hooks.contract import Receipt
from hooks.report import PLACE_VARIABLE, Report
from hooks.run import begun
from hooks.world import World
from tests.pure.hooks.cluster import Cluster
from tests.pure.hooks.things import Server, Things

NAMESPACE = "devstack-acme-shop-7"
RELEASE = "orders-feature1"
SECRET = "orders-feature1-resources"
LEDGER = "orders-feature1-ledger"


@dataclass
class Ended:
    """What a run left behind for people."""

    code: int
    message: dict[str, Any]
    log: str

    @property
    def states(self) -> dict[str, str]:
        """By name, from the log, which has all."""
        lines = [json.loads(line) for line in self.log.splitlines()]
        return {each["name"]: each["state"] for each in lines if "state" in each}

    @property
    def problems(self) -> list[str]:
        return [each["problem"] for each in self.message["problems"]]


@dataclass
class Stage:
    """`things` has a place for marks, `plains` has none."""

    place: Path
    cluster: Cluster = field(default_factory=Cluster)
    things: Server = field(default_factory=lambda: Server("thing", marks=True))
    plains: Server = field(default_factory=lambda: Server("plain", marks=False))
    env: dict[str, str] = field(default_factory=dict)
    now: float = 0.0
    shown: str = ""  # everything that any run has printed or left as a message
    worlds: list[World] = field(default_factory=list)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> "Stage":
        for server in (self.things, self.plains):
            name = f"tests.of.{server.kind}"
            monkeypatch.setitem(sys.modules, name, Things(server))
            monkeypatch.setitem(table.KINDS, server.kind, name)
        return self

    def task(self, *resources: Mapping[str, Any], **given: Any) -> dict[str, Any]:
        return {
            "stack": "acme-shop-1a2b3-7", "label": "feature1", "service": "orders", "release": RELEASE,
            "namespace": NAMESPACE, "image": "registry/orders@sha256:1", "resources": list(resources), **given,
        }  # fmt: skip

    def run(
        self, phase: str, *resources: Mapping[str, Any], given: Sequence[Receipt] | None = None, **told: Any
    ) -> Ended:
        out, message = io.StringIO(), self.place / "message"
        env = {task.VARIABLE: json.dumps(self.task(*resources, **told)), PLACE_VARIABLE: str(message), **self.env}
        asked = task.parse(env)
        world = World(
            env, self.cluster.kube, deadline=self.now + asked.deadline_seconds, clock=lambda: self.now, sleep=self.sleep,
            settings={"image": asked.image, "imagePullSecrets": asked.image_pull_secrets},
        )  # fmt: skip
        self.worlds.append(world)
        try:
            code = work(begun(asked, world, Report(phase, world.masker.mask, out)), given)
        finally:
            self.shown += out.getvalue()
        written = message.read_text()
        assert len(written.encode()) <= 4096
        self.shown += written
        return Ended(code, json.loads(written), out.getvalue())

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def ensure(self, *resources: Mapping[str, Any], **told: Any) -> Ended:
        return self.run("ensure", *resources, **told)

    def remove(self, *resources: Mapping[str, Any], **told: Any) -> Ended:
        return self.run("remove", *resources, **told)

    @property
    def world(self) -> World:
        return self.worlds[-1]

    @property
    def values(self) -> dict[str, str] | None:
        return self.cluster.values(NAMESPACE, SECRET)

    @property
    def ledger(self) -> dict[str, Any] | None:
        """The ConfigMap."""
        return self.cluster.objects.get(("configmaps", NAMESPACE, LEDGER))

    @property
    def receipts(self) -> dict[str, Receipt]:
        """By name."""
        data = (self.ledger or {}).get("data") or {}
        found = [receipts.read(text) for key, text in data.items() if key != "secret.json"]
        return {receipt.name: receipt for receipt in found}


def thing(name: str, env: str | None = None, *needs: tuple[str, str], kind: str = "thing", **more: Any) -> dict[str, Any]:
    """A resource of the tests' own kinds."""
    given: dict[str, Any] = {"kind": kind, "name": name, **more}
    if env:
        given["env"] = env
    if needs:
        given["needs"] = [list(each) for each in needs]
    return given
