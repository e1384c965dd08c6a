"""When a sweep takes a stack up, and when its time has passed: never without proof."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from model.stack import Desired, Role, RunState, Spec, Stack, Status
from workers import lease
from workers.reconcile import expired, unfinished

NOW = datetime(2030, 1, 1, tzinfo=UTC)
LEASE = 20


def stack(**given: object) -> Stack:
    spec = Spec("acme/shop", 7, "a" * 40, "shop-7", expires_at=NOW + timedelta(hours=1))
    return replace(Stack("s", spec, Status(observed_generation=3), generation=3), **given)


def run(age: float) -> RunState:
    return RunState("r", "host/r", 3, NOW - timedelta(seconds=age), NOW - timedelta(seconds=age))


def test_a_served_wish_is_left_alone() -> None:
    assert not unfinished(stack(), NOW, LEASE)


@pytest.mark.parametrize(
    ("status", "taken_up"),
    [
        (Status(observed_generation=2), True),
        (Status(observed_generation=2, run=run(1)), False),
        (Status(observed_generation=2, run=run(LEASE + 1)), True),
        (Status(observed_generation=2, retry_at=NOW + timedelta(seconds=5)), False),
        (Status(observed_generation=2, retry_at=NOW - timedelta(seconds=5)), True),
    ],
)
def test_an_unserved_wish_is_taken_up_unless_somebody_is_at_it_or_it_rests(status: Status, taken_up: bool) -> None:
    assert unfinished(stack(status=status), NOW, LEASE) is taken_up


def test_a_stack_that_is_being_deleted_is_taken_up_until_it_is_gone() -> None:
    assert unfinished(stack(deleting=True), NOW, LEASE)


def test_expiry_needs_a_time_that_has_passed() -> None:
    past = replace(stack().spec, expires_at=NOW)
    assert expired(stack(spec=past), NOW)
    assert not expired(stack(), NOW)
    assert not expired(stack(spec=replace(past, expires_at=None)), NOW)
    assert not expired(stack(spec=replace(past, desired=Desired.DOWN)), NOW)
    assert not expired(stack(spec=past, deleting=True), NOW)


def test_a_base_application_never_expires() -> None:
    assert not expired(stack(spec=replace(stack().spec, role=Role.BASE, expires_at=NOW)), NOW)


def test_a_lease_is_free_when_nobody_has_it_or_it_is_too_old() -> None:
    assert lease.free(None, "me", NOW, LEASE)
    assert lease.free(run(1), "host/r", NOW, LEASE)
    assert not lease.free(run(1), "me", NOW, LEASE)
    assert not lease.free(run(LEASE), "me", NOW, LEASE)
    assert lease.free(run(LEASE + 1), "me", NOW, LEASE)


def test_a_longer_life_does_not_supersede_a_run() -> None:
    spec = stack().spec
    assert lease.material(spec) == lease.material(replace(spec, expires_at=NOW, ttl=5, requested_by="ada"))
    assert lease.material(spec) != lease.material(replace(spec, sha="b" * 40))
    assert lease.material(spec) != lease.material(replace(spec, desired=Desired.DOWN))
