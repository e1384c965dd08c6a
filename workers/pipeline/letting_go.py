"""Whether the proxy has let go of a stack's routes, asked of the proxy itself: a workload that goes before is a lost request.

What is asked is taken from the stack's own routes while they still stand, and of that only what the stack answered then
counts afterwards. The proxy takes changes up one after the other, so routes that we cannot ask for are given its pause.
"""

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import structlog

from model.ingress import marking
from model.samples import Sample, sample
from workers.pipeline import asking
from workers.pipeline.run import Run

log = structlog.get_logger(__name__)

LET_GO_SECONDS = 15.0
SETTLE_SECONDS = 2.5  # Traefik takes changes up every two (`providers.providersThrottleDuration`)
POLL_SECONDS = 0.1
QUIET_ROUNDS = 5  # one after the other, since several proxies may share an address
ASKED_MOST = 40
AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Watch:
    """What the stack answered before: requests, and whether some of its routes answered none of ours."""

    samples: tuple[Sample, ...] = ()
    blind: bool = False


def before(run: Run) -> Watch:
    """To be asked while the routes still stand. Nothing is watched of a stack that serves nobody."""
    own = list(own_rules(run.world.routes.of(run.stack.name), run.stack.name))
    wanted = [[found for match in matches if (found := sample(match))] for matches in own]
    asked = list({(each.host, each.target, *each.headers.items()): each for every in wanted for each in every}.values())
    asked = asked[:ASKED_MOST]
    if not asked:
        return Watch(blind=bool(own) and bool(run.stack.status.urls))
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="asking") as pool:
        answered = [
            each for each, mine in zip(asked, pool.map(lambda each: answers(run, each), asked), strict=True) if mine
        ]
    unseen = any(not any(each in answered for each in every) for every in wanted)
    log.info("asked before the routes go", requests=len(asked), answered=len(answered))
    return Watch(tuple(answered), blind=unseen and (bool(answered) or bool(run.stack.status.urls)))


def own_rules(manifests: Iterable[Mapping[str, Any]], stack: str) -> Iterable[list[str]]:
    """For each object that leads to the stack's own services the rules that do."""
    for manifest in manifests:
        matches = [
            str(route["match"])
            for route in manifest["spec"].get("routes") or ()
            if any(each.get("name") == marking(stack) for each in route.get("middlewares") or ())
        ]
        if matches:
            yield matches


def after(run: Run, watch: Watch) -> None:
    """Wait until the proxy gives none of these requests to the stack any more."""
    deadline = time.monotonic() + LET_GO_SECONDS
    quiet = 0
    while watch.samples and quiet < QUIET_ROUNDS:
        quiet = 0 if any(answers(run, each) for each in watch.samples) else quiet + 1
        if time.monotonic() > deadline:
            log.warning("the proxy has not let go", seconds=LET_GO_SECONDS)
            return
        time.sleep(POLL_SECONDS)
    if watch.blind:
        time.sleep(SETTLE_SECONDS)


def answers(run: Run, asked: Sample) -> bool:
    """Whether the stack's own pods answer a request."""
    answer = asking.request(run.world.settings, asked.host, asked.target, asked.headers)
    return answer.mark.partition("@")[0] == run.stack.name
