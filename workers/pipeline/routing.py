"""The stack's routes: derived from the base's own, applied as objects that the stack owns, taken away by mark."""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from config import needs
from config.settings import Settings
from model import names
from model.marks import LABEL_SERVICE
from model.routing import following, inside, routes, rules
from model.routing.following import Following, Problem
from model.routing.reissue import RefusedError
from model.stack import Role
from workers.cluster.belonging import labels_of, whose
from workers.cluster.dialect import Dialect
from workers.faults import UserFault
from workers.pipeline.run import Run
from workers.pipeline.seen import look, of_base

POLL_SECONDS = 0.2
REVISION_DIGITS = 12
BESIDE = (
    "Have the stack live beside its base: `namespace: base` in `.devstack.yaml`. Or have Traefik take such references "
    "(`--providers.kubernetescrd.allowCrossNamespace=true`, and `DEVSTACK_CROSS_NAMESPACE=true` here)."
)


def revision(run: Run) -> str:
    """Marks the answers of this very deployment."""
    return run.config_hash[:REVISION_DIGITS]


def apply(run: Run, marked: str) -> None:
    """Wait until each service of the stack has a Service to lead to, then make the stack's routes what they should be.

    `marked` is the revision that their answers carry.
    """
    if run.stack.spec.role is Role.BASE:
        return  # a base application brings its own
    wanted = routed(run)
    prepare(run, marked, wanted)
    there = wait_for_services(run, wanted)
    if there is None:
        return
    run.k8s_services = there
    base = base_routes(run)
    run.following = followed(run, base, marked)
    if not run.k8s_services:
        return
    run.world.dialect.check()
    try:
        manifests = derived(run.world.settings, run.world.dialect, run.stack.name, run.following, base)
    except routes.RefusedRoutesError as refused:
        raise refusal(refused) from refused
    run.world.routes.make(run.stack.name, manifests)


def prepare(run: Run, marked: str, wanted: Sequence[str]) -> None:
    """Make what a stack's first routes, to these services, need while helm still makes the Services: then the routes are
    the proxy's first change, which it takes up at once, and not the one after it."""
    first = following.of(run.stack.status.receipts) is None
    if first and run.world.settings.cross_namespace and wanted:
        run.world.dialect.check()
        manifests = routes.ahead(
            stack=run.stack.name,
            label=run.stack.spec.label,
            header=run.values["context_header"],
            namespace=run.namespace,
            api_group=run.world.dialect.group,
            revision=marked,
        )
        run.world.routes.ahead(manifests)


def derived(
    settings: Settings,
    dialect: Dialect,
    stack: str,
    found: Following,
    base: Iterable[Mapping[str, Any]],
    borne: Collection[str] = (),
) -> list[dict[str, Any]]:
    """The manifests of a stack's routes; routes.RefusedRoutesError, but for rules that cannot be read not at the hosts `borne`."""
    return routes.derive(
        base,
        stack=stack,
        label=found.label,
        header=found.header,
        namespace=found.namespace,
        services=found.backends,
        api_group=dialect.group,
        syntax=dialect.syntax,
        entrypoints=settings.entrypoints,
        revision=found.revision,
        preview=settings.preview,
        cross_namespace=settings.cross_namespace,
        borne=borne,
    )


def followed(run: Run, base: Sequence[Mapping[str, Any]], marked: str) -> Following:
    """What the stack's routes and aliases are made with, so that they can be made again when the base changes."""
    home = base_namespace(run, base)
    try:
        backends = tuple(backend(run, name, base, home) for name in run.k8s_services)
    except RefusedError as refused:
        raise refusal(routes.RefusedRoutesError([refused.refusal])) from refused
    hosts = dict.fromkeys(host for each in backends for host in each.hosts)
    based = tuple(host for host in hosts if serves(base, host))
    header = run.values["context_header"]
    found = Following(run.stack.spec.label, header, run.namespace, marked, home, backends, based)
    return replace(found, problems=missing(found, base))


def missing(found: Following, base: Sequence[Mapping[str, Any]]) -> tuple[Problem, ...]:
    """The hosts that the base did not have when the stack was deployed, and does not have now."""
    new = dict.fromkeys(host for each in found.backends for host in each.hosts if host not in found.based)
    return tuple(Problem("host-missing", host) for host in new if not serves(base, host))


def planned(run: Run) -> Following:
    """What is known of it before anything is deployed: where the stack and its base live."""
    home = run.described.base.namespace or base_namespace(run, look(run.world).base)
    return Following(run.stack.spec.label, run.values["context_header"], run.namespace, "", home)


def remember(run: Run) -> None:
    """Write down what the routes were made with, for `workers.follow`."""
    if run.following is not None and following.of(run.stack.status.receipts) != run.following:
        new = run.following
        run.record(lambda status: replace(status, receipts=following.replaced(status.receipts, new)))


