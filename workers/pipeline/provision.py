"""Resources: what the charts are told of them, and what the hooks made of them, kept in the Stack while helm runs."""

import base64
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import structlog

from config import files
from config.problems import Problem
from config.project import Service
from config.resources import written
from model import names
from model.provision import RECEIPT, Ended, Ledger, called, merged
from model.stack import Role, Status
from workers.faults import Fault, OurFault, Unavailable, UserFault
from workers.pipeline.run import Run
from workers.report.view import Resource

log = structlog.get_logger(__name__)

FOLLOW_SECONDS = 0.5
READY, MAKING = "ready", "making"  # states of receipts
MARGIN_SECONDS = 30  # the hook's own deadline is that far below helm's timeout, so that it can still say what is wrong


def concerned(run: Run) -> bool:
    """Whether there can be resources: a feature's, with a hook image, listed here or in a chart that we do not see, or
    made by an earlier deploy, whose list had some."""
    if run.stack.spec.role is Role.BASE or not run.world.settings.hook_image:
        return False
    project = run.described
    listed_here = any(project.services[name].resources for name in run.chosen)
    return project.helmfile is not None or listed_here or any(on_record(run))


def on_record(run: Run) -> Iterator[dict[str, Any]]:
    """The Stack's receipts of resources in the namespace where it is deployed now."""
    for receipt in run.stack.status.receipts:
        if receipt["kind"] == RECEIPT and receipt["namespace"] == run.namespace:
            yield receipt


def handed(run: Run) -> dict[str, Any]:
    """What charts are told: how resources are made, and those that `.devstack.yaml` lists, by service."""
    if not concerned(run):
        return {}
    settings = run.world.settings
    label = run.stack.spec.label
    resources = {name: written(run.described.services[name].resources) for name in run.chosen}
    told: dict[str, Any] = {
        "image": settings.hook_image,
        "hook": settings.hook,
        "deadlineSeconds": max(MARGIN_SECONDS, settings.deploy_timeout - MARGIN_SECONDS),
    }
    if secret := run.values["devstack"]["pull_secret"]:
        told["imagePullSecrets"] = [{"name": secret}]
    if settings.provider_secret:
        told["envFrom"] = [{"secretRef": {"name": names.provider_secret(label), "optional": True}}]
    return {"provision": told, "resources": {name: each for name, each in resources.items() if each}}


def chart_values(run: Run, name: str, service: Service) -> dict[str, Any]:
    """What the ready-made chart is told of one service's resources; nothing where it has none and had none."""
    told = run.values["devstack"].get("provision")
    if not told:
        return {}
    if not service.resources:
        # Its list has become empty: the hook takes away what is on record.
        release = names.release(name, run.stack.spec.label)
        return {"provision": told} if any(each["release"] == release for each in on_record(run)) else {}
    carries = carried(run, service)
    return {
        "resources": written(service.resources),
        "resourceEnv": list(service.resource_env),
        "provision": {**told, "files": carries} if carries else told,
    }


def carried(run: Run, service: Service) -> dict[str, str]:
    """The repository's files that a service's resources name, as the chart carries them to the hook."""
    found = {}
    for _, file in files.of_resources(service):
        real = files.confined(run.source, file, kind="file")
        if isinstance(real, Problem):
            raise UserFault("A file is missing", real.message, real.suggestion)
        found[names.file_key(file)] = base64.b64encode(files.packed(real)).decode()
    return found


def prepare(run: Run) -> None:
    """Before helm runs: the providers' keys are where the hooks look for them, and what was made before is on record."""
    if not concerned(run):
        return
    settings, world = run.world.settings, run.world
    if settings.provider_secret:
        copy = names.provider_secret(run.stack.spec.label)
        there = world.ledgers.copy_secret(
            settings.provider_secret, settings.namespace, run.namespace, copy, run.stack.name
        )
        if not there:
            raise OurFault(f"there is no Secret {settings.provider_secret} in the namespace {settings.namespace}")
    known = lost(run, world.ledgers.of(run.stack.name, run.namespace))
    for ledger in known:
        world.ledgers.restore(run.stack.name, ledger)


def lost(run: Run, there: list[Ledger]) -> list[Ledger]:
    """Ledgers that the Stack knows of and the namespace has no more."""
    present = {ledger.release for ledger in there}
    found: dict[str, list[Mapping[str, Any]]] = {}
    labels: dict[str, str] = {}
    for receipt in on_record(run):
        if receipt["release"] not in present:
            found.setdefault(receipt["release"], []).append(receipt["receipt"])
            labels[receipt["release"]] = receipt["label"]
    return [
        Ledger(run.namespace, release, str(each[0].get("service", "")), labels[release], tuple(each))
        for release, each in found.items()
    ]


