"""What verify asks of each host, and who must have answered."""

import io
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from config.project import parse
from model import names
from model.routing import following
from model.routing.following import Following
from model.stack import Phase, Role, Service, Spec, Stack, Status
from tests.pure.workers import inside_cluster
from tests.pure.workers.inside_cluster import GATEWAY, HOME, LABEL, STACK
from workers.pipeline import probes
from workers.pipeline.asking import Answer
from workers.pipeline.probes import Expected, Feature, Place, ask_all, expectations, judged, of_place, other_on
from workers.pipeline.run import Run

MARK = "stack@123"
FEATURE = Feature("feature1", MARK, "uber-ctx-key")
PLACE = Place("example.com", "/healthz", "feature1.example.com")
BAGGAGE = "tenant=7;p, uber-ctx-key=feature1;p=1"
UNKNOWN = names.unknown_label("feature1")


def asked(place: Place) -> list[tuple[str, str, dict[str, str], str, str]]:
    found = of_place(place, FEATURE)
    assert {each.path for each in found} == {place.path}
    assert {each.about for each in found} == {place.host}
    return [(each.case, each.host, dict(each.headers), each.by, each.side) for each in found]


def test_a_host_is_asked_in_every_way_that_leads_to_one_side_or_the_other() -> None:
    assert asked(replace(PLACE, other=("feature2", ("other",)))) == [
        ("plain", "example.com", {}, "base", "base"),
        ("header", "example.com", {"uber-ctx-key": "feature1"}, MARK, "feature1"),
        ("baggage", "example.com", {"baggage": BAGGAGE}, MARK, "feature1"),
        ("preview", "feature1.example.com", {}, MARK, "feature1"),
        ("unknown", "example.com", {"uber-ctx-key": UNKNOWN}, "base", "base"),
        ("another", "example.com", {"uber-ctx-key": "feature2"}, MARK, "feature2"),
    ]


def test_the_unknown_label_is_one_that_only_an_exact_rule_tells_from_the_features() -> None:
    assert UNKNOWN.startswith("feature1-")
    assert names.unknown_label("feature2") != UNKNOWN


def test_a_host_that_the_base_does_not_have_has_no_base_to_answer() -> None:
    assert [each[0] for each in asked(replace(PLACE, served=False))] == ["header", "baggage", "preview"]


def test_where_the_header_counts_nowhere_the_base_answers_it() -> None:
    sides = {case: by for case, _, _, by, _ in asked(replace(PLACE, counts=False, other=("feature2", ("other",))))}
    assert sides == {"plain": "base", "header": "base", "baggage": "base", "preview": MARK, "unknown": "base"}


def expected(by: str, *others: str) -> Expected:
    return Expected("example.com", "/", (), by, "base" if by == "base" else "f", "plain", "example.com", others)


@pytest.mark.parametrize(
    ("wanted", "answer", "got", "ok"),
    [
        (expected("base"), Answer(200), "base", True),
        (expected("base"), Answer(404), "base", True),
        (expected("base"), Answer(500), "base", True),
        (expected("base"), Answer(503), "nobody", False),
        (expected("base"), Answer(None), "nobody", False),
        (expected("base"), Answer(None, refused="bad"), "nobody (bad)", False),
        (expected("base"), Answer(200, MARK), f"another deployment ({MARK})", False),
        (expected(MARK), Answer(200, MARK), "f", True),
        (expected(MARK), Answer(401, MARK), "f", True),
        (expected(MARK), Answer(200, "stack@old"), "another deployment (stack@old)", False),
        (expected(MARK), Answer(200), "base", False),
        (expected(MARK), Answer(404), "nobody", False),
        (expected(MARK, "other", "third"), Answer(200, "other@9"), "f", True),
        (expected(MARK, "other", "third"), Answer(200, "third"), "f", True),
        (expected(MARK, "other"), Answer(200, MARK), f"another deployment ({MARK})", False),
        (expected(MARK, "other"), Answer(200, "stack@old"), "another deployment (stack@old)", False),
    ],
)
def test_who_answered(wanted: Expected, answer: Answer, got: str, ok: bool) -> None:
    probe = judged(wanted, answer)
    assert probe is not None
    assert (probe.got, probe.ok) == (got, ok)


@pytest.mark.parametrize("answer", [Answer(503), Answer(None), Answer(200), Answer(404), Answer(200, "fourth@1")])
def test_what_ails_another_feature_is_not_ours_to_tell(answer: Answer) -> None:
    assert judged(expected(MARK, "other"), answer) is None


def test_a_probe_says_what_was_asked() -> None:
    probe = judged(of_place(PLACE, FEATURE)[1], Answer(200, MARK))
    assert probe is not None
    assert probe.request == "example.com/healthz with `uber-ctx-key: feature1`"
    assert (probe.about, probe.case) == ("example.com/healthz", "header")


def stack(name: str, label: str, host: str, *, phase: Phase = Phase.READY, role: Role = Role.FEATURE) -> Stack:
    service = Service("web", "", "", "", "ready", hosts=(host,))
    return Stack(name, Spec("acme/shop", 1, "", label, role), Status(phase=phase, services=(service,)))


