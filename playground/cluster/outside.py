"""What the kinds have in common whose nodes are not ours: programs for the chart tools, a build set-up, ways in."""

import json
import shutil
import time
from pathlib import Path

from playground import ports, probe, process, tool
from playground.cluster import addons
from playground.cluster.kubectl import Kubectl
from playground.errors import PlaygroundError
from playground.places import Places
from playground.progress import Progress
from playground.toolset import build

FORWARD_SECONDS = 30.0


def tools(places: Places, progress: Progress) -> Path:
    """A folder with helm and helmfile as pinned, and the kubectl that is installed (compiled where none is)."""
    installed = shutil.which("kubectl")
    made = build.chart_tools(places.cache, progress) if installed else build.cluster_tools(places.cache, progress)
    folder = places.state / "bin"
    folder.mkdir(parents=True, exist_ok=True)
    for name, target in {
        "helm": made / "helm",
        "helmfile": made / "helmfile",
        "kubectl": installed or made / "kubectl",
    }.items():
        link = folder / name
        link.unlink(missing_ok=True)
        link.symlink_to(target)
    return folder


def forward(places: Places, kubectl: Kubectl, name: str, remote: int, local: int = 0) -> int:
    """Keep a `kubectl port-forward` to a service of ours; gives the local port. PlaygroundError names its log."""
    recorded = places.state / f"forward-{name}.json"
    known = json.loads(recorded.read_text()) if recorded.exists() else 0
    port = int(known or local or ports.free(8880))
    if process.alive(process.read(places.pids, f"forward-{name}")):
        return port
    argv = [str(kubectl.program), f"--kubeconfig={kubectl.kubeconfig}", "--namespace", addons.NAMESPACE]
    argv += ["port-forward", "--address=127.0.0.1", f"service/{name}", f"{port}:{remote}"]
    log = places.logs / f"forward-{name}.log"
    record = process.spawn(places.pids, f"forward-{name}", argv, log=log, mark=str(places.state))
    recorded.write_text(str(port))
    deadline = time.monotonic() + FORWARD_SECONDS
    while not probe.http(f"http://127.0.0.1:{port}/", accepted=range(200, 500)):
        if not process.alive(record) or time.monotonic() > deadline:
            raise PlaygroundError(f"no way to the service {name}", log)
        time.sleep(0.1)
    return port


def end_processes(places: Places) -> None:
    """End the processes of this playground on this host, and remove its files."""
    process.kill_all(process.marked(str(places.state)))
    if places.state.exists():
        shutil.rmtree(places.state)


def has_definitions(kubectl: Kubectl) -> bool:
    """Whether the cluster knows Traefik's resources."""
    return kubectl.get("/apis/traefik.io/v1alpha1/ingressroutes?limit=1") is not None


def reachable(kubectl: Kubectl, seconds: float = 15.0) -> bool:
    """Whether the cluster's API answers."""
    try:
        tool.run([kubectl.program, f"--kubeconfig={kubectl.kubeconfig}", "get", "--raw", "/readyz"], seconds=seconds)
    except PlaygroundError:
        return False
    return True