@contextmanager
def followed(run: Run) -> Iterator[None]:
    """While helm runs the Stack learns what the hooks write down: a namespace that is deleted takes no record with it."""
    if not concerned(run):
        yield
        return
    ended = threading.Event()
    thread = threading.Thread(target=_follow, args=(run, ended), name="ledgers", daemon=True)
    thread.start()
    try:
        yield
    except (OurFault, UserFault) as fault:
        raise cause(run, fault) from fault
    finally:
        ended.set()
        thread.join()
        ledgers = settle(run)
    complete(run, ledgers)


def complete(run: Run, ledgers: list[Ledger]) -> None:
    """helm takes a hook's Pod that somebody deleted for one that has ended well: what it was to make is not there."""
    for ledger in ledgers:
        if any(each.get("state") == MAKING for each in ledger.receipts):
            raise interrupted(ledger.release)
    ready = {ledger.release: sum(each.get("state") == READY for each in ledger.receipts) for ledger in ledgers}
    for name in run.chosen:
        release = names.release(name, run.stack.spec.label)
        if run.described.helmfile is None and ready.get(release, 0) < len(run.described.services[name].resources):
            raise interrupted(release)


def _follow(run: Run, ended: threading.Event) -> None:
    while not ended.wait(FOLLOW_SECONDS):
        try:
            settle(run)
        except Fault as fault:
            log.warning("ledgers not read", error=str(fault))


def settle(run: Run) -> list[Ledger]:
    """Bring the Stack's receipts up to what the ledgers say; the ledgers."""
    ledgers = run.world.ledgers.of(run.stack.name, run.namespace)
    learn(run, ledgers)
    return ledgers


def learn(run: Run, ledgers: list[Ledger]) -> None:
    """Take up what ledgers tell."""
    if merged(run.stack.status.receipts, ledgers) == run.stack.status.receipts:
        return

    def change(status: Status) -> Status:
        return replace(status, receipts=merged(status.receipts, ledgers))

    run.record(change)


def shown(run: Run) -> tuple[Resource, ...]:
    """The resources as the comment lists them."""
    return tuple(
        Resource(
            kind=str(each["receipt"]["kind"]),
            name=str(each["receipt"]["name"]),
            service=str(each["receipt"].get("service", "")),
            env=tuple(each["receipt"].get("env", ())),
            state=str(each["receipt"].get("state", "")),
            warning=str(each["receipt"].get("warning", "")),
        )
        for each in run.stack.status.receipts
        if each["kind"] == RECEIPT
    )


def cause(run: Run, fault: OurFault | UserFault) -> Exception:
    """The hooks' own words for a failure of helm; the failure itself where it is not theirs."""
    for receipt in run.stack.status.receipts:
        if receipt["kind"] != "release" or receipt["namespace"] != run.namespace:
            continue
        name = receipt["name"]
        said = run.world.ledgers.said(run.namespace, name)
        if said is not None and said.code > 0:
            return told(said) or fault
        if (said is not None and said.code < 0) or run.world.ledgers.wanting(run.namespace, name):
            return interrupted(name)  # it was killed before it could say anything, or deleted
    return fault


def interrupted(release: str) -> Unavailable:
    """A hook's Pod did not come to its end: worth another try."""
    return Unavailable(f"The Pod that makes the resources of `{release}`", "it was ended before it was done")


def told(said: Ended) -> Exception | None:
    """A hook's problems as a fault: a server that does not answer is worth another try, all else is shown."""
    if not said.problems:
        return None
    first = said.problems[0]
    if said.code == 3 and first.get("kind"):
        return Unavailable(f"The server of {called(first)}", str(first.get("problem", "")))
    lines = [f"- {called(each)}: {each.get('problem', '')}" if each.get("kind") else f"- {each.get('problem', '')}"
             for each in said.problems if each.get("state") != "waiting"]  # fmt: skip
    remedies = dict.fromkeys(str(each["remedy"]) for each in said.problems if each.get("remedy"))
    logs = [str(each["log"]) for each in said.problems if each.get("log")]
    return UserFault("Resources could not be made", "\n".join(lines), " ".join(remedies), log="\n".join(logs))
