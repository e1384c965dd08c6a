"""What a pull request wants: labels by precedence, pushes, expiry, the cap."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from model.stack import Desired, LabelSource, Phase, Spec, Stack, Status
from tests.pure.growth import is_linear
from workers import lease
from workers.intake import wish

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
OLD, NEW = "a" * 40, "b" * 40


def stack(phase: Phase = Phase.READY, **spec: object) -> Stack:
    given = {"repository": "acme/shop", "number": 7, "sha": OLD, "head": OLD, "base": "main", "label": "shop-7", **spec}
    return Stack("acme-shop-7", Spec(**given), Status(phase=phase))


def label_of(**given: object) -> wish.Label:
    facts = {"pr_labels": (), "body": "", "command": None, "ambiguous": False, **given}
    return wish.label_of("acme/shop", 7, **facts)


@pytest.mark.parametrize(
    ("given", "text", "source"),
    [
        ({}, "shop-7", LabelSource.DEFAULT),
        ({"body": "Hello\nDevstack-Label: feature1\r\nbye"}, "feature1", LabelSource.TEXT),
        ({"body": "devstack-label: `feature1`"}, "feature1", LabelSource.TEXT),
        ({"body": "see Devstack-Label: feature1"}, "shop-7", LabelSource.DEFAULT),
        ({"body": "<!-- such as\nDevstack-Label: feature1\n-->\n"}, "shop-7", LabelSource.DEFAULT),
        ({"body": "```\nDevstack-Label: feature1\n```\n"}, "shop-7", LabelSource.DEFAULT),
        ({"body": "Devstack-Label: text", "pr_labels": ("bug", "devstack/pr")}, "pr", LabelSource.PR_LABEL),
        ({"pr_labels": ("devstack/pr",), "command": "cmd"}, "cmd", LabelSource.COMMAND),
        ({"pr_labels": ("devstack/b", "devstack/a")}, "a", LabelSource.PR_LABEL),
    ],
)
def test_the_strongest_source_names_the_label(given: dict[str, object], text: str, source: LabelSource) -> None:
    assert label_of(**given) == wish.Label(text, source)


@pytest.mark.parametrize(
    "form", ["Devstack-Label:{ }x x", "Devstack-Label: {x}", "{Devstack-Label: x y\n}", "{ }x", "{\n}"]
)
def test_a_hostile_text_takes_one_pass(form: str) -> None:
    start, _, rest = form.partition("{")
    repeated, _, end = rest.partition("}")
    text = lambda size: f"{start}{repeated * (size // len(repeated))}{end}"  # noqa: E731
    assert is_linear(lambda body: label_of(body=body), text)


def test_an_impossible_label_falls_back_to_the_default_and_says_why() -> None:
    found = label_of(body="Devstack-Label: Feature_1")
    assert (found.text, found.source) == ("shop-7", LabelSource.DEFAULT)
    assert "Feature_1" in found.problem
    assert "`shop-7` is used instead" in found.problem


def test_an_ambiguous_default_gets_a_hash_of_the_owner() -> None:
    other = stack(repository="rival/shop")
    assert wish.ambiguous_label("acme/shop", [other])
    assert not wish.ambiguous_label("acme/shop", [stack(), stack(repository="rival/other")])
    assert label_of(ambiguous=True).text.startswith("shop-7-")


def test_a_label_that_a_command_chose_outlives_a_change_of_the_text() -> None:
    spec = stack(label="chosen", label_from=LabelSource.COMMAND).spec
    assert wish.sticks(spec, label_of(body="Devstack-Label: text")).text == "chosen"
    assert wish.sticks(spec, label_of(command="newer")).text == "newer"


def test_a_default_label_does_not_move_when_another_owner_appears() -> None:
    assert wish.sticks(stack().spec, label_of(ambiguous=True)).text == "shop-7"


def test_a_push_moves_the_stack_and_starts_its_life_anew() -> None:
    before = stack(expires_at=NOW + timedelta(minutes=5), approved_sha=OLD)
    after = wish.pushed(before, NEW, "main", label_of(), NOW, ttl=3600)
    assert (after.sha, after.desired, after.reason) == (NEW, Desired.UP, "push")
    assert after.expires_at == NOW + timedelta(hours=1)
    assert after.approved_sha is None


def test_the_same_commit_changes_nothing() -> None:
    before = stack(expires_at=NOW)
    assert wish.pushed(before, OLD, "main", label_of(), NOW, ttl=3600) == before.spec


def test_a_lifetime_that_a_command_gave_is_used_again_at_a_push() -> None:
    assert wish.pushed(stack(ttl=60), NEW, "main", label_of(), NOW, ttl=3600).expires_at == NOW + timedelta(minutes=1)


def test_a_push_revives_an_expired_stack_and_an_edit_does_not() -> None:
    expired = stack(Phase.EXPIRED, desired=Desired.DOWN, reason="expired")
    assert wish.pushed(expired, NEW, "main", label_of(), NOW, ttl=60).desired is Desired.UP
    assert wish.pushed(expired, OLD, "main", label_of(), NOW, ttl=60).desired is Desired.DOWN


@pytest.mark.parametrize("phase", [Phase.DESTROYED, Phase.REMOVING, Phase.IDLE])
def test_a_push_does_not_revive_what_a_person_destroyed(phase: Phase) -> None:
    destroyed = stack(phase, desired=Desired.DOWN, reason="destroyed")
    assert wish.pushed(destroyed, NEW, "main", label_of(), NOW, ttl=60) == destroyed.spec


def test_a_commit_that_a_command_named_stays_until_the_next_push() -> None:
    pinned = stack(sha=OLD, head=NEW, reason="command")
    assert wish.pushed(pinned, NEW, "main", label_of(), NOW, ttl=60) == pinned.spec
    newest = "c" * 40
    after = wish.pushed(pinned, newest, "main", label_of(), NOW, ttl=60)
    assert (after.sha, after.head) == (newest, newest)


def test_a_pinned_stack_that_expired_is_not_revived_by_a_look_at_it() -> None:
    expired = stack(Phase.EXPIRED, sha=OLD, head=NEW, desired=Desired.DOWN, reason="expired")
    assert wish.pushed(expired, NEW, "main", label_of(), NOW, ttl=60).desired is Desired.DOWN


def test_another_base_branch_is_another_wish_and_no_push() -> None:
    before = stack(expires_at=NOW, approved_sha=OLD)
    after = wish.pushed(before, OLD, "release", label_of(), NOW, ttl=60)
    assert after == replace(before.spec, base="release")
    assert lease.material(after) != lease.material(before.spec)


def test_why_a_label_is_not_used_is_part_of_the_wish() -> None:
    after = wish.pushed(stack(), OLD, "main", label_of(body="Devstack-Label: Feature_1"), NOW, ttl=60)
    assert "Feature_1" in after.label_problem
    assert wish.pushed(stack(label_problem="old"), OLD, "main", label_of(), NOW, ttl=60).label_problem == ""


def test_a_command_counts_once() -> None:
    def later(spec: Spec) -> Spec:
        return replace(spec, expires_at=(spec.expires_at or NOW) + timedelta(hours=1))

    once = wish.once(stack(expires_at=NOW).spec, "11:0", later)
    assert once is not None
    assert wish.once(once, "11:0", later) == once
    other = wish.once(once, "11:1", later)
    assert other is not None
    assert other.expires_at == NOW + timedelta(hours=2)
    assert other.done == ("11:0", "11:1")


def test_of_the_commands_only_the_newest_are_kept() -> None:
    spec = stack().spec
    for number in range(50):
        spec = wish.once(spec, f"{number}:0", lambda before: before) or spec
    assert spec.done == tuple(f"{number}:0" for number in range(30, 50))


@pytest.mark.parametrize(
    ("desired", "reason", "is_wishless"),
    [(Desired.DOWN, "answer", True), (Desired.DOWN, "destroyed", False), (Desired.UP, "answer", False)],
)
def test_a_record_for_answers_is_no_wish(desired: Desired, reason: str, is_wishless: bool) -> None:
    assert wish.wishless(stack(desired=desired, reason=reason).spec) is is_wishless


def test_extending_counts_from_the_old_end_and_stops_at_the_cap() -> None:
    soon = NOW + timedelta(hours=1)
    assert wish.extended(soon, 3600, NOW, cap=86_400) == NOW + timedelta(hours=2)
    assert wish.extended(soon, 999_999, NOW, cap=86_400) == NOW + timedelta(days=1)
    assert wish.extended(NOW - timedelta(days=3), 3600, NOW, cap=86_400) == NOW + timedelta(hours=1)
    assert wish.extended(None, 60, NOW, cap=86_400) == NOW + timedelta(minutes=1)


def test_the_cap_binds() -> None:
    assert wish.capped(10, 5) == 5
    assert replace(stack().spec, ttl=wish.capped(3, 5)).ttl == 3
