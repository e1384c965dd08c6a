"""Two bases with services of the same name, and a feature of one of them in a namespace of its own."""

import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from config.settings import Settings
from model import names
from model.routing import following
from model.routing.following import Following
from model.routing.reissue import Backend
from model.stack import Phase, Spec, Status
from playground.cluster import addons
from playground.cluster.value import Playground
from playground.demo.stage import ROOT, apply, apply_crd, bot_settings, kubectl
from tests.cluster.inside.callers import image, pod, program
from workers.world import World

SHOP, MARKET = "inside-shop", "inside-market"
STACK = names.stack("acme/inside", 1)
HOME = names.namespace(STACK)
HEADER, LABEL = "uber-ctx-key", "inside1"
CALLER = "caller"
RPC = {"name": "rpc", "port": 9000, "scheme": "h2c"}
TCP = {"name": "tcp", "port": 7000}


def gateway(service: str, **entrypoints: str) -> dict[str, Any]:
    """A Service in front of Traefik, as the playground has it."""
    return {
        "host": f"{service}.{addons.NAMESPACE}.svc.cluster.local",
        "entryPoints": {port.removeprefix("port"): name for port, name in entrypoints.items()},
    }


@dataclass(frozen=True)
class Ground:
    """The playground, and the worker's rooms on it."""

    playground: Playground
    world: World
    folder: Path

    def release(self, name: str, namespace: str, service: str, who: str, **values: Any) -> None:
        """Have a release of the ready-made chart, and its pods ready."""
        file = self.folder / f"{namespace}-{name}.yaml"
        given: dict[str, Any] = {
            "service": service,
            "fullnameOverride": name,
            "images": {service: {"ref": image(self.playground)}},
            "command": ["python3", "-u", "-c", program("answering")],
            "env": {"WHO": who},
            "terminationGracePeriodSeconds": 0,
            **values,
        }
        file.write_text(yaml.safe_dump(given))
        helm = [str(self.playground.helm), "--kubeconfig", str(self.playground.kubeconfig), "upgrade", "--install", name]
        chart = [
            str(ROOT / "helm" / "service"),
            f"--namespace={namespace}",
            f"--values={file}",
            "--wait",
            "--timeout=60s",
        ]
        done = subprocess.run([*helm, *chart], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def listed(self, kind: str) -> list[Mapping[str, Any]]:
        """All objects of a kind."""
        found: list[Mapping[str, Any]] = yaml.safe_load(
            kubectl(self.playground, "get", kind, "--all-namespaces", "-o", "yaml")
        )["items"]
        return found


def laid(playground: Playground, folder: Path) -> Ground:
    """All of it, ready; the feature's routes are made by whoever follows."""
    settings = {key.removeprefix("DEVSTACK_").lower(): value for key, value in bot_settings(playground, folder).items()}
    ground = Ground(playground, World(Settings.model_validate(settings)), folder)
    namespaces = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in (SHOP, MARKET)]
    apply(playground, *namespaces)
    ground.world.namespaces.ensure(HOME, STACK, LABEL)
    apply(playground, *(pod(playground, CALLER, namespace) for namespace in (SHOP, MARKET, HOME)))
    inside = {"inCluster": True, "gateway": gateway("traefik-inside", port9000="inside-rpc"), "ports": [RPC]}
    market = {"inCluster": True, "gateway": gateway("traefik-market", port80="inside-market")}
    own = {"devstack_label": LABEL, "stack": STACK, "ports": [RPC, TCP]}
    with ThreadPoolExecutor(5) as pool:
        made = [
            pool.submit(ground.release, "orders", SHOP, "orders", "shop", **inside),
            pool.submit(ground.release, "orders", MARKET, "orders", "market", **market),
            pool.submit(ground.release, "payments", SHOP, "payments", "shop payments"),
            pool.submit(ground.release, "vault", SHOP, "vault", "shop vault", ports=[TCP]),
            pool.submit(ground.release, f"orders-{LABEL}", HOME, "orders", "feature", **own),
        ]
        for each in made:
            each.result()
    apply(playground, headless())
    kubectl(playground, "wait", "--for=condition=Ready", "pods", CALLER, f"--namespace={SHOP}", "--timeout=60s")
    recorded(ground.world)
    return ground


def headless() -> dict[str, Any]:
    """A Service without an address of its own, before the same pods as `vault`."""
    spec = {"clusterIP": "None", "selector": {"app.kubernetes.io/name": "vault"}, "ports": [{"port": 7000}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "safes", "namespace": SHOP}, "spec": spec}


def recorded(world: World) -> None:
    """The feature's Stack, as its deploy leaves it."""
    backend = Backend("orders", (), f"orders-{LABEL}", HOME, 80, ports=(80, "http", 9000, "rpc", 7000, "tcp"))
    found = Following(LABEL, HEADER, HOME, "", SHOP, (backend,))
    release = {"kind": "release", "name": f"orders-{LABEL}", "namespace": HOME}
    world.stacks.create(STACK, Spec("acme/inside", 1, "a" * 40, LABEL))
    status = Status(
        phase=Phase.READY, observed_generation=1, namespace=HOME, receipts=(release, following.receipt(found))
    )
    world.stacks.patch_status(STACK, lambda _: status)


def cleared(playground: Playground) -> None:
    """Nothing of it is left; Stacks are known, on a fresh playground too."""
    apply_crd(playground)
    kubectl(playground, "delete", "stacks", STACK, "--ignore-not-found", "--wait=false")
    patch = '{"metadata": {"finalizers": []}}'
    if STACK in kubectl(playground, "get", "stacks", "-o", "name"):
        kubectl(playground, "patch", "stacks", STACK, "--type=merge", f"--patch={patch}")
    kubectl(playground, "delete", "namespace", SHOP, MARKET, HOME, "--ignore-not-found", "--timeout=60s")
