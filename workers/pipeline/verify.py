"""The proof of a deploy: pods run the very digests that belong to this commit, and the routes answer as promised."""

import time
from collections.abc import Iterable
from dataclasses import replace

import structlog

from model.routing import following
from model.stack import Role, Service
from workers.cluster.belonging import whose
from workers.faults import OurFault, UserFault
from workers.pipeline import picturing, provision, routing
from workers.pipeline.probes import ask_all, expectations
from workers.pipeline.run import Run
from workers.report.view import Probe

log = structlog.get_logger(__name__)

POLL_SECONDS = 0.1


def act(run: Run) -> None:
    """Write the stack's services and URLs once they are proven."""
    if not run.chosen:
        nothing_touched(run)
        return
    deadline = time.monotonic() + run.world.settings.verify_timeout
    pods_run(run, deadline)
    values_are_new(run, deadline)
    probes = routes_answer(run, deadline)
    proven(run, probes)
    picturing.tell(run)


def pods_run(run: Run, deadline: float) -> None:
    """Every live pod of each service is ready and runs the digest that was built; UserFault with the reason where not."""
    wanted = {name: service.image for name, service in run.services.items()}
    mine = whose(run.stack, run.namespace)
    while True:
        said = run.world.workloads.unlike(run.namespace, wanted, mine)
        if not said:
            return
        if time.monotonic() > deadline:
            worst = said[0]
            raise UserFault(
                f"`{worst.service}` does not run what was built",
                worst.sentence,
                "Check that the chart uses `images.<service>.ref`.",
                log=worst.log,
            )
        run.check()
        time.sleep(POLL_SECONDS)


def values_are_new(run: Run, deadline: float) -> None:
    """No pod runs with values of resources that have changed since; UserFault where one stays."""
    ledgers = provision.settle(run) if provision.concerned(run) else []
    for ledger in ledgers:
        while old := run.world.ledgers.pods_before(ledger):
            if time.monotonic() > deadline:
                raise UserFault(
                    f"`{ledger.service}` runs with old values",
                    f"The values of its resources changed, and the pod `{old[0]}` was not replaced.",
                    "Check that the chart's workloads roll, and take their environment by `devstack.envFrom`.",
                )
            run.check()
            time.sleep(POLL_SECONDS)


def routes_answer(run: Run, deadline: float) -> tuple[Probe, ...]:
    """Ask until every answer comes from the side that was promised; the proxy takes routes up with a delay.

    What was wrong is asked alone until it is right, and then all of it once more: routes that come may change others.
    """
    settings = run.world.settings
    while True:
        known = ask_all(settings, expectations(run))
        leave_the_bases(run, known.values())
        waited = False
        while wrong := [each for each, probe in known.items() if not probe.ok]:
            waited = True
            if time.monotonic() > deadline:
                run.narrator.update(probes=tuple(known.values()))
                first = known[wrong[0]]
                raise OurFault(f"{first.request} was answered by {first.got}, not by {first.expected}")
            run.check()
            time.sleep(POLL_SECONDS)
            again = ask_all(settings, wrong)
            leave_the_bases(run, again.values())
            known = {each: again.get(each, probe) for each, probe in known.items() if each not in wrong or each in again}
        if not waited:
            return tuple(known.values())


def leave_the_bases(run: Run, probes: Iterable[Probe]) -> None:
    """UserFault where the stack answers what is the base's own traffic; its routes go before anything else is done.

    That is never a matter of the proxy's delay: no route of a stack holds without its context. So nothing is waited for, and
    nobody makes the routes again until the next deploy: what they were made with goes too, and so does the word that an earlier
    commit is still there.
    """
    taken = [each for each in probes if each.taken]
    if not taken:
        return
    routing.withdraw(run)
    log.error("the stack took the base's traffic", requests=[each.request for each in taken])
    run.record(
        lambda status: replace(
            status,
            receipts=following.replaced(status.receipts, None),
            urls=(),
            config_hash="",
            deployed_sha="",
        )
    )
    run.narrator.update(probes=tuple(taken))
    hosts = ", ".join(dict.fromkeys(f"`{each.about}`" for each in taken))
    raise UserFault(
        "The feature answered the base's own requests",
        f"Requests without the feature's context to {hosts} were answered by this feature and not by the base. All of the "
        "feature's routes were taken away at once, so the base answers everything again.",
        "Tell those who run the bot, with what `devstack routes` shows of that host. `/devstack deploy` tries again.",
    )


def proven(run: Run, probes: tuple[Probe, ...]) -> None:
    """Record what is now known to be true."""
    spec = run.stack.spec
    services = tuple(replace(service, state="ready") for service in run.services.values())
    feature = spec.role is Role.FEATURE
    hosts = [host for service in services for host in service.hosts]
    urls = (
        tuple(run.world.settings.url(run.world.settings.preview.host(spec.label, host)) for host in hosts)
        if feature
        else ()
    )
    run.narrator.update(
        services=services,
        resources=provision.shown(run),
        probes=probes,
        preview_urls=urls,
        base_urls=tuple(run.world.settings.url(host) for host in hosts),
        header=run.values["context_header"],
    )
    remember(run, services, urls)


def remember(run: Run, services: tuple[Service, ...], urls: tuple[str, ...]) -> None:
    """Write the deployed state into the Stack; equal values next time mean that helmfile need not be called."""
    run.world.stacks.patch_status(
        run.stack.name,
        lambda status: replace(
            status, services=services, urls=urls, config_hash=run.config_hash, deployed_sha=run.stack.spec.sha
        ),
    )


def nothing_touched(run: Run) -> None:
    """A change that touches no service has no stack: say so instead of pretending."""
    run.narrator.update(
        services=(),
        preview_urls=(),
        message="This change touches none of the services, so nothing is deployed. "
        "`/devstack deploy <service>` deploys one anyway.",
    )
    remember(run, (), ())
