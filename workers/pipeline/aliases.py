"""A stack's aliases: made before its pods start, out of the way of what helm makes, led elsewhere when a sibling goes."""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
import yaml

from model import names
from model.marks import LABEL_LABEL, LABEL_SERVICE
from model.routing import aliases, following
from model.routing.following import Following
from model.stack import Desired, Role, Stack
from workers.cluster.belonging import RELEASE_RECEIPT, labels_of, release_of, whose
from workers.faults import Fault
from workers.pipeline.run import Run

log = structlog.get_logger(__name__)

Manifest = Mapping[str, Any]
DNS_SECONDS = 6.0  # CoreDNS lets answers about Services live for five


@dataclass(frozen=True, slots=True)
class Planned:
    """The aliases of one stack: as they should be, and as they stand."""

    wanted: tuple[dict[str, Any], ...] = ()
    standing: tuple[Manifest, ...] = ()


def concerned(stack: Stack, found: Following | None) -> bool:
    """Whether a stack has aliases: it lives in a namespace of its own, and where its base lives is known."""
    return found is not None and bool(found.base) and found.namespace == names.namespace(stack.name) != found.base


def planned(
    stack: Stack,
    found: Following,
    services: Iterable[Manifest],
    stacks: Iterable[Stack],
    domain: str,
    brought: Sequence[Manifest] = (),
) -> Planned:
    """Worked out from the Services of the cluster, or of the `places` that matter. `brought` is what its charts are about
    to make."""
    if not concerned(stack, found):
        return Planned()
    listed, others = list(services), [each for each in stacks if each.name != stack.name]
    here = [each for each in listed if each["metadata"]["namespace"] == found.namespace]
    own = [each for each in here if not aliases.is_alias(each)]
    known = {each["metadata"]["name"] for each in own}
    own += [each for each in brought if each["metadata"]["name"] not in known]
    wanted = aliases.derive(
        of_base(listed, found.base, [stack, *others]),
        stack=stack.name,
        label=found.label,
        namespace=found.namespace,
        own=own,
        siblings=[of_sibling(listed, each) for each in siblings(found.label, others)],
        domain=domain,
    )
    return Planned(tuple(wanted), tuple(each for each in here if aliases.is_alias(each)))


def of_base(services: Iterable[Manifest], namespace: str, stacks: Iterable[Stack]) -> list[Manifest]:
    """The base's own Services in its namespace, where features may live too."""
    features = {
        receipt["name"]
        for stack in stacks
        if stack.spec.role is Role.FEATURE
        for receipt in stack.status.receipts
        if receipt["kind"] == RELEASE_RECEIPT and receipt["namespace"] == namespace
    }
    return [
        each
        for each in services
        if each["metadata"]["namespace"] == namespace
        and not labels_of(each).get(LABEL_LABEL)
        and release_of(each) not in features
    ]


def siblings(label: str, stacks: Iterable[Stack]) -> list[Stack]:
    """The other stacks that are live under a label, in the order of their names."""
    return sorted((each for each in stacks if stays(each) and under(each) == label), key=lambda each: each.name)


def stays(stack: Stack) -> bool:
    """Whether a feature is not on its way out."""
    return stack.spec.role is Role.FEATURE and stack.spec.desired is Desired.UP and not stack.deleting


def under(stack: Stack) -> str:
    """The label under which a stack was deployed last; empty where it never was."""
    found = following.of(stack.status.receipts)
    return found.label if found is not None else ""


def of_sibling(services: Iterable[Manifest], stack: Stack) -> list[Manifest]:
    """A stack's own Services, without its aliases."""
    found = following.of(stack.status.receipts)
    namespace = found.namespace if found is not None else ""
    mine = whose(stack, namespace)
    return [
        each
        for each in services
        if each["metadata"]["namespace"] == namespace
        and not aliases.is_alias(each)
        and mine.owns(labels_of(each), release_of(each))
    ]


def places(found: Following, stacks: Iterable[Stack]) -> set[str]:
    """The namespaces whose Services a stack's aliases depend on."""
    known = (following.of(each.status.receipts) for each in siblings(found.label, stacks))
    return {found.base, found.namespace, *(each.namespace for each in known if each is not None)}


def prepare(run: Run, found: Following, helmfile: Path, values: Path) -> None:
    """Before helm: the names that the charts bring are cleared, since helm takes over nothing that it did not make, and all
    others lead on, since pods may need them to become ready."""
    if not concerned(run.stack, found):
        return
    brought = brings(run, helmfile, values)
    if brought is None:  # what comes is not known, so nothing may be in its way
        plan = current(run, found)
        run.world.aliases.drop(plan.standing)
        return
    plan = current(run, found, brought)
    run.world.aliases.make(plan.wanted, plan.standing)


def settle(run: Run, found: Following) -> None:
    """After helm: as the stack's Services are now."""
    if concerned(run.stack, found):
        plan = current(run, found)
        run.world.aliases.make(plan.wanted, plan.standing)


def withdraw(run: Run) -> None:
    """Take all of them away."""
    here = run.world.aliases.services([names.namespace(run.stack.name)])
    run.world.aliases.drop([each for each in here if aliases.is_alias(each)])


def current(run: Run, found: Following, brought: Sequence[Manifest] = ()) -> Planned:
    """The stack's aliases as of now."""
    stacks = run.world.stacks.list()
    services = run.world.aliases.services(places(found, stacks))
    return planned(run.stack, found, services, stacks, run.world.settings.cluster_domain, brought)


def brings(run: Run, helmfile: Path, values: Path) -> list[Manifest] | None:
    """The Services that a deploy is about to make in the stack's namespace; None where nobody can tell beforehand."""
    project = run.described
    if project.helmfile is None:
        chosen = [name for name in run.chosen if project.services[name].port]
        return [service(names.release(name, run.stack.spec.label), run.namespace, name) for name in chosen]
    try:
        text = run.world.helmfile.rendered(helmfile, values, run.namespace, run.held)
        found = [each for each in yaml.safe_load_all(text) if isinstance(each, dict) and each.get("kind") == "Service"]
    except (Fault, yaml.YAMLError) as fault:
        if run.held.is_set():
            raise
        log.info("what the charts bring is not known", why=str(fault)[:300])
        return None
    return [
        service(each["metadata"]["name"], run.namespace, labels_of(each).get(LABEL_SERVICE, ""))
        for each in found
        if each["metadata"].get("namespace", run.namespace) == run.namespace
    ]


def service(name: str, namespace: str, marked: str) -> dict[str, Any]:
    """A Service as far as aliases need to know it."""
    return {"metadata": {"name": name, "namespace": namespace, "labels": {LABEL_SERVICE: marked} if marked else {}}}


def hand_back(run: Run) -> None:
    """Before a stack's workloads go: the aliases of the label's other stacks no longer lead to them. Waits until answers of
    the DNS that are older have run out."""
    stacks = [each for each in run.world.stacks.list() if each.name != run.stack.name]
    found = following.of(run.stack.status.receipts)
    if found is None:
        return
    changed = sum(led_anew(run, each, stacks) for each in siblings(found.label, stacks))
    if changed:
        time.sleep(DNS_SECONDS)


def led_anew(run: Run, stack: Stack, stacks: Collection[Stack]) -> int:
    """Make another stack's aliases what they should be; how many were changed."""
    found = following.of(stack.status.receipts)
    if found is None or not concerned(stack, found):
        return 0
    services = run.world.aliases.services(places(found, stacks))
    plan = planned(stack, found, services, stacks, run.world.settings.cluster_domain)
    made: int = run.world.aliases.make(plan.wanted, plan.standing)
    return made
