"""A stack that has taken what is the base's own traffic gives it back at once."""

import io
import socket
import time
from pathlib import Path
from typing import Any, cast

import pytest

from config.project import parse
from model.routing import following
from model.routing.following import Following
from model.stack import Spec, Status
from tests.pure.workers import inside_cluster
from tests.pure.workers.inside_cluster import HEADER, HOME, LABEL, STACK
from workers import converge
from workers.faults import UserFault
from workers.narrator import Narrator
from workers.pipeline import probes, verify
from workers.pipeline.asking import Answer
from workers.pipeline.run import Run
from workers.report.view import Probe

FOUND = Following(LABEL, HEADER, HOME, "1", "shop", (inside_cluster.backend(),))
RIGHT = Probe("orders", "base", "base", ok=True, case="plain", about="orders (in-cluster)")
WRONG = Probe("orders", "base", "another deployment (x@1)", ok=False, case="plain", about="orders (in-cluster)")
TAKEN = Probe("orders", "base", "this feature", ok=False, case="plain", about="orders (in-cluster)", taken=True)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A second deploy, whose first was live."""
    base = inside_cluster.base()
    made, cluster = inside_cluster.world(tmp_path, *base)
    made.stacks.create(STACK, Spec("acme/shop", 7, "b" * 40, LABEL))
    status = Status(
        receipts=({"kind": "release", "name": "orders-feature1", "namespace": HOME}, following.receipt(FOUND)),
        urls=("http://feature1.example.com/",), deployed_sha="a" * 40, config_hash="1",
    )  # fmt: skip
    stack = made.stacks.patch_status(STACK, lambda _: status)
    assert stack is not None
    made.routes.make(STACK, inside_cluster.derived(base))
    cluster.writes.clear()
    narrator = Narrator(converge.opening(made, stack, "r", down=False), (), lambda *_: None)
    narrator.abandon()
    return Run(
        made, stack, "r", cast("Any", None), narrator, tmp_path, chosen=("orders",), config_hash="1" * 64, namespace=HOME,
        project=parse("services: {orders: {port: 8080}}"), values={"context_header": HEADER}, following=FOUND,
    )  # fmt: skip


def standing(run: Run) -> list[str]:
    """The routes and middlewares that carry the stack's mark."""
    found = [*run.world.routes.of(STACK), *run.world.routes.middlewares()]
    return [each["metadata"]["name"] for each in found]


def test_the_routes_go_at_once_and_nobody_makes_them_again(run: Run) -> None:
    assert standing(run)
    with pytest.raises(UserFault) as told:
        verify.leave_the_bases(run, [RIGHT, TAKEN])
    assert told.value.title == "The feature answered the base's own requests"
    assert "`orders (in-cluster)` were answered by this feature and not by the base" in told.value.explanation
    assert standing(run) == []
    stack = run.world.stacks.get(STACK)
    assert stack is not None
    assert following.of(stack.status.receipts) is None, "else the routes follow the base, and are there again"
    assert [each["kind"] for each in stack.status.receipts] == ["release"]
    assert (stack.status.urls, converge.still_running(run.stack)) == ((), "")
    assert run.narrator.view.probes == (TAKEN,)


def test_a_deploy_that_takes_the_bases_requests_is_ended_at_its_first_look(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The feature answers whatever comes: nothing is waited for, for it is the base's traffic all the while."""
    monkeypatch.setattr(socket, "create_connection", lambda *_: io.BytesIO())
    monkeypatch.setattr(probes, "request", lambda *_, **__: Answer(200, f"{STACK}@{'1' * 12}"))
    monkeypatch.setattr(time, "sleep", lambda _: pytest.fail("it waits"))
    with pytest.raises(UserFault, match="answered by this feature"):
        verify.routes_answer(run, time.monotonic() + 60)
    assert standing(run) == []


def test_the_base_keeps_the_name(run: Run) -> None:
    with pytest.raises(UserFault):
        verify.leave_the_bases(run, [TAKEN])
    assert [each["metadata"]["name"] for each in run.world.routes.all()] == ["orders-inside-80"]


def test_whatever_else_is_wrong_may_be_the_proxys_delay(run: Run) -> None:
    before = standing(run)
    verify.leave_the_bases(run, [RIGHT, WRONG])
    assert standing(run) == before
