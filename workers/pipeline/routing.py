"""The stack's routes: derived from the base's own, applied as objects that the stack owns, taken away by mark."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from model import names, routes, rules
from model.marks import LABEL_SERVICE
from model.stack import Role
from workers.cluster.belonging import labels_of, whose
from workers.faults import UserFault
from workers.pipeline.run import Run

POLL_SECONDS = 0.2
REVISION_DIGITS = 12


def revision(run: Run) -> str:
    """Marks the answers of this very deployment."""
    return run.config_hash[:REVISION_DIGITS]


def apply(run: Run, marked: str) -> None:
    """Wait until each service of the stack has a Service to lead to, then make the stack's routes what they should be.

    `marked` is the revision that their answers carry.
    """
    if run.stack.spec.role is Role.BASE:
        return  # a base application brings its own
    run.k8s_services = wait_for_services(run)
    if not run.k8s_services:
        return
    try:
        manifests = routes.derive(
            base_routes(run),
            stack=run.stack.name,
            label=run.stack.spec.label,
            header=run.values["context_header"],
            namespace=run.namespace,
            services=[backend(run, name) for name in run.k8s_services],
            api_group=run.world.settings.traefik_api_group,
            entrypoints=run.world.settings.entrypoints,
            revision=marked,
        )
    except routes.RefusedRoutesError as refused:
        raise refusal(refused) from refused
    run.world.routes.make(run.stack.name, manifests)


def base_routes(run: Run) -> list[dict[str, Any]]:
    """The IngressRoutes of the base, as the cluster has them now: no stack's, and none in a stack's own namespace."""
    stacks = run.world.stacks.list()
    own = {names.namespace(stack.name) for stack in stacks if stack.spec.role is Role.FEATURE}
    return [each for each in run.world.routes.all() if routes.is_base(each, own)]


def serves(base: Iterable[Mapping[str, Any]], host: str) -> bool:
    """Whether a base route names this host."""
    for each in base:
        for route in each["spec"].get("routes") or ():
            try:
                if rules.names_host(rules.parse(route.get("match") or ""), host):
                    return True
            except rules.UnreadableRuleError:
                continue
    return False


def refusal(refused: routes.RefusedRoutesError) -> UserFault:
    """Why routes cannot be had, for people: each host with the object that stands in the way."""
    lines = [
        f"- `{each.host}`: {each.problem}" + (f" (IngressRoute `{each.route}`)" if each.route else "")
        for each in refused.refusals
    ]
    taken = any(each.kind == "taken" for each in refused.refusals)
    remedy = "Choose another label: `/devstack deploy --label <label>`." if taken else ""
    return UserFault("Routes refused", "\n".join(lines), remedy)


def backend(run: Run, name: str) -> routes.Backend:
    """Where the routes of one service lead."""
    found = run.k8s_services[name]
    return routes.Backend(
        service=name,
        hosts=tuple(run.described.services[name].hosts),
        name=found["metadata"]["name"],
        namespace=found["metadata"]["namespace"],
        port=port_of(found, run.described.services[name].port),
    )


def wait_for_services(run: Run) -> dict[str, Mapping[str, Any]]:
    """The Kubernetes Service of each service, looked for while helm is still waiting for the pods."""
    wanted = [name for name in run.chosen if run.described.services[name].hosts]
    mine = whose(run.stack, run.namespace)
    deadline = time.monotonic() + run.world.settings.deploy_timeout
    while True:
        listed = run.world.workloads.services(run.namespace, mine)
        found = {name: pick(listed, name, run.stack.spec.label) for name in wanted}
        missing = [name for name, service in found.items() if service is None]
        if not missing:
            return {name: service for name, service in found.items() if service is not None}
        if run.released.is_set() or time.monotonic() > deadline:
            if run.release_failed:
                return {}
            raise UserFault(
                "No Service to lead to",
                f"The charts made no Kubernetes Service for {', '.join(missing)} in the namespace `{run.namespace}`.",
                "Name it `<service>` or `<service>-<label>`, or give it the label `app.kubernetes.io/name: <service>`.",
            )
        run.check()
        run.released.wait(POLL_SECONDS)


def pick(listed: Sequence[Mapping[str, Any]], name: str, label: str) -> Mapping[str, Any] | None:
    """Of a stack's own Services the one that belongs to a service: by our mark, by its name, or by the label that charts
    give."""
    marked = [each for each in listed if labels_of(each).get(LABEL_SERVICE) == name]
    named = [each for each in listed if each["metadata"]["name"] in (names.release(name, label), name)]
    by_app = [each for each in listed if labels_of(each).get("app.kubernetes.io/name") == name]
    by_old = [each for each in listed if labels_of(each).get("app") in (name, names.release(name, label))]
    return next(iter([*marked, *named, *by_app, *by_old]), None)


def port_of(service: Mapping[str, Any], wanted: int) -> int:
    """The Service's port that leads to the described one; the only port where there is one."""
    ports = service["spec"].get("ports", [])
    for each in ports:
        if wanted in (each.get("targetPort"), each["port"]):
            return int(each["port"])
    return int(ports[0]["port"])


def withdraw(run: Run) -> int:
    """Take the stack's routes away; the number of objects that were there."""
    removed: int = run.world.routes.remove(run.stack.name)
    return removed
