"""The cluster that the kubeconfig names. It is somebody's: nothing is installed in it unless asked for."""

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from playground.cluster import addons, outside
from playground.cluster.kubectl import Kubectl
from playground.cluster.value import Playground
from playground.errors import PlaygroundError
from playground.lock import held
from playground.places import Places
from playground.progress import Progress
from playground.toolset import router

# On every node a node port of localhost is a registry that container runtimes speak plain HTTP with.
REGISTRY_PORT = 30500
INSTALLED = "installed-into"


def up(
    places: Places,
    zones: tuple[str, ...],
    install: Collection[str],
    progress: Progress,
    environment: Mapping[str, str] | None = None,
) -> Playground:
    """Look whether the cluster has what is needed; install Traefik or a registry where `install` names them.

    Without `install`, `DEVSTACK_REGISTRY` names the registry and `DEVSTACK_PREVIEW_BASE_URL` Traefik. PlaygroundError
    tells what is missing.
    """
    env = os.environ if environment is None else environment
    with held(places.lock, progress):
        kubeconfig = kubeconfig_path(env)
        tools = outside.tools(places, progress)
        kubectl = Kubectl(tools / "kubectl", kubeconfig, places.logs / "kubectl.log")
        with progress.step(f"the cluster of {kubeconfig} answers"):
            if not outside.reachable(kubectl):
                raise PlaygroundError(f"the cluster that {kubeconfig} names does not answer")
        _install(places, kubectl, install, progress)
        if not outside.has_definitions(kubectl):
            raise PlaygroundError(
                "the cluster does not know Traefik's resources (traefik.io); `--install traefik` adds them"
            )
        registry = _registry(places, kubectl, install, env)
        traefik_url = _traefik_url(places, kubectl, install, env)
        conf = places.state / "registries.conf"
        conf.write_text(f'unqualified-search-registries = ["docker.io"]\n[[registry]]\nlocation = "{registry}"\n')
        return Playground(
            cluster="current",
            kubeconfig=kubeconfig,
            registry=registry,
            registry_insecure=registry.startswith("localhost:"),
            traefik_url=traefik_url,
            tools=tools,
            state=places.state,
            zones=zones,
            registries_conf=conf,
            buildah_root=places.state / "buildah" / "storage",
            buildah_runroot=places.state / "buildah" / "run",
        )


def down(places: Places, progress: Progress) -> None:
    """Remove what was installed here; the definitions of Traefik's resources stay, others may have made such objects."""
    with held(places.lock, progress):
        note = places.state / INSTALLED
        if note.exists():
            kubectl = Kubectl(places.state / "bin" / "kubectl", Path(note.read_text()))
            with progress.step(f"namespace {addons.NAMESPACE}"):
                kubectl.delete("namespace", addons.NAMESPACE)
                for kind in ("clusterrole", "clusterrolebinding"):
                    kubectl.delete(kind, "devstack-playground-traefik")
        outside.end_processes(places)


def kubeconfig_path(environment: Mapping[str, str]) -> Path:
    """The kubeconfig that kubectl would take. PlaygroundError where there is none."""
    first = (environment.get("KUBECONFIG") or "").split(":")[0]
    path = Path(first) if first else Path(environment.get("HOME") or Path.home(), ".kube", "config")
    if not path.exists():
        raise PlaygroundError(f"--cluster current needs a kubeconfig; {path} does not exist (KUBECONFIG names another)")
    return path.absolute()


def _install(places: Places, kubectl: Kubectl, install: Collection[str], progress: Progress) -> None:
    if not install:
        return
    images = addons.PUBLIC_IMAGES
    text = addons.manifests(
        addons.Traefik(images["traefik"]) if "traefik" in install else None,
        None,
        addons.Registry(images["registry"], REGISTRY_PORT) if "registry" in install else None,
    )
    # The kubeconfig may name another cluster by the time of `down`.
    (places.state / INSTALLED).write_text(str(kubectl.kubeconfig))
    with progress.step(f"installing {' and '.join(sorted(install))} into namespace {addons.NAMESPACE}"):
        if "traefik" in install:
            kubectl.apply(router.definitions(places.cache, progress))
        kubectl.apply(text)
    for name in sorted(install):
        kubectl.wait_for_deployment(addons.NAMESPACE, name, progress)


def _registry(places: Places, kubectl: Kubectl, install: Collection[str], env: Mapping[str, str]) -> str:
    if "registry" in install:
        outside.forward(places, kubectl, "registry", 5000, REGISTRY_PORT)
        return f"localhost:{REGISTRY_PORT}"
    if named := env.get("DEVSTACK_REGISTRY"):
        return named
    raise PlaygroundError(
        "no registry: DEVSTACK_REGISTRY must name one that this host can push to and the cluster's nodes can pull from "
        "(`--install registry` puts one into the cluster)"
    )


def _traefik_url(places: Places, kubectl: Kubectl, install: Collection[str], env: Mapping[str, str]) -> str:
    if "traefik" in install:
        return f"http://127.0.0.1:{outside.forward(places, kubectl, 'traefik', 80)}"
    if named := env.get("DEVSTACK_PREVIEW_BASE_URL"):
        return named.rstrip("/")
    raise PlaygroundError(
        "DEVSTACK_PREVIEW_BASE_URL must tell where the cluster's Traefik answers, such as http://203.0.113.7:80 "
        "(`--install traefik` puts one into the cluster)"
    )
