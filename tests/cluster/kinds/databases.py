"""A database server for the tests of its kind: one feature of its own for each test, and runs as the runner makes them."""

import gzip
import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hooks import pods, table
from hooks.contract import Foreign, Made, Problem, Receipt, Scope
from hooks.files import FOLDER_VARIABLE
from hooks.kube import Kube
from hooks.providers import aws
from hooks.world import World
from model import names


class Died(BaseException):
    """The hook's Pod was killed here: nothing catches it, as nothing catches a kill."""


class Programs:
    """Stands in for the cluster: remembers which programs were run, and does what they are told to do."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, str, tuple[str, ...], dict[str, str]]] = []
        self.act: Callable[[Mapping[str, str]], object] = lambda env: None
        self.outcome = pods.Outcome(True, "done", 0)

    def run(
        self,
        world: World,
        scope: Scope,
        name: str,
        image: str,
        command: Sequence[str],
        args: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
    ) -> pods.Outcome:
        self.ran.append((name, pods.image_of(world, image), (*command, *args), dict(env or {})))
        self.act(env or {})
        return self.outcome

    @property
    def purposes(self) -> list[str]:
        return [name.partition("-")[0] for name, *_ in self.ran]


class Place:
    """One kind, on a real server, in a feature that no other test has."""

    def __init__(self, kind: str, env: Mapping[str, str], folder: Path) -> None:
        self.kind = kind
        self.module = table.module(kind)
        self.folder = folder
        self.env = {**env, FOLDER_VARIABLE: str(folder)}
        self.id = uuid.uuid4().hex[:6]
        self.base = f"orders_{self.id}"
        self.scope = self.of("orders")
        self.image = "example/orders:1"
        self.values: dict[str, str] = {}  # as they stand in the service's Secret
        self.records: dict[str, Receipt] = {}

    @property
    def name(self) -> str:
        """Of database and login."""
        return self.module.name(self.spec(), self.scope)

    def of(self, service: str, stack: str = "") -> Scope:
        """A service of this stack, or of another."""
        stack = stack or f"acme-shop-{self.id}"
        return Scope(stack=stack, label="f1", service=service, release=f"{service}-f1", namespace=f"devstack-{stack}")

    def world(self, **env: str) -> World:
        """As that of a further run."""
        settings = {"image": self.image}
        world = World({**self.env, **env}, Kube(None), deadline=time.monotonic() + 60, settings=settings)
        world.keep(self.values)
        return world

    def write(self, path: str, text: str) -> dict[str, str]:
        """A file of the repository, and how a resource names it."""
        (self.folder / names.file_key(path)).write_bytes(gzip.compress(text.encode()))
        return {"file": path}

    @contextmanager
    def bucket(self, **objects: bytes) -> Iterator[str]:
        """A bucket of the base with these objects; gives its name."""
        client, name = aws.client(self.world(), "aws", "s3"), f"dumps-{self.id}"
        client.create_bucket(Bucket=name)
        for key, data in objects.items():
            client.put_object(Bucket=name, Key=key, Body=data)
        try:
            yield name
        finally:
            for each in client.list_objects_v2(Bucket=name).get("Contents", ()):
                client.delete_object(Bucket=name, Key=each["Key"])
            client.delete_bucket(Bucket=name)
            client.close()

    def spec(self, **fields: Any) -> Any:
        """A resource as it is written."""
        written = {"kind": self.kind, "database": self.base, "env": "DATABASE_URL", **fields}
        return self.module.Spec.model_validate_json(json.dumps(written))

    def check(self, world: World | None = None, **fields: Any) -> None:
        """As a run begins."""
        self.module.check(world or self.world(), self.spec(**fields), self.scope, self.records.get(self.name))

    def ensure(self, world: World | None = None, **fields: Any) -> Made:
        """As a run goes on, with its records."""
        spec = self.spec(**fields)
        before = self.records.get(self.name)
        began = Receipt(self.kind, self.name, self.scope.service, spec.server, env=tuple(self.module.env(spec)))
        kept = before.facts if before else {}
        try:
            made = self.module.ensure(world or self.world(), spec, self.scope, before)
        except Foreign:
            raise
        except BaseException:
            self.records[self.name] = Receipt(**{**_fields(began), "facts": kept})
            raise
        facts = json.loads(json.dumps(dict(made.facts)))
        self.records[self.name] = Receipt(**{**_fields(began), "state": "ready", "id": made.id, "facts": facts})
        self.values = dict(made.values)
        assert set(made.values) == set(self.module.env(spec))
        assert not any(value in str(facts) for part, value in made.values.items() if "PASSWORD" in part)
        return made

    def remove(self, scope: Scope | None = None) -> bool:
        """As a run does, by the record alone."""
        receipt = Receipt(self.kind, self.name, (scope or self.scope).service, self.kind)
        return self.module.remove(self.world(), self.records.get(self.name, receipt), scope or self.scope)

    def find(self, scope: Scope | None = None) -> list[str]:
        """What the server has of the feature."""
        return [each.name for each in self.module.find(self.world(), scope or self.scope, self.kind)]

    def problem(self, **fields: Any) -> Problem:
        """What `check` says of a resource."""
        with pytest.raises(Problem) as raised:
            self.check(**fields)
        return raised.value

    def failure(self, **fields: Any) -> Problem:
        """What `ensure` says of a resource."""
        with pytest.raises(Problem) as raised:
            self.ensure(**fields)
        return raised.value

    def foreign(self) -> Foreign:
        """What is said where the name is taken, by `check` and by `ensure`; and it is left alone."""
        with pytest.raises(Foreign) as checked:
            self.check()
        with pytest.raises(Foreign) as ensured:
            self.ensure()
        assert str(checked.value) == str(ensured.value)
        assert not self.remove()
        return ensured.value


def _fields(receipt: Receipt) -> dict[str, Any]:
    return {
        name: getattr(receipt, name) for name in ("kind", "name", "service", "provider", "env", "state", "id", "facts")
    }


@contextmanager
def place(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Place]:
    """A kind on a real server; nothing is left of the feature at the end."""
    env = request.getfixturevalue("provided")
    made = Place(kind, env, folder)
    try:
        yield made
    finally:
        made.env = {**made.env, **env}
        made.remove()
        assert made.find() == []
