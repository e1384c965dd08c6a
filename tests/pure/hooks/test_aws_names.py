"""Real names on AWS: its limits and characters, the label, what stays recognisable."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks import table
from hooks.contract import Scope
from hooks.providers import aws_marks, aws_queues

LABEL = "feature1"


@dataclass(frozen=True)
class Rule:
    """What a service allows, and the least that a spec needs besides its name."""

    most: int
    real: str
    given: str
    longest: int
    more: Mapping[str, Any]


PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
RULES = {
    "sqs": Rule(80, r"[A-Za-z0-9_-]{1,80}", PLAIN, 71, {}),
    "sns": Rule(256, r"[A-Za-z0-9_-]{1,256}", PLAIN, 200, {}),
    "s3": Rule(63, r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", "abcdefghijklmnopqrstuvwxyz0123456789-", 63, {}),
    "dynamodb": Rule(255, r"[A-Za-z0-9_.-]{3,255}", PLAIN + ".", 255, {"keys": [{"name": "id"}]}),
    "secretsmanager": Rule(512, r"[A-Za-z0-9/_+=.@-]{1,512}", PLAIN + "/+=.@", 512, {"text": "x"}),
    "ssm": Rule(200, r"(/[A-Za-z0-9_.-]+)+", PLAIN + ".", 199, {"set": {"A": "1"}}),
}
kinds = st.sampled_from(sorted(RULES))
labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", fullmatch=True)


def scope(label: str = LABEL) -> Scope:
    return Scope(stack="acme-shop-1", label=label, service="orders", release="orders-f", namespace="n")


def spec(kind: str, name: str, **more: Any) -> Any:
    return table.module(kind).Spec.model_validate({"kind": kind, "name": name, **RULES[kind].more, **more})


@st.composite
def bases(draw: st.DrawFn) -> tuple[str, str]:
    """A kind, and a name that its owner may write."""
    kind = draw(kinds)
    rule = RULES[kind]
    tail = draw(st.text(rule.given, max_size=rule.longest - 1))
    name = draw(st.sampled_from("abxyz09")) + tail
    return kind, f"/{name}" if kind == "ssm" else name


@given(bases(), labels)
def test_every_name_that_can_be_written_becomes_one_that_aws_takes(base: tuple[str, str], label: str) -> None:
    kind, name = base
    real = table.module(kind).name(spec(kind, name), scope(label))
    assert re.fullmatch(RULES[kind].real, real)
    assert len(real) <= RULES[kind].most
    assert real == table.module(kind).name(spec(kind, name), scope(label))


@given(bases(), labels)
def test_what_a_label_makes_could_be_its_own(base: tuple[str, str], label: str) -> None:
    kind, name = base
    assert aws_marks.could_be(table.module(kind).name(spec(kind, name), scope(label)), scope(label))


@given(bases(), labels)
def test_a_shortened_name_stays_recognisable(base: tuple[str, str], label: str) -> None:
    kind, name = base
    real = table.module(kind).name(spec(kind, name), scope(label))
    if real != f"{name}-{label}":
        kept = real.rpartition("-")[0]
        assert f"{name}-{label}".startswith(kept)
        assert len(kept) >= RULES[kind].most - 9 - 7 - 40


@given(st.text(PLAIN, min_size=1, max_size=71), labels, st.booleans())
def test_a_queue_and_its_dlq_fit_and_are_told_apart(name: str, label: str, fifo: bool) -> None:
    queue = aws_queues.real_name(name, scope(label), fifo=fifo)
    dlq = aws_queues.dlq_name(queue)
    assert len(dlq) <= 80
    assert dlq.endswith("-dlq.fifo" if fifo else "-dlq")
    assert aws_queues.main_name(queue, scope(label)) == queue
    assert aws_queues.main_name(dlq, scope(label)) in {queue, dlq}
    if label != "dlq" and not label.endswith("-dlq"):
        assert aws_queues.main_name(dlq, scope(label)) == queue


@given(st.text(PLAIN, min_size=1, max_size=60), labels, labels)
def test_two_labels_never_share_a_queue(name: str, one: str, other: str) -> None:
    names = {aws_queues.real_name(name, scope(each), fifo=False) for each in {one, other}}
    assert len(names) == len({one, other})


@pytest.mark.parametrize(
    ("kind", "name", "more", "real"),
    [
        ("sqs", "orders", {}, "orders-feature1"),
        ("sqs", "orders", {"fifo": True}, "orders-feature1.fifo"),
        ("sns", "order-events", {}, "order-events-feature1"),
        ("sns", "order-events", {"fifo": True}, "order-events-feature1.fifo"),
        ("s3", "acme-uploads", {}, "acme-uploads-feature1"),
        ("dynamodb", "Shop.Orders", {}, "Shop.Orders-feature1"),
        ("secretsmanager", "shop/orders", {}, "shop/orders-feature1"),
        ("ssm", "/shop/orders", {}, "/shop/orders-feature1"),
    ],
)
def test_names_as_people_see_them(kind: str, name: str, more: dict[str, Any], real: str) -> None:
    assert table.module(kind).name(spec(kind, name, **more), scope()) == real


@pytest.mark.parametrize(
    ("name", "label", "could"),
    [
        ("orders-feature1", "feature1", True),
        ("orders-feature10", "feature1", False),
        ("orders", "feature1", False),
        ("feature1", "feature1", False),
        ("a-very-long-name-abcdef", "feature1", True),  # perhaps shortened: its marks will tell
        ("orders-2-feature1", "feature1", True),
    ],
)
def test_few_names_are_looked_at(name: str, label: str, could: bool) -> None:
    assert aws_marks.could_be(name, scope(label)) is could
