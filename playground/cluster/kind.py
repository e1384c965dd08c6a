"""A cluster by kind (Kubernetes in Docker).

Never run so far: the machines on which this was written have no Docker. The commands follow kind's own documentation.
The registry listens at the gateway of kind's Docker network, an address that host, node and pods share on Linux.
"""

import ipaddress
import json
import shutil
from pathlib import Path

import yaml

from playground import ports, tool
from playground.cluster import addons, outside
from playground.cluster.kubectl import Kubectl
from playground.cluster.value import Playground
from playground.errors import PlaygroundError
from playground.images.builder import registries_conf
from playground.lock import held
from playground.places import Places
from playground.progress import Progress
from playground.toolset import router

SERVICES = ipaddress.IPv4Network("10.96.0.0/16")
NODE_WEB_PORT = 30080
NODE_ADMIN_PORT = 30081


def up(places: Places, zones: tuple[str, ...], progress: Progress) -> Playground:
    """Bring it up, or find it up. PlaygroundError names the log."""
    with held(places.lock, progress):
        if shutil.which("buildah") is None:
            raise PlaygroundError("buildah is not installed; it builds the images also where the cluster is kind's")
        log = places.logs / "kind.log"
        tools = outside.tools(places, progress)
        kubeconfig = places.state / "kubeconfig"
        chosen = _ports(places)
        if places.name not in tool.run(["kind", "get", "clusters"]).split():
            with progress.step("kind makes the cluster", slow="two minutes"):
                _create(places, kubeconfig, chosen, log)
        registry = _registry(places, log, progress)
        _teach_node(places, registry, log)
        kubectl = Kubectl(tools / "kubectl", kubeconfig, places.logs / "kubectl.log")
        _install(places, kubectl, zones, progress)
        conf = places.state / "registries.conf"
        conf.write_text(f'unqualified-search-registries = ["docker.io"]\n{insecure(registry)}')
        return Playground(
            cluster="kind",
            kubeconfig=kubeconfig,
            registry=registry,
            traefik_url=f"http://127.0.0.1:{chosen['web']}",
            traefik_admin_url=f"http://127.0.0.1:{chosen['admin']}",
            tools=tools,
            state=places.state,
            zones=zones,
            registries_conf=conf,
            buildah_root=places.state / "buildah" / "storage",
            buildah_runroot=places.state / "buildah" / "run",
            redis_in_cluster=f"redis://redis.{addons.NAMESPACE}.svc.cluster.local:6379/0",
        )


def down(places: Places, progress: Progress) -> None:
    """Remove the cluster, the registry's container, and the files."""
    with held(places.lock, progress), progress.step("kind removes the cluster"):
        tool.run(["kind", "delete", "cluster", "--name", places.name])
        tool.run(["docker", "rm", "--force", "--volumes", _registry_name(places)])
        outside.end_processes(places)


def configuration(web_port: int, admin_port: int) -> str:
    """kind's configuration: Traefik's ports on the loopback interface, a folder for the registry's settings."""
    mappings = [
        {"containerPort": inner, "hostPort": outer, "listenAddress": "127.0.0.1"}
        for inner, outer in ((NODE_WEB_PORT, web_port), (NODE_ADMIN_PORT, admin_port))
    ]
    patch = '[plugins."io.containerd.grpc.v1.cri".registry]\n  config_path = "/etc/containerd/certs.d"\n'
    return yaml.safe_dump(
        {
            "kind": "Cluster",
            "apiVersion": "kind.x-k8s.io/v1alpha4",
            "networking": {"serviceSubnet": str(SERVICES)},
            "nodes": [{"role": "control-plane", "extraPortMappings": mappings}],
            "containerdConfigPatches": [patch],
        },
        sort_keys=False,
    )


def insecure(registry: str) -> str:
    """The entry of a registry that speaks plain HTTP, for registries.conf."""
    return registries_conf(registry).split("\n\n")[1] + "\n"


