"""A run that is killed before any of its requests to AWS: the next one makes all good, or leaves nothing."""

import itertools
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.httpsession import URLLib3Session

from hooks import table
from hooks.contract import Scope
from tests.cluster.kinds import aws
from tests.pure.hooks.cluster import Died
from tests.pure.hooks.stage import Stage

pytestmark = [pytest.mark.cluster, pytest.mark.backends("localstack", "moto")]

RESOURCES: dict[str, list[dict[str, Any]]] = {
    "sqs": [{"name": "orders", "dlq": {"maxReceives": 5}, "env": "QUEUE"}],
    "sns": [{"kind": "sqs", "name": "orders"}, {"name": "events", "subscribe": [{"sqs": "orders"}], "env": "TOPIC"}],
    "s3": [{"name": "uploads", "versioning": True, "env": "BUCKET"}],
    "dynamodb": [{"name": "orders", "keys": [{"name": "id"}], "ttl": "until", "env": "TABLE"}],
    "secretsmanager": [{"name": "orders", "generate": {"TOKEN": {}}, "env": "SECRET"}],
    "ssm": [{"name": "/orders", "set": {"A": "1", "B": "2"}, "env": "PARAMETERS"}],
}


class Feature:
    """A stack with one list of resources, its ledger, and what AWS has of it."""

    def __init__(self, kind: str, place: Path, env: dict[str, str]) -> None:
        self.kinds = {each.get("kind", kind) for each in RESOURCES[kind]}
        self.resources = [{"kind": kind, **each} for each in RESOURCES[kind]]
        self.stage = Stage(place, env=env)
        id_ = uuid.uuid4().hex[:8]
        self.told = {"stack": f"acme-shop-{id_}", "label": f"f{id_}", "parallel": 1}

    def run(self, phase: str) -> int:
        """A run; its exit code."""
        try:
            return self.stage.run(phase, *self.resources, **self.told).code
        finally:
            aws.close(self.stage.world)

    def there(self) -> list[str]:
        """What AWS has."""
        scope = Scope(str(self.told["stack"]), str(self.told["label"]), "orders", "orders-feature1", "n")
        found = [
            f"{kind} {each.name}"
            for kind in sorted(self.kinds)
            for each in table.module(kind).find(self.stage.world, scope, "aws")
        ]
        aws.close(self.stage.world)
        return found


@contextmanager
def killed(before: int) -> Iterator[Callable[[], bool]]:
    """From this request on, counted from 1, nothing is sent any more. Tells whether it came to that."""
    real, count = URLLib3Session.send, itertools.count(1)
    reached = False

    def send(session: Any, request: Any) -> Any:
        nonlocal reached
        if next(count) >= before:
            reached = True
            raise Died
        return real(session, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(URLLib3Session, "send", send)
        with suppress(Died):
            yield lambda: reached


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", sorted(RESOURCES))
def test_killed_at_any_request(kind: str, provided: dict[str, str], tmp_path: Path) -> None:
    for number in itertools.count(1):
        feature = Feature(kind, tmp_path, provided)
        with killed(number) as reached:
            feature.run("ensure")
        if number % 2:  # either it is wanted no more …
            assert feature.run("remove") == 0
            assert feature.there() == []
        else:  # … or the next run makes it whole, and a removal dies likewise
            assert feature.run("ensure") == 0
            assert len(feature.there()) == len(feature.resources)
            with killed(number // 2):
                feature.run("remove")
            assert feature.run("remove") == 0
            assert feature.there() == []
        if not reached():
            break
    assert number > 3
