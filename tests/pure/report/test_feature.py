"""The table of a feature's members, and when the comment of one has to follow the others."""

from dataclasses import replace

import pytest

from model.stack import Claim, Desired, Phase, RunState, Service, Spec, Stack, Status
from tests.pure.report.views import NOW, members, together
from workers.report import feature
from workers.report.cut import size
from workers.report.render import LIMIT, render
from workers.report.view import Member

WEB = "https://code.example"
URL = "http://feature1.orders.example.com/"


def stack(
    name: str, phase: Phase = Phase.READY, *, label: str = "feature1", held: bool = True, live: bool = True
) -> Stack:
    services = (Service(name, "r@sha256:1", "sha256:1", "c", "ready"),) if live else ()
    claim = Claim(label, (name,)) if held else None
    status = Status(phase=phase, services=services, urls=(f"http://feature1.{name}.example.com/",), claim=claim)
    return Stack(name, Spec(f"acme/{name}", 1, "a" * 40, label), status)


SHOP, ORDERS = stack("shop"), stack("orders")


def seen(one: Stack, *others: Stack) -> tuple[Member, ...]:
    return feature.members(one, [one, *others], WEB)


def test_members_are_those_who_hold_the_label() -> None:
    moving = replace(ORDERS, name="z", spec=replace(ORDERS.spec, label="other"))
    strangers = [stack("x", label="feature10"), stack("y", held=False), moving]
    assert seen(SHOP, *strangers) == ()
    assert [each.repository for each in seen(SHOP, ORDERS, *strangers)] == ["acme/orders", "acme/shop"]
    assert seen(stack("y", held=False), SHOP, ORDERS) == ()


@pytest.mark.parametrize(
    ("other", "state", "urls"),
    [
        (ORDERS, "live", (URL,)),
        (stack("orders", Phase.BUILDING), "live", (URL,)),
        (stack("orders", Phase.BUILDING, live=False), "under way", (URL,)),
        (stack("orders", Phase.FAILED), "failed", (URL,)),
        (stack("orders", Phase.WAITING, live=False), "waiting", (URL,)),
        (replace(ORDERS, deleting=True), "removing", ()),
        (replace(ORDERS, spec=replace(ORDERS.spec, desired=Desired.DOWN)), "removing", ()),
    ],
)
def test_how_a_member_stands(other: Stack, state: str, urls: tuple[str, ...]) -> None:
    found = seen(SHOP, other)[0]
    assert (found.state, found.preview_urls) == (state, urls)


def follows(after: Stack | None, before: Stack | None = ORDERS, one: Stack = SHOP) -> bool:
    """Whether the shop's comment, which shows the one, is behind when it is the other."""
    shown = feature.told(seen(one, *([before] if before else [])), "acme/shop", 1)
    now = replace(one, status=replace(one.status, members=shown))
    return feature.behind(now, [now, *([after] if after else [])], WEB)


def test_a_comment_follows_what_is_final_and_nothing_else() -> None:
    failed, building = stack("orders", Phase.FAILED), stack("orders", Phase.BUILDING)
    assert not follows(ORDERS)
    assert not follows(building), "a push is no news"
    assert follows(failed)
    assert follows(ORDERS, failed)
    assert follows(None), "it went"
    assert follows(ORDERS, None), "it came"
    assert not follows(stack("orders", Phase.QUEUED, live=False), None), "it is coming"
    moved = replace(ORDERS, status=replace(ORDERS.status, urls=("http://other/",)))
    assert follows(moved)
    assert not follows(ORDERS, ORDERS, replace(SHOP, status=replace(SHOP.status, phase=Phase.FAILED))), (
        "its own state is no news"
    )


def test_one_that_is_under_way_is_written_by_its_own_run() -> None:
    run = RunState("r", "h", 1, NOW, NOW)
    under_way = replace(SHOP, status=replace(SHOP.status, phase=Phase.BUILDING, run=run))
    assert not follows(None, ORDERS, under_way)
    assert follows(None, ORDERS, replace(SHOP, status=replace(SHOP.status, run=run))), (
        "its last word may have been written"
    )
    assert not follows(None, ORDERS, replace(SHOP, deleting=True))


def test_a_large_feature_fits_and_says_what_is_left_out() -> None:
    many = tuple(
        Member(
            "acme/" + "x" * 100, number, f"{WEB}/acme/x/pull/{number}", tuple("s" * 60 for _ in range(50)), "live",
            tuple(f"http://{'y' * 200}/" for _ in range(50)),
        )
        for number in range(300)
    )  # fmt: skip
    text = render(replace(together, members=many))
    assert size(text) <= LIMIT
    assert "and 280 pull requests more" in text
    assert "and 42 more" in text


def test_a_strangers_words_stay_in_their_cell() -> None:
    odd = replace(members[1], services=("a|b`c",), preview_urls=("http://x/|)<",))
    row = next(line for line in render(replace(together, members=(odd,))).split("\n") if line.startswith("| [acme"))
    assert row.replace("\\|", "").count("|") == 5
