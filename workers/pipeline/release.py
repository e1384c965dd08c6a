"""Deploy: helmfile with our values on top, and the routes beside it as soon as there is a Service to lead to."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import structlog

from model import names
from model.stack import Role, Status
from workers.pipeline import applied, chart, routing
from workers.pipeline.run import Run

log = structlog.get_logger(__name__)


def act(run: Run) -> None:
    """Record what will be made, make it, wait until it runs. Nothing is called where nothing differs."""
    if not run.chosen:
        forget_services(run)
        return
    world = run.world
    status = run.stack.status
    if status.config_hash == run.config_hash and status.namespace == run.namespace and all_there(run):
        run.narrator.note("Deploying", "unchanged")
        routing.apply(run, routing.revision(run))
        return
    own = run.stack.spec.role is Role.FEATURE and run.described.namespace == "stack"
    # Releases are on record before they are made, so nothing of a stack without such a record can be there.
    fresh = not any(receipt["kind"] == "release" for receipt in status.receipts)
    if own:
        world.namespaces.ensure(run.namespace, run.stack.name, run.stack.spec.label)
    elif run.stack.spec.role is Role.BASE:
        world.namespaces.ensure_base(run.namespace)
    else:
        world.namespaces.must_exist(run.namespace)
    if world.settings.registry_auth_file is not None:
        world.namespaces.pull_secret(
            run.namespace,
            names.pull_secret(run.stack.spec.label),
            world.settings.registry_auth_file.read_text(),
            run.stack.name,
        )
    hashes = applied.planned(run)
    there = [] if own and fresh else world.helm.list(run.namespace, run.held)
    same = applied.unchanged(run, hashes, {release.name for release in there if release.status == "deployed"})
    helmfile, values = chart.written(run, left_out=same)
    releases = list(hashes) or world.helmfile.releases(helmfile, values, run.namespace, run.held)
    record(run, releases, changing=[name for name in releases if name not in same])
    world.helm.repair(releases, run.namespace, run.held, listed=there)
    # A stack that has no pods yet may mark its answers at once: none but the new pods can give them.
    marked = routing.revision(run) if fresh else status.config_hash[: routing.REVISION_DIGITS]
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="routes") as beside:
        routes = beside.submit(routing.apply, run, marked)
        try:
            if len(same) < len(releases):
                world.helmfile.sync(
                    helmfile,
                    values,
                    run.namespace,
                    timeout=world.settings.deploy_timeout,
                    cleanup_on_fail=run.stack.spec.role is Role.FEATURE and not status.config_hash,
                    skip_deps=run.described.helmfile is None,
                    cancelled=run.held,
                )
        except BaseException:
            run.release_failed = True
            raise
        finally:
            run.released.set()
        routes.result()
    applied.remember(run, hashes)
    if not fresh:
        # Only now the answers may carry this deployment's mark: it tells that the proxy has seen the new pods.
        routing.apply(run, routing.revision(run))
    drop_others(run, releases)


def all_there(run: Run) -> bool:
    """Whether every release that is on record is still deployed."""
    wanted = {receipt["name"] for receipt in run.stack.status.receipts if receipt["kind"] == "release"}
    return bool(wanted) and wanted <= run.world.helm.deployed(run.namespace)


def record(run: Run, releases: list[str], changing: Collection[str]) -> None:
    """Write down what is about to be made, before it is made, so that no crash can hide it from teardown."""
    made: list[dict[str, Any]] = [{"kind": "release", "name": name, "namespace": run.namespace} for name in releases]
    if run.namespace == names.namespace(run.stack.name):
        made.append({"kind": "namespace", "name": run.namespace})

    def change(status: Status) -> Status:
        known = [receipt for receipt in applied.without(status, changing).receipts if receipt not in made]
        return replace(status, receipts=(*known, *made), namespace=run.namespace, config_hash="")

    run.stack = run.world.stacks.patch_status(run.stack.name, change) or run.stack


def drop_others(run: Run, releases: list[str]) -> None:
    """Uninstall releases of earlier runs that this one no longer has (a service left the change, the label moved)."""
    stale = [
        receipt
        for receipt in run.stack.status.receipts
        if receipt["kind"] == "release"
        and (receipt["name"], receipt["namespace"]) not in {(name, run.namespace) for name in releases}
    ]
    for receipt in stale:
        run.world.helm.uninstall(receipt["name"], receipt["namespace"], run.world.settings.teardown_timeout, run.held)
    if stale:
        run.world.stacks.patch_status(
            run.stack.name,
            lambda status: replace(status, receipts=tuple(each for each in status.receipts if each not in stale)),
        )


def forget_services(run: Run) -> None:
    """The change touches no service any more: what an earlier commit brought goes, routes first."""
    if any(receipt["kind"] == "release" for receipt in run.stack.status.receipts):
        routing.withdraw(run)
        drop_others(run, [])