def test_the_other_feature_is_a_live_one_on_the_same_host() -> None:
    stacks = [
        stack("mine", "feature1", "example.com"),
        stack("building", "a", "example.com", phase=Phase.BUILDING),
        stack("base", "", "example.com", role=Role.BASE),
        replace(stack("going", "b", "example.com"), deleting=True),
        stack("elsewhere", "c", "other.com"),
    ]
    assert other_on(stacks, "feature1", "example.com") is None
    stacks += [
        stack("z", "feature2", "example.com"),
        stack("y", "feature2", "example.com"),
        stack("x", "x", "example.com"),
    ]
    assert other_on(stacks, "feature1", "example.com") == ("feature2", ("z", "y"))


@pytest.mark.parametrize("case", ["plain", "unknown"])
def test_a_request_of_nobody_that_the_stack_itself_answers_is_taken_from_the_base(case: str) -> None:
    (asked_for,) = [each for each in of_place(PLACE, FEATURE) if each.case == case]
    probe = judged(asked_for, Answer(200, "stack@an-older-one"))
    assert probe is not None
    assert (probe.got, probe.ok, probe.taken) == ("this feature", False, True)
    for answer in (Answer(200, "other@1"), Answer(200), Answer(None)):
        found = judged(asked_for, answer)
        assert found is not None
        assert not found.taken


def test_where_the_header_does_not_count_yet_the_stack_has_taken_nothing() -> None:
    """Routes of an earlier deploy, from before the operator trusted that entry point no more, may still be there."""
    place = replace(PLACE, counts=False)
    found = [judged(each, Answer(200, MARK)) for each in of_place(place, FEATURE) if each.case == "header"]
    assert [probe and (probe.ok, probe.taken) for probe in found] == [(False, False)]


CONFIG = "services: {orders: {port: 8080, health: /healthz}}\nbase: {namespace: shop}\n"


def inside_run(folder: Path, role: Role = Role.FEATURE) -> Run:
    """A deploy of a service that is called by its well-known name alone."""
    made, _ = inside_cluster.world(folder, *inside_cluster.base())
    found = Following("other", "uber-ctx-key", "ns", "1", "shop", (inside_cluster.backend(),))
    made.stacks.create("another", Spec("acme/shop", 8, "a" * 40, "other"))
    made.stacks.patch_status("another", lambda _: Status(phase=Phase.READY, receipts=(following.receipt(found),)))
    run = Run(
        made, Stack(STACK, Spec("acme/shop", 7, "a" * 40, LABEL if role is Role.FEATURE else "", role)), "r",
        cast("Any", None), cast("Any", None), folder, project=parse(CONFIG), chosen=("orders",), config_hash="1" * 64,
        values={"context_header": "uber-ctx-key"}, namespace=HOME if role is Role.FEATURE else "shop",
    )  # fmt: skip
    run.following = replace(found, label=LABEL, namespace=HOME)
    return run


def test_a_well_known_name_is_asked_where_calls_from_within_come_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "create_connection", lambda *_: io.BytesIO())
    found = expectations(inside_run(tmp_path))
    assert [(each.case, each.side, dict(each.headers)) for each in found] == [
        ("plain", "base", {}),
        ("header", LABEL, {"uber-ctx-key": LABEL}),
        ("baggage", LABEL, {"baggage": BAGGAGE}),
        ("unknown", "base", {"uber-ctx-key": UNKNOWN}),
        ("another", "other", {"uber-ctx-key": "other"}),
    ]
    assert {(each.host, each.path, each.at, each.why) for each in found} == {("orders", "/healthz", GATEWAY, "")}
    asked_at: list[object] = []

    def request(settings: object, host: str, path: str, headers: object, at: object = None) -> Answer:
        asked_at.append(at)
        return Answer(200)

    monkeypatch.setattr(probes, "request", request)
    told = ask_all(cast("Any", None), found)
    assert set(asked_at) == {GATEWAY}
    assert {probe.about for probe in told.values()} == {"orders/healthz (in-cluster)"}
    assert [probe.case for probe in told.values() if not probe.ok] == ["header", "baggage"]


def test_what_cannot_be_asked_from_here_is_not_counted_as_proven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    told = ask_all(cast("Any", None), expectations(inside_run(tmp_path)))
    assert [probe.case for probe in told.values()] == ["plain", "header", "baggage", "unknown", "another"]
    assert {(probe.asked, probe.ok, probe.got) for probe in told.values()} == {
        (False, True, "`traefik-inside.traefik.svc.cluster.local:80` is out of the bot's reach")
    }


def test_of_the_base_itself_the_well_known_name_must_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "create_connection", lambda *_: io.BytesIO())
    (found,) = expectations(inside_run(tmp_path, Role.BASE))
    assert (found.host, found.path, found.by, found.headers, found.at) == ("orders", "/healthz", "base", (), GATEWAY)
