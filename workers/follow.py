"""Routes and aliases follow the base: looked at every few seconds, written only where they differ from what stands.

Whatever number of stacks there is, a look costs one list of each kind. A stack is written under its lease, so never while
a run is at it. Where routes can no longer be had for a host, those that stand there go: they were made for a base that is
no more, and could take requests which it gives to others now. Without them the host is the base's alone.
"""

import hashlib
import json
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from config.settings import Settings
from model.marks import LABEL_STACK
from model.routing import following, inside, routes, rules
from model.routing.following import Following, Problem
from model.routing.reissue import Refusal, RefusedError, identity
from model.stack import Stack, Status
from workers import comment, lease
from workers.cluster.aliases import differs as aliases_differ
from workers.cluster.belonging import labels_of
from workers.cluster.dialect import Dialect
from workers.cluster.routes import differs as routes_differ
from workers.converge import HOLDER, settled
from workers.faults import Fault
from workers.pipeline import aliases, routing
from workers.pipeline.seen import of_base
from workers.world import World

log = structlog.get_logger(__name__)

Manifest = Mapping[str, Any]

UNSURE = "unreadable"  # the kind of refusals that stop a deploy, but take nothing away from what stands


@dataclass(frozen=True)
class Survey:
    """The cluster as it is at one moment, as far as routes and aliases depend on it."""

    stacks: Sequence[Stack]
    base: Sequence[Manifest]  # what of Traefik's objects is no stack's
    standing: Mapping[str, Sequence[Manifest]]  # each stack's own objects of Traefik
    services: Sequence[Manifest]

    def print(self) -> str:
        """Changes whenever anything of this does."""
        objects = [*self.base, *self.services, *(each for own in self.standing.values() for each in own)]
        versions = sorted((each["metadata"]["uid"], each["metadata"]["resourceVersion"]) for each in objects)
        wishes = sorted((each.name, str(each.spec), str(each.status.receipts)) for each in self.stacks)
        return hashlib.sha256(json.dumps([versions, wishes]).encode()).hexdigest()


def follow(world: World) -> None:
    """Look once; bring what differs up to the base as it is now."""
    stacks = world.stacks.list()
    live = [(stack, found) for stack in stacks if (found := at_rest(stack, world.settings.lease_seconds)) is not None]
    if not live:
        return
    survey = look(world, stacks)
    seen = survey.print()
    if seen == world.followed:
        return
    orderly = len(live) == len([stack for stack in stacks if following.of(stack.status.receipts) is not None])
    for stack, found in live:
        try:
            orderly &= not brought_up(world, survey, stack, found)
        except Fault as fault:
            orderly = False
            log.warning("not followed", stack=stack.name, error=str(fault))
        except Exception:
            # Ours, and no reason for the others to wait. It would be the same again, so not before anything changes.
            log.exception("not followed", stack=stack.name)
    world.followed = seen if orderly else ""


def at_rest(stack: Stack, lease_seconds: int) -> Following | None:
    """What a stack's routes were made with, where it stays and no run is at it; else None."""
    run = stack.status.run
    if run is not None and datetime.now(UTC) - run.renewed_at < timedelta(seconds=lease_seconds):
        return None
    return following.of(stack.status.receipts) if aliases.stays(stack) else None


def look(world: World, stacks: Sequence[Stack]) -> Survey:
    """One list of each kind."""
    found = [*world.routes.all(), *world.routes.related()]
    standing: dict[str, list[Manifest]] = {}
    for each in [*found, *world.routes.middlewares()]:
        if LABEL_STACK in labels_of(each):
            standing.setdefault(labels_of(each)[LABEL_STACK], []).append(each)
    return Survey(stacks, of_base(found, stacks), standing, world.aliases.services())


def brought_up(world: World, survey: Survey, stack: Stack, found: Following) -> bool:
    """Bring one stack up to the base; whether anything of it differed."""
    manifests, refusals = possible(world.settings, world.dialect, stack.name, found, survey.base)
    plan = aliases.planned(stack, found, survey.services, survey.stacks, world.settings.cluster_domain)
    told = (*gone(world, survey, found), *map(refused, refusals))
    if (
        told == found.problems
        and not routes_differ(manifests, survey.standing.get(stack.name, ()))
        and not aliases_differ(plan.wanted, plan.standing)
    ):
        return False
    with lease.hold(world.stacks, stack.name, f"{HOLDER}/{uuid.uuid4().hex[:12]}", world.settings.lease_seconds) as held:
        if held is None or not same(held.stack, found):
            return True  # a run was quicker: it has made its own
        log.info("follows the base", stack=stack.name, problems=[each.subject for each in told])
        world.routes.make(stack.name, manifests)
        world.aliases.make(plan.wanted, plan.standing)
        if told != found.problems:
            tell(world, stack.name, replace(found, problems=told))
    after = world.stacks.get(stack.name)
    if after is not None and not settled(after):
        world.enqueue_converge(stack.name)  # it may have found the lease taken
    if told != found.problems:
        comment.refresh(world, stack.name)
    return True


