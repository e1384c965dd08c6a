"""Deploy: helmfile with our values on top, and the routes beside it as soon as there is a Service to lead to."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog

from config import needs
from model import names
from model.marks import LABEL_LABEL, LABEL_STACK
from model.routing import following
from model.stack import Role, Status
from workers.pipeline import aliases, applied, chart, provision, rendered, routing
from workers.pipeline.run import Run
from workers.registry import auth

log = structlog.get_logger(__name__)


def act(run: Run) -> None:
    """Record what will be made, make it, wait until it runs. Nothing is called where nothing differs."""
    if not run.chosen:
        forget_services(run)
        return
    status = run.stack.status
    if status.config_hash == run.config_hash and status.namespace == run.namespace and all_there(run):
        run.narrator.note("Deploying", "unchanged")
        routing.apply(run, routing.revision(run))
        routing.remember(run)
        return
    # Releases are on record before they are made, so nothing of a stack without such a record can be there.
    before = {receipt["name"] for receipt in status.receipts if receipt["kind"] == "release"}
    own = place(run)
    hashes = applied.planned(run)
    there = [] if own and not before else run.world.helm.list(run.namespace, run.held)
    same = applied.unchanged(run, hashes, {release.name for release in there if release.status == "deployed"})
    helmfile, values = chart.written(run, left_out=same)
    rendered.check(run, helmfile, values)
    releases = list(hashes) or run.world.helmfile.releases(helmfile, values, run.namespace, run.held)
    record(run, releases, changing=[name for name in releases if name not in same])
    pull_secret(run)
    provision.prepare(run)
    run.world.helm.repair(releases, run.namespace, run.held, listed=there)
    if own:
        aliases.prepare(run, routing.planned(run), helmfile, values)
    if before and not before & set(releases):
        # The stack moves to another label: what runs under the old one is served until the new is ready.
        sync(run, helmfile, values, needed=len(same) < len(releases))
    else:
        # A stack that has no pods yet may mark its answers at once: none but the new pods can give them.
        marked = status.config_hash[: routing.REVISION_DIGITS] if before else routing.revision(run)
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="routes") as beside:
            routes = beside.submit(routing.apply, run, marked)
            sync(run, helmfile, values, needed=len(same) < len(releases))
            routes.result()
    applied.remember(run, hashes)
    if before or routing.incomplete(run):
        # Only now the answers may carry this deployment's mark: it tells that the proxy has seen the new pods.
        routing.apply(run, routing.revision(run))
    routing.remember(run)
    if own and run.following is not None:
        aliases.settle(run, run.following)


def place(run: Run) -> bool:
    """Have the namespace there; whether it is the stack's own."""
    world, spec = run.world, run.stack.spec
    own = spec.role is Role.FEATURE and run.described.namespace == "stack"
    if own:
        world.namespaces.ensure(run.namespace, run.stack.name, spec.label)
    elif spec.role is Role.BASE:
        world.namespaces.ensure_base(run.namespace)
    else:
        world.namespaces.must_exist(run.namespace)
    return own


def pull_secret(run: Run) -> None:
    """The registry's password for the pods, where it has one. Made when the namespace is on record, to be found again."""
    settings = run.world.settings
    name = run.values["devstack"]["pull_secret"]
    if name:
        login = auth.for_pods(settings.registry_auth_file, settings.registry)
        run.world.namespaces.pull_secret(run.namespace, name, login, run.stack.name)


def sync(run: Run, helmfile: Path, values: Path, *, needed: bool) -> None:
    """helmfile's part; whoever waits for its end is told."""
    spec = run.stack.spec
    try:
        if needed:
            with provision.followed(run):
                run.world.helmfile.sync(
                    helmfile,
                    values,
                    run.namespace,
                    timeout=run.world.settings.deploy_timeout,
                    waves=needs.waves(run.described.services, run.chosen),
                    # helm removes only what the failed upgrade was the first to make; of the base nothing is ever removed.
                    cleanup_on_fail=spec.role is Role.FEATURE,
                    labels={LABEL_STACK: run.stack.name, **({LABEL_LABEL: spec.label} if spec.label else {})},
                    skip_deps=run.described.helmfile is None,
                    cancelled=run.held,
                )
    except BaseException:
        run.release_failed = True
        raise
    finally:
        run.released.set()


def all_there(run: Run) -> bool:
    """Whether every release that is on record is still deployed."""
    wanted = {
        receipt["name"]
        for receipt in run.stack.status.receipts
        if receipt["kind"] == "release" and not receipt.get("stale")
    }
    return bool(wanted) and wanted <= run.world.helm.deployed(run.namespace)


def record(run: Run, releases: list[str], changing: Collection[str]) -> None:
    """Write down what is about to be made, before it is made, so that no crash can hide it from teardown.

    Releases of earlier runs that this one does not have (a service left the change, the label moved) become stale.
    """
    made: list[dict[str, Any]] = [{"kind": "release", "name": name, "namespace": run.namespace} for name in releases]
    present = {(name, run.namespace) for name in releases}
    if run.namespace == names.namespace(run.stack.name):
        made.append({"kind": "namespace", "name": run.namespace})

    def kept(receipt: dict[str, Any]) -> bool:
        return receipt not in made and (
            receipt["kind"] != "release" or (receipt["name"], receipt["namespace"]) not in present
        )

    def change(status: Status) -> Status:
        known = [
            {**receipt, "stale": True} if receipt["kind"] == "release" else receipt
            for receipt in applied.without(status, changing).receipts
            if kept(receipt)
        ]
        return replace(status, receipts=(*known, *made), namespace=run.namespace, config_hash="")

    run.record(change)


def forget_services(run: Run) -> None:
    """The change touches no service any more: what an earlier commit brought goes, routes first."""
    if any(receipt["kind"] == "release" for receipt in run.stack.status.receipts):
        routing.withdraw(run)
        aliases.withdraw(run)
        run.record(lambda status: replace(status, receipts=following.replaced(status.receipts, None)))
        record(run, [], changing=[])
