"""Brings the embedded cluster up: from nothing, after a crash, or not at all where it is up."""

import time
from dataclasses import dataclass
from pathlib import Path

from playground import process, registry
from playground.cluster import addons
from playground.cluster.embedded import (
    cgroups,
    claims,
    configs,
    down,
    facts,
    inside,
    iptables,
    links,
    pki,
    plan,
    supervise,
)
from playground.cluster.embedded.parts import stages
from playground.cluster.embedded.plan import Plan
from playground.cluster.kubectl import Kubectl
from playground.cluster.value import Playground
from playground.errors import PlaygroundError
from playground.images import catalogue
from playground.lock import held
from playground.places import Places
from playground.progress import Progress

ON = {"net.ipv4.ip_forward": "1", "net.bridge.bridge-nf-call-iptables": "1"}
MODULES = ("overlay", "br_netfilter", "nf_conntrack")
NODE_SECONDS = 60.0


@dataclass(frozen=True)
class Made:
    """What must be there before: the folder of programs, the registry's first images, Traefik's definitions."""

    tools: Path
    images: Path
    definitions: Path


def up(places: Places, made: Made, zones: tuple[str, ...], progress: Progress) -> Playground:
    """Bring it up. Where what a crash has left cannot be used, start afresh. PlaygroundError names the log."""
    with held(places.lock, progress):
        found = plan.load(places.state)
        if places.state.exists() and (reason := _unusable(found, places, zones)):
            progress.note(f"starting afresh: {reason}")
            down.remove_all(places, progress)
            found = None
        try:
            return _raise(places, made, found or _first(places, zones, progress), progress)
        except PlaygroundError as error:
            if found is None:
                raise
            progress.note(f"what was left cannot be used, starting afresh: {error.message}")
            down.remove_all(places, progress)
            return _raise(places, made, _first(places, zones, progress), progress)


def value(places: Places, chosen: Plan, tools: Path) -> Playground:
    """What others need to know of it."""
    return Playground(
        cluster="embedded",
        kubeconfig=places.state / "kubeconfig",
        registry=chosen.registry,
        traefik_url=f"http://127.0.0.1:{chosen.ports['traefik']}",
        traefik_admin_url=f"http://127.0.0.1:{chosen.ports['traefik-admin']}",
        tools=tools,
        state=places.state,
        zones=chosen.zones,
        base_images=tuple(f"docker.io/{image.reference}" for image in catalogue.BASES),
        registries_conf=places.state / "registries.conf",
        buildah_root=places.state / "buildah" / "storage",
        buildah_runroot=places.state / "buildah" / "run",
        redis_in_cluster=f"redis://redis.{addons.NAMESPACE}.svc.cluster.local:6379/0",
    )


def _unusable(found: Plan | None, places: Places, zones: tuple[str, ...]) -> str:
    """Why what is in the state directory cannot be taken up again; empty where it can."""
    if found is None:
        return f"{places.state} holds no readable plan"
    if found.zones != zones:
        return "other DNS zones are wanted"
    if found.namespace != facts.namespace():
        if any(process.marked(str(places.state))):
            raise PlaygroundError(f"the playground in {places.state} belongs to another network namespace; go there")
        return "it belonged to a network namespace that is gone"
    if found.boot != process.boot_id():
        return "the machine was started anew"
    return ""


def _first(places: Places, zones: tuple[str, ...], progress: Progress) -> Plan:
    if iptables.foreign_kubernetes():
        _remove_dead(places, progress)
    if iptables.foreign_kubernetes():
        raise PlaygroundError(
            "another Kubernetes keeps packet filter rules (KUBE-…) in this network namespace, and two would break each "
            "other's services. Use that cluster (--cluster current), or, where it is only a left-over, remove its rules "
            "with `kube-proxy --cleanup`"
        )
    claims.make(places, facts.namespace())
    chosen = plan.choose(places, zones, facts.network(), iptables.redirected_ports(iptables.saved()))
    plan.save(chosen, places.state)
    return chosen


def _remove_dead(places: Places, progress: Progress) -> None:
    """Remove what playgrounds of other state directories have left in this network namespace and nobody runs any more."""
    for claim in claims.others(places, facts.namespace()):
        if any(process.marked(claim.state)):
            raise PlaygroundError(
                f"the playground in {claim.state} is up in this network namespace, and two would break each other's "
                f"services. Take it down first: DEVSTACK_STATE={claim.state} devstack playground down"
            )
        progress.note(f"the playground in {claim.state} was killed, removing what it has left")
        down.down(claim.places, progress)


def _raise(places: Places, made: Made, chosen: Plan, progress: Progress) -> Playground:
    state = places.state
    with progress.step("addresses, certificates, settings, images"):
        _lay_ground(places, made, chosen)
    kubectl = Kubectl(made.tools / "kubectl", state / "kubeconfig", places.logs / "kubectl.log")
    for stage in stages(chosen, state, made.tools):
        supervise.raise_stage(stage, places, progress)
        if stage[0].name == "kube-apiserver":
            inside.describe(kubectl, chosen, made.definitions, state / "inside.sha256", progress)
    with progress.step(f"node {chosen.name} is Ready"):
        _wait_for_node(kubectl, chosen.name, places.logs / "kubelet.log")
    inside.wait(kubectl, chosen, progress)
    return value(places, chosen, made.tools)


def _lay_ground(places: Places, made: Made, chosen: Plan) -> None:
    state = places.state
    facts.load_modules(MODULES)
    facts.change_settings(ON)
    cgroups.create(chosen.name, cgroups.here())
    links.create(chosen)
    iptables.let_pods_through(chosen.name)
    pki.ensure(state / "pki", chosen)
    configs.write(configs.render(chosen, state, facts.name_servers()))
    configs.write(configs.kubeconfigs(chosen, state))
    _stock_registry(made.images, chosen, state)


def _stock_registry(images: Path, chosen: Plan, state: Path) -> None:
    """Plant the first images, and again where they have changed; the settings hold a secret and stay as they are."""
    stamp = state / "registry.planted"
    if not (stamp.exists() and stamp.read_text() == images.name):
        registry.plant(images, state / "registry")
        stamp.write_text(images.name)
    if not (state / "registry.yaml").exists():
        configs.write({state / "registry.yaml": registry.configuration(chosen.registry, state / "registry")})


def _wait_for_node(kubectl: Kubectl, name: str, log: Path) -> None:
    deadline = time.monotonic() + NODE_SECONDS
    while not _is_ready(kubectl, name):
        if time.monotonic() > deadline:
            raise PlaygroundError(f"node {name} is not Ready after {NODE_SECONDS:.0f} s", log)
        time.sleep(0.15)


def _is_ready(kubectl: Kubectl, name: str) -> bool:
    node = kubectl.get(f"/api/v1/nodes/{name}") or {}
    conditions = node.get("status", {}).get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