def base_namespace(run: Run, base: Iterable[Mapping[str, Any]]) -> str:
    """Where the stack's base lives: as the config says, else where all base routes of its services' hosts are; else ""."""
    if run.described.base.namespace:
        return run.described.base.namespace
    hosts = [host for name in run.chosen for host in run.described.services[name].hosts]
    homes = {each["metadata"]["namespace"] for each in base if any(rules.route_names_host(each, host) for host in hosts)}
    return homes.pop() if len(homes) == 1 else ""


def base_routes(run: Run) -> list[Mapping[str, Any]]:
    """The base's objects of Traefik that decide where requests go, as the cluster has them now: no stack's, and none in a
    stack's own namespace."""
    return of_base((*run.world.routes.all(), *run.world.routes.related()), run.world.stacks.list())


def serves(base: Iterable[Mapping[str, Any]], host: str) -> bool:
    """Whether a base route names this host."""
    return any(rules.route_names_host(each, host) for each in base)


def header_counts(run: Run, base: Iterable[Mapping[str, Any]], host: str) -> bool:
    """Whether the context header chooses the stack on this host: not where the operator trusts none of its entry points."""
    settings = run.world.settings
    there = [each["spec"].get("entryPoints") or () for each in base if rules.route_names_host(each, host)] or [
        settings.entrypoints
    ]
    return any(settings.preview.header_places(each) is not None for each in there)


def refusal(refused: routes.RefusedRoutesError) -> UserFault:
    """Why routes cannot be had, for people: each host with the object that stands in the way."""
    lines = [
        f"- `{each.host}`: {each.problem}" + (f" ({each.object} `{each.route}`)" if each.route else "")
        for each in refused.refusals
    ]
    taken = any(each.kind == "taken" for each in refused.refusals)
    crosses = any(each.kind == "cross-namespace" for each in refused.refusals)
    remedy = "Choose another label: `/devstack deploy --label <label>`." if taken else BESIDE if crosses else ""
    return UserFault("Routes refused", "\n".join(lines), remedy)


def backend(run: Run, name: str, base: Iterable[Mapping[str, Any]], home: str) -> routes.Backend:
    """Where the routes of one service lead."""
    found = run.k8s_services[name]
    return routes.Backend(
        service=name,
        hosts=tuple(run.described.services[name].hosts),
        name=found["metadata"]["name"],
        namespace=found["metadata"]["namespace"],
        port=port_of(found, run.described.services[name].port),
        ports=ports_of(found),
        inside=inside.of_service(base, name, home),
    )


def routed(run: Run) -> list[str]:
    """The services that get routes: those with hosts, and those whose base is called by its name through the proxy."""
    services = run.described.services
    if all(services[name].hosts or not services[name].port for name in run.chosen):
        return [name for name in run.chosen if services[name].hosts]
    base = look(run.world).base
    home = base_namespace(run, base)
    try:
        return [name for name in run.chosen if services[name].hosts or inside.of_service(base, name, home)]
    except RefusedError as refused:
        raise refusal(routes.RefusedRoutesError([refused.refusal])) from refused


def incomplete(run: Run) -> bool:
    """Whether a service had no Service yet when the routes were made: the base may lead to it from another's host."""
    return any(run.described.services[name].port and name not in run.k8s_services for name in run.chosen)


def wait_for_services(run: Run, wanted: Sequence[str]) -> dict[str, Mapping[str, Any]] | None:
    """The Kubernetes Service of each service, looked for while helm is still waiting for the pods: of the `wanted` ones
    surely, of others where there is one by then. None where helm fails before they are there."""
    mine = whose(run.stack, run.namespace)
    waves = needs.waves(run.described.services, run.chosen)
    deadline = time.monotonic() + run.world.settings.deploy_timeout * waves
    while True:
        listed = run.world.workloads.services(run.namespace, mine)
        found = {name: pick(listed, name, run.stack.spec.label) for name in run.chosen}
        missing = [name for name in wanted if found[name] is None]
        if not missing:
            return {name: service for name, service in found.items() if service is not None}
        if run.released.is_set() or time.monotonic() > deadline:
            if run.release_failed:
                return None
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


def ports_of(service: Mapping[str, Any]) -> tuple[int | str, ...]:
    """Numbers and names of a Service's ports, where it has several."""
    ports = service["spec"].get("ports", [])
    named = (each[key] for each in ports for key in ("port", "name") if each.get(key))
    return tuple(named) if len(ports) > 1 else ()


def withdraw(run: Run) -> int:
    """Take the stack's routes away; the number of objects that were there."""
    removed: int = run.world.routes.remove(run.stack.name)
    return removed
