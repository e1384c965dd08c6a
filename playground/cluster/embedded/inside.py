"""What runs inside the embedded cluster: described to it, waited for, asked.

A deployment's own word is not enough: after a crash it says for a while what was true before. So each is asked itself.
"""

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playground import probe
from playground.cluster import addons
from playground.cluster.embedded.plan import Plan
from playground.cluster.kubectl import Kubectl
from playground.images import catalogue
from playground.progress import Progress

NAMES = ("traefik", "redis")


def describe(kubectl: Kubectl, chosen: Plan, definitions: Path, stamp: Path, progress: Progress) -> None:
    """Apply all of it, unless this very text was applied (`stamp` remembers) and is still there."""
    images = {image.recipe: f"{chosen.registry}/{image.reference}" for image in catalogue.DERIVED}
    traefik = addons.Traefik(images["traefik"], chosen.traefik_ip, chosen.ports["traefik"], chosen.ports["traefik-admin"])
    text = addons.manifests(traefik, addons.Redis(images["redis"]))
    wanted = hashlib.sha256(text.encode() + definitions.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted and all(kubectl.get(path) is not None for path in _paths()):
        return
    with progress.step("Traefik and Redis are described to the cluster"):
        kubectl.apply(definitions, text)
    stamp.write_text(wanted)


def wait(kubectl: Kubectl, chosen: Plan, progress: Progress) -> None:
    """Wait until each of them answers. PlaygroundError tells what its pods say."""
    with ThreadPoolExecutor(len(NAMES)) as pool:
        waits = [
            pool.submit(kubectl.wait_for_deployment, addons.NAMESPACE, name, progress, answers=answers)
            for name, answers in _answers(kubectl, chosen).items()
        ]
        for each in waits:
            each.result()


def states(kubectl: Kubectl, chosen: Plan) -> dict[str, bool]:
    """Whether each of them answers, and its deployment is as it was asked to be."""
    return {
        name: answers() and kubectl.is_available(addons.NAMESPACE, name)
        for name, answers in _answers(kubectl, chosen).items()
    }


def _answers(kubectl: Kubectl, chosen: Plan) -> dict[str, Callable[[], bool]]:
    return {
        "traefik": lambda: probe.http(f"http://127.0.0.1:{chosen.ports['traefik-admin']}/ping"),
        "redis": lambda: probe.tcp(_service_ip(kubectl, "redis"), 6379),
    }


def _service_ip(kubectl: Kubectl, name: str) -> str:
    service = kubectl.get(f"/api/v1/namespaces/{addons.NAMESPACE}/services/{name}") or {}
    return str(service.get("spec", {}).get("clusterIP", ""))


def _paths() -> list[str]:
    objects = [f"/apis/apps/v1/namespaces/{addons.NAMESPACE}/deployments/{name}" for name in NAMES]
    objects += [f"/api/v1/namespaces/{addons.NAMESPACE}/services/{name}" for name in NAMES]
    return [*objects, "/apis/traefik.io/v1alpha1/ingressroutes"]
