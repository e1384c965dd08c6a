"""What verify asks through the proxy, and which side must answer each. A stack's routes mark every answer.

Hosts are asked as people reach them, well-known names as pods do: where calls from within the cluster come in. What cannot be
asked from here is told as not asked, and proves nothing.
"""

import http.client
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

from config.project import Service
from config.settings import Settings
from model import names
from model.routing import context, following, inside
from model.routing.reissue import identity
from model.routing.routes import answer_mark
from model.stack import Phase, Role, Stack
from workers.pipeline import gateways, routing
from workers.pipeline.asking import OF_THE_PROXY, Answer, connected, request
from workers.pipeline.gateways import Address
from workers.pipeline.run import Run
from workers.pipeline.seen import Seen, look
from workers.report.view import Probe

__all__ = ["Answer", "Expected", "ask", "ask_all", "connected", "expectations", "request"]

AT_ONCE = 8
BASE = "base"
NOBODY = "nobody"
ITSELF = "this feature"
OF_NOBODY = ("plain", "unknown")  # requests that no feature may have


@dataclass(frozen=True, slots=True)
class Expected:
    """One request and the side that must answer: `base`, or a deployment of a feature by its mark; `side` for people.

    `case` is what the request is like (see `workers.report.matrix`), `about` the base host whose routes it tries. With
    `others`, Stacks of another feature, any of these must answer; their own troubles are theirs alone. `never` is the Stack
    that must not have the request for a moment, since it is the base's own traffic. `inside`: a pod's call by a well-known
    name, asked `at` that place, or not at all: `why` not.
    """

    host: str
    path: str
    headers: tuple[tuple[str, str], ...]
    by: str
    side: str
    case: str = "plain"
    about: str = ""
    others: tuple[str, ...] = ()
    never: str = ""
    inside: bool = False
    at: Address | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Feature:
    """What of a feature's deployment its probes need: `mark` on the answers of its own services."""

    label: str
    mark: str
    header: str


@dataclass(frozen=True, slots=True)
class Place:
    """A host of a service: `served` by the base too; `counts`: the header chooses there; `other`: another live feature on
    it, as its label and its Stacks. Without `preview` it is a well-known name (see `Expected`)."""

    host: str
    path: str
    preview: str = ""
    served: bool = True
    counts: bool = True
    other: tuple[str, tuple[str, ...]] | None = None
    at: Address | None = None
    why: str = ""


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
        if host and (place.served or by[0] != BASE)
    ]
    if place.other and place.counts:
        label, stacks = place.other
        headers = ((feature.header, label),)
        wanted.append(Expected(place.host, place.path, headers, feature.mark, label, "another", place.host, stacks))
    mine_alone = feature.mark.partition("@")[0]
    return [asked_there(replace(each, never=mine_alone) if each.case in OF_NOBODY else each, place) for each in wanted]


def asked_there(expected: Expected, place: Place) -> Expected:
    """With the way in that the place has."""
    return replace(expected, inside=not place.preview, at=place.at, why=place.why)


def expectations(run: Run) -> list[Expected]:
    """The table of every host and well-known name of the run's services; for the base itself that it answers."""
    spec, settings, services = run.stack.spec, run.world.settings, run.described.services
    seen = look(run.world)
    base = seen.base
    hosts = [(host, services[name]) for name in run.chosen for host in services[name].hosts]
    if spec.role is Role.BASE:
        plain = [Expected(host, service.health or "/", (), BASE, BASE, about=host) for host, service in hosts]
        called = [(place.host, place.path, place) for _, place in inside_places(run, seen)]
        return plain + [
            asked_there(Expected(host, path, (), BASE, BASE, about=host), place) for host, path, place in called
        ]
    feature = Feature(spec.label, answer_mark(run.stack.name, routing.revision(run)), run.values["context_header"])
    places = [
        Place(
            host,
            service.health or "/",
            settings.preview.host(spec.label, host),
            served=routing.serves(base, host),
            counts=routing.header_counts(run, base, host),
            other=other_on(seen.stacks, spec.label, host),
        )
        for host, service in hosts
    ]
    places += [
        replace(place, other=other_of(seen.stacks, spec.label, partial(has_inside, route)))
        for route, place in inside_places(run, seen)
    ]
    return [each for place in places for each in of_place(place, feature)]


