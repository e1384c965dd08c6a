"""What verify asks through the proxy, and which side must answer each. A stack's routes mark every answer."""

import http.client
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from config.settings import Settings
from model import context, names
from model.routes import answer_mark
from model.stack import Phase, Role, Stack
from workers.pipeline import routing
from workers.pipeline.asking import OF_THE_PROXY, Answer, connected, request
from workers.pipeline.run import Run
from workers.pipeline.seen import look
from workers.report.view import Probe

__all__ = ["Answer", "Expected", "ask", "ask_all", "connected", "expectations", "request"]

AT_ONCE = 8
BASE = "base"
NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Expected:
    """One request and the side that must answer: `base`, or a deployment of a feature by its mark; `side` for people.

    `case` is what the request is like (see `workers.report.matrix`), `about` the base host whose routes it tries. With
    `others`, Stacks of another feature, any of these must answer; their own troubles are theirs alone.
    """

    host: str
    path: str
    headers: tuple[tuple[str, str], ...]
    by: str
    side: str
    case: str = "plain"
    about: str = ""
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Feature:
    """What of a feature's deployment its probes need: `mark` on the answers of its own services."""

    label: str
    mark: str
    header: str


@dataclass(frozen=True, slots=True)
class Place:
    """A host of a service: `served` by the base too; `counts`: the header chooses there; `other`: another live feature on
    it, as its label and its Stacks."""

    host: str
    path: str
    preview: str
    served: bool = True
    counts: bool = True
    other: tuple[str, tuple[str, ...]] | None = None


def of_place(place: Place, feature: Feature) -> list[Expected]:
    """All that is asked about one host."""
    plain, baggage = context.given(feature.header, feature.label).items()
    mine = (feature.mark, feature.label) if place.counts else (BASE, BASE)
    unknown = (feature.header, names.unknown_label(feature.label))
    asked = [
        ("plain", place.host, (), (BASE, BASE)),
        ("header", place.host, (plain,), mine),
        ("baggage", place.host, ((baggage[0], f"tenant=7;p, {baggage[1]};p=1"),), mine),
        ("preview", place.preview, (), (feature.mark, feature.label)),
        ("unknown", place.host, (unknown,), (BASE, BASE)),
    ]
    wanted = [
        Expected(host, place.path, headers, *by, case=case, about=place.host)
        for case, host, headers, by in asked
        if place.served or by[0] != BASE
    ]
    if place.other and place.counts:
        label, stacks = place.other
        headers = ((feature.header, label),)
        wanted.append(Expected(place.host, place.path, headers, feature.mark, label, "another", place.host, stacks))
    return wanted


def expectations(run: Run) -> list[Expected]:
    """The table of every host of the run's services; for the base itself that it answers."""
    spec, settings = run.stack.spec, run.world.settings
    places = [(host, run.described.services[name]) for name in run.chosen for host in run.described.services[name].hosts]
    if spec.role is Role.BASE:
        return [Expected(host, service.health or "/", (), BASE, BASE, about=host) for host, service in places]
    seen = look(run.world)
    base = seen.base
    feature = Feature(spec.label, answer_mark(run.stack.name, routing.revision(run)), run.values["context_header"])
    return [
        each
        for host, service in places
        for each in of_place(
            Place(
                host,
                service.health or "/",
                settings.preview.host(spec.label, host),
                served=routing.serves(base, host),
                counts=routing.header_counts(run, base, host),
                other=other_on(seen.stacks, spec.label, host),
            ),
            feature,
        )
    ]


def other_on(stacks: Iterable[Stack], label: str, host: str) -> tuple[str, tuple[str, ...]] | None:
    """Another live feature that has a host: the first by its label, with the Stacks that may answer; None without one."""
    found: dict[str, list[str]] = {}
    for stack in stacks:
        spec = stack.spec
        live = stack.status.phase is Phase.READY and not stack.deleting and spec.role is Role.FEATURE
        if live and spec.label != label and any(host in service.hosts for service in stack.status.services):
            found.setdefault(spec.label, []).append(stack.name)
    return next(((each, tuple(found[each])) for each in sorted(found)), None)


def ask_all(settings: Settings, wanted: Sequence[Expected]) -> dict[Expected, Probe]:
    """All of them side by side; without those that tell nothing of this deployment."""
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="probe") as pool:
        probes = pool.map(lambda each: ask(settings, each), wanted)
        return {each: probe for each, probe in zip(wanted, probes, strict=True) if probe is not None}


def ask(settings: Settings, expected: Expected) -> Probe | None:
    """Send the request; who answered. None where that is another feature's affair."""
    return judged(expected, request(settings, expected.host, expected.path, dict(expected.headers)))


def judged(expected: Expected, answer: Answer) -> Probe | None:
    """Whether the side answered that must."""
    mark = answer.mark
    theirs, taken = _carries(mark, expected.others), _carries(mark, (expected.by.partition("@")[0],))
    if expected.others and not theirs and not taken:
        return None
    if mark:
        right = theirs if expected.others else mark == expected.by
        got = expected.side if right else f"another deployment ({mark})"
    elif answer.status is None:
        got = f"{NOBODY} ({answer.refused})" if answer.refused else NOBODY
    elif answer.status in OF_THE_PROXY or (answer.status == http.client.NOT_FOUND and expected.by != BASE):
        got = NOBODY
    else:
        got = BASE
    sent = "".join(f" with `{name}: {value}`" for name, value in expected.headers)
    path = "" if expected.path == "/" else expected.path
    return Probe(
        f"{expected.host}{path}{sent}",
        expected.side,
        got,
        got == expected.side,
        case=expected.case,
        about=f"{expected.about}{path}" if expected.about else "",
    )


def _carries(mark: str, stacks: Collection[str]) -> bool:
    return bool(mark) and mark.partition("@")[0] in stacks