def with_zones(corefile: str, zones: tuple[str, ...], address: str) -> str:
    """kind's Corefile, changed so that these zones lead to Traefik; the same again where it is changed already."""
    names = " ".join(zones)
    template = f'    template IN A {names} {{\n        answer "{{{{ .Name }}}} 30 IN A {address}"\n    }}\n'
    if template in corefile or not zones:
        return corefile
    return corefile.replace("    kubernetes cluster.local", f"{template}    kubernetes cluster.local", 1)


def _ports(places: Places) -> dict[str, int]:
    recorded = places.state / "kind-ports.json"
    if recorded.exists():
        known: dict[str, int] = json.loads(recorded.read_text())
        return known
    web = ports.free(8880)
    chosen = {"web": web, "admin": ports.free(web + 1)}
    places.state.mkdir(parents=True, exist_ok=True)
    recorded.write_text(json.dumps(chosen))
    return chosen


def _create(places: Places, kubeconfig: Path, chosen: dict[str, int], log: Path) -> None:
    argv: list[str | Path] = [
        "kind",
        "create",
        "cluster",
        "--name",
        places.name,
        "--kubeconfig",
        kubeconfig,
        "--wait",
        "180s",
    ]
    tool.run([*argv, "--config", "-"], stdin=configuration(chosen["web"], chosen["admin"]), log=log)


def _registry(places: Places, log: Path, progress: Progress) -> str:
    name = _registry_name(places)
    gateway = next(
        address
        for entry in json.loads(tool.run(["docker", "network", "inspect", "kind"]))[0]["IPAM"]["Config"]
        if ":" not in (address := entry.get("Gateway", ":"))
    )
    shown = tool.run(
        ["docker", "ps", "--all", "--filter", f"name=^{name}$", "--format", '{{.Label "devstack.port"}}']
    ).strip()
    if shown:
        tool.run(["docker", "start", name], log=log)
        return f"{gateway}:{shown}"
    port = ports.free(5000, gateway)
    with progress.step("registry"):
        argv = ["docker", "run", "--detach", "--name", name, "--restart=always", "--label", f"devstack.port={port}"]
        argv += ["--publish", f"{gateway}:{port}:5000", "--env", "REGISTRY_STORAGE_DELETE_ENABLED=true"]
        tool.run([*argv, addons.PUBLIC_IMAGES["registry"]], log=log)
    return f"{gateway}:{port}"


def _teach_node(places: Places, registry: str, log: Path) -> None:
    hosts = f'server = "http://{registry}"\n[host."http://{registry}"]\n  capabilities = ["pull", "resolve"]\n'
    for node in tool.run(["kind", "get", "nodes", "--name", places.name]).split():
        script = f"mkdir -p /etc/containerd/certs.d/{registry} && cat > /etc/containerd/certs.d/{registry}/hosts.toml"
        tool.run(["docker", "exec", "--interactive", node, "sh", "-c", script], stdin=hosts, log=log)


def _install(places: Places, kubectl: Kubectl, zones: tuple[str, ...], progress: Progress) -> None:
    images = addons.PUBLIC_IMAGES
    address = str(SERVICES[80])
    traefik = addons.Traefik(images["traefik"], address, NODE_WEB_PORT, NODE_ADMIN_PORT, host_ip="0.0.0.0")
    with progress.step("Traefik and Redis are described to the cluster"):
        kubectl.apply(
            router.definitions(places.cache, progress), addons.manifests(traefik, addons.Redis(images["redis"]))
        )
    settings = kubectl.get("/api/v1/namespaces/kube-system/configmaps/coredns")
    if settings is None:
        raise PlaygroundError("kind's cluster DNS has no settings (ConfigMap kube-system/coredns)")
    changed = with_zones(settings["data"]["Corefile"], zones, address)
    metadata = {"name": "coredns", "namespace": "kube-system"}
    wanted = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"Corefile": changed}}
    kubectl.apply(yaml.safe_dump(wanted))
    for name in ("traefik", "redis"):
        kubectl.wait_for_deployment(addons.NAMESPACE, name, progress)


def _registry_name(places: Places) -> str:
    return f"{places.name}-registry"