def same(stack: Stack, found: Following) -> bool:
    """Whether a stack is still as it was when it was looked at."""
    return aliases.stays(stack) and following.of(stack.status.receipts) == found


def tell(world: World, name: str, found: Following) -> None:
    """Have the Stack and its comment say what is the matter, or no longer is."""

    def change(status: Status) -> Status:
        return replace(status, receipts=following.replaced(status.receipts, found), comment_due=True)

    world.stacks.patch_status(name, change)


def possible(
    settings: Settings, dialect: Dialect, stack: str, found: Following, base: Sequence[Manifest]
) -> tuple[list[dict[str, Any]], tuple[Refusal, ...]]:
    """The routes of all hosts that can have them, and what stands in the way of the others.

    A rule that cannot be read takes nothing away: it is told, and passed over.
    """
    found, refusals = with_inside(found, base)
    borne: frozenset[str] = frozenset()
    while True:
        try:
            return routing.derived(settings, dialect, stack, found, base, borne), refusals
        except routes.RefusedRoutesError as error:
            refusals += error.refusals
            unsure = {each.host for each in error.refusals if each.kind == UNSURE}
            fewer = without(settings, found, {each.host for each in error.refusals if each.kind != UNSURE})
            if fewer == found and not unsure:
                return [], refusals
            found, borne = fewer, borne | unsure


def with_inside(found: Following, base: Iterable[Manifest]) -> tuple[Following, tuple[Refusal, ...]]:
    """With the base's in-cluster routes as they are now."""
    listed = [each for each in base if inside.is_inside(each)]
    backends, refusals = [], []
    for backend in found.backends:
        try:
            own = inside.of_service(listed, backend.service, found.base)
        except RefusedError as error:
            own = ()
            refusals.append(error.refusal)
        backends.append(replace(backend, inside=own))
    return replace(found, backends=tuple(backends)), tuple(refusals)


def without(settings: Settings, found: Following, hosts: Collection[str]) -> Following:
    """Without these hosts; one that is no service's own, nor its preview, is an in-cluster name: then without those."""

    def stays(host: str) -> bool:
        return not {host, settings.preview.host(found.label, host)} & set(hosts)

    own = {host for backend in found.backends for host in backend.hosts}
    whole = own | {settings.preview.host(found.label, host) for host in own}
    names_too = bool(set(hosts) - whole)
    backends = (
        replace(each, hosts=tuple(host for host in each.hosts if stays(host)), inside=() if names_too else each.inside)
        for each in found.backends
    )
    return replace(found, backends=tuple(backends))


def refused(refusal: Refusal) -> Problem:
    """A refusal as it is kept."""
    where = f" ({refusal.object} `{refusal.route}`)" if refusal.route else ""
    return Problem("unsure" if refusal.kind == UNSURE else "refused", refusal.host, f"{refusal.problem}{where}")


def gone(world: World, survey: Survey, found: Following) -> tuple[Problem, ...]:
    """What of the base is there no more. Lists are asked of the cluster in one piece: what is not in them is not there."""
    if found.base and lost(world, survey, found.base):
        return (Problem("namespace-gone", found.base),)
    there = {identity(each) for each in survey.services}
    hosts = [Problem("host-gone", host) for host in found.based if not routing.serves(survey.base, host)]
    led = dict.fromkeys(place for host in found.based for place in leads(survey.base, host))
    services = (Problem("service-gone", place) for place in led if place not in there)
    return (*hosts, *services, *routing.missing(found, survey.base))


def lost(world: World, survey: Survey, namespace: str) -> bool:
    """Whether a namespace is gone. It is asked for only where nothing of it was listed."""
    seen = {each["metadata"]["namespace"] for each in (*survey.services, *survey.base)}
    return namespace not in seen and not world.namespaces.exists(namespace)


def leads(base: Iterable[Manifest], host: str) -> Iterable[str]:
    """The Services to which the base's routes of a host lead, as `namespace/name`."""
    for each in base:
        if rules.route_names_host(each, host):
            for route in each["spec"].get("routes") or ():
                for entry in route.get("services") or ():
                    if entry.get("kind", "Service") == "Service" and "@" not in entry["name"]:
                        yield f"{entry.get('namespace') or each['metadata']['namespace']}/{entry['name']}"