def inside_places(run: Run, seen: Seen) -> Iterator[tuple[str, Place]]:
    """The well-known names of the run's services, each with the base's route that takes it."""
    wanted = {route: run.described.services[name] for name in run.chosen for route in inside_routes(run, seen, name)}
    ways = gateways.look(run.world, seen.base, wanted)
    for route in ways.routes:
        service: Service = wanted[identity(route)]
        found = ways.name(route, service.port, service.health or "")
        if found is not None:
            yield identity(route), Place(found.host, found.path, at=found.at, why=found.why)


def inside_routes(run: Run, seen: Seen, name: str) -> tuple[str, ...]:
    """The base's in-cluster routes of a service: of a feature those that its own were made from."""
    if run.stack.spec.role is Role.BASE:
        return inside.of_service(seen.base, name, run.namespace)
    backends = run.following.backends if run.following is not None else ()
    return next((each.inside for each in backends if each.service == name), ())


def has_inside(route: str, stack: Stack) -> bool:
    """Whether a stack has a well-known name's route too."""
    found = following.of(stack.status.receipts)
    return found is not None and any(route in each.inside for each in found.backends)


def other_on(stacks: Iterable[Stack], label: str, host: str) -> tuple[str, tuple[str, ...]] | None:
    """Another live feature that has a host: the first by its label, with the Stacks that may answer; None without one."""
    return other_of(stacks, label, lambda each: any(host in service.hosts for service in each.status.services))


def other_of(stacks: Iterable[Stack], label: str, has: Callable[[Stack], bool]) -> tuple[str, tuple[str, ...]] | None:
    """The same for whatever it has to have."""
    found: dict[str, list[str]] = {}
    for stack in stacks:
        spec = stack.spec
        live = stack.status.phase is Phase.READY and not stack.deleting and spec.role is Role.FEATURE
        if live and spec.label != label and has(stack):
            found.setdefault(spec.label, []).append(stack.name)
    return next(((each, tuple(found[each])) for each in sorted(found)), None)


def ask_all(settings: Settings, wanted: Sequence[Expected]) -> dict[Expected, Probe]:
    """All of them side by side; without those that tell nothing of this deployment."""
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="probe") as pool:
        probes = pool.map(lambda each: ask(settings, each), wanted)
        return {each: probe for each, probe in zip(wanted, probes, strict=True) if probe is not None}


def ask(settings: Settings, expected: Expected) -> Probe | None:
    """Send the request; who answered. None where that is another feature's affair."""
    if expected.why:
        return replace(probe_of(expected, expected.why, right=True), asked=False)
    return judged(expected, request(settings, expected.host, expected.path, dict(expected.headers), at=expected.at))


def judged(expected: Expected, answer: Answer) -> Probe | None:
    """Whether the side answered that must."""
    mark = answer.mark
    theirs, taken = _carries(mark, expected.others), _carries(mark, (expected.by.partition("@")[0],))
    if expected.others and not theirs and not taken:
        return None
    if _carries(mark, (expected.never,)):
        return replace(probe_of(expected, ITSELF, right=False), taken=True)
    if mark:
        right = theirs if expected.others else mark == expected.by
        got = expected.side if right else f"another deployment ({mark})"
    elif answer.status is None:
        got = f"{NOBODY} ({answer.refused})" if answer.refused else NOBODY
    elif answer.status in OF_THE_PROXY or (answer.status == http.client.NOT_FOUND and expected.by != BASE):
        got = NOBODY
    else:
        got = BASE
    return probe_of(expected, got, right=got == expected.side)


def probe_of(expected: Expected, got: str, *, right: bool) -> Probe:
    """What is told of a request."""
    sent = "".join(f" with `{name}: {value}`" for name, value in expected.headers)
    path = "" if expected.path == "/" else expected.path
    where = " (in-cluster)" if expected.inside else ""
    about = f"{expected.about}{path}{where}" if expected.about else ""
    return Probe(f"{expected.host}{path}{where}{sent}", expected.side, got, right, case=expected.case, about=about)


def _carries(mark: str, stacks: Collection[str]) -> bool:
    return bool(mark) and mark.partition("@")[0] in stacks
