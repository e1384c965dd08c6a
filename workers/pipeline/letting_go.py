"""Whether the proxy has let go of a stack's routes, asked of the proxy itself: a workload that goes before is a lost request.

What is asked is taken from the stack's own routes while they still stand, and of that only what the stack answered then
counts afterwards. Routes for calls from within the cluster are asked for where those come in. The proxy takes changes up one
after the other, so routes that we cannot ask for are given its pause.
"""

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import structlog

from model.routing.ingress import marking
from model.routing.samples import Sample, sample
from workers.pipeline import asking, gateways
from workers.pipeline.gateways import Address
from workers.pipeline.run import Run
from workers.pipeline.seen import look

log = structlog.get_logger(__name__)

LET_GO_SECONDS = 15.0
SETTLE_SECONDS = 2.5  # Traefik takes changes up every two (`providers.providersThrottleDuration`)
POLL_SECONDS = 0.1
QUIET_ROUNDS = 5  # one after the other, since several proxies may share an address
ASKED_MOST = 40
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """A request; `at` is where it is asked if not at the probe address."""

    sample: Sample
    at: Address | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """What the stack answered before: requests, and whether some of its routes answered none of ours."""

    asked: tuple[Asked, ...] = ()
    blind: bool = False


@dataclass(frozen=True, slots=True)
class Own:
    """An object that leads to the stack's own services: the rules that do, and the entry points that it is at."""

    matches: tuple[str, ...]
    entrypoints: tuple[str, ...] = ()


def before(run: Run) -> Watch:
    """To be asked while the routes still stand. Nothing is watched of a stack that serves nobody, as far as that can be seen;
    one that was once proven does serve somebody, with hosts or without."""
    own = list(own_rules(run.world.routes.of(run.stack.name), run.stack.name))
    places = inside_places(run, own)
    wanted = [questions(each, places) for each in own]
    asked = list({key(each): each for every in wanted for each in every}.values())[:ASKED_MOST]
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="asking") as pool:
        answered = [
            each for each, mine in zip(asked, pool.map(lambda each: answers(run, each), asked), strict=True) if mine
        ]
    unasked = any(not any(each in asked for each in every) for every in wanted)
    unseen = any(not any(each in answered for each in every) for every in wanted)
    log.info("asked before the routes go", requests=len(asked), answered=len(answered), unasked=unasked)
    return Watch(tuple(answered), blind=unasked or (unseen and (bool(answered) or bool(run.stack.status.deployed_sha))))


def own_rules(manifests: Iterable[Mapping[str, Any]], stack: str) -> Iterable[Own]:
    """For each object that leads to the stack's own services the rules that do."""
    for manifest in manifests:
        matches = tuple(
            str(route["match"])
            for route in manifest["spec"].get("routes") or ()
            if any(each.get("name") == marking(stack) for each in route.get("middlewares") or ())
        )
        if matches:
            yield Own(matches, tuple(manifest["spec"].get("entryPoints") or ()))


def inside_places(run: Run, own: Iterable[Own]) -> dict[str, Address | None]:
    """The entry points for calls from within the cluster among those of the stack's routes, each with where it is reached:
    None where a worker cannot go."""
    at = {entrypoint for each in own for entrypoint in each.entrypoints}
    return gateways.look(run.world, look(run.world).base, entrypoints=at).by_entrypoint() if at else {}


def questions(own: Own, places: Mapping[str, Address | None]) -> list[Asked]:
    """The requests that can be made for an object's rules, each where people or pods would make it."""
    inside = [places[each] for each in own.entrypoints if each in places]
    ways: list[Address | None] = [at for at in inside if at is not None]
    if len(inside) < len(own.entrypoints) or not inside:
        ways.append(None)
    samples = [found for match in own.matches if (found := sample(match))]
    return [Asked(each, at) for each in samples for at in ways]


def key(asked: Asked) -> tuple[Any, ...]:
    """Equal for equal requests."""
    return (asked.at, asked.sample.host, asked.sample.target, *asked.sample.headers.items())


def after(run: Run, watch: Watch) -> None:
    """Wait until the proxy gives none of these requests to the stack any more."""
    deadline = time.monotonic() + LET_GO_SECONDS
    quiet = 0
    while watch.asked and quiet < QUIET_ROUNDS:
        quiet = 0 if any(answers(run, each) for each in watch.asked) else quiet + 1
        if time.monotonic() > deadline:
            log.warning("the proxy has not let go", seconds=LET_GO_SECONDS)
            return
        time.sleep(POLL_SECONDS)
    if watch.blind:
        time.sleep(SETTLE_SECONDS)


def answers(run: Run, asked: Asked) -> bool:
    """Whether the stack's own pods answer a request."""
    found = asked.sample
    answer = asking.request(run.world.settings, found.host, found.target, found.headers, at=asked.at)
    return answer.mark.partition("@")[0] == run.stack.name
