"""The way from this host to the backends: ports of 127.0.0.1.

The embedded cluster opens them itself (node ports; kube-proxy keeps those on the loopback interface). Other clusters'
nodes are elsewhere: there a `kubectl port-forward` of ours holds them open.
"""

import sys
import time
from collections.abc import Mapping

from playground import ports, probe, process
from playground.backends.record import Record
from playground.backends.table import HOST, NAMESPACE, Backend
from playground.cluster.embedded import iptables
from playground.cluster.kubectl import Kubectl
from playground.cluster.value import Playground
from playground.errors import PlaygroundError
from playground.places import Places

FIRST_PORT = 30000  # the beginning of Kubernetes' own range for node ports; the cluster itself chooses from its end
FORWARD_SECONDS = 15.0
# Who asks a node port without pods leaves an entry in the kernel's table of connections for two minutes, and the next one
# from the same port of the same address is taken for it: led nowhere, and refused. So we ask from an address of our own.
ASIDE = "127.0.0.2" if sys.platform == "linux" else ""


def by_node(playground: Playground) -> bool:
    """Whether the cluster opens the ports itself."""
    return playground.cluster == "embedded"


def choose(playground: Playground, kubectl: Kubectl, known: Record, backend: Backend) -> dict[str, int]:
    """Ports of this host that nobody has: no server, no rule of the packet filter, no other service of the cluster."""
    taken = {port for each in known.ports.values() for port in each.values()}
    if by_node(playground):
        taken |= iptables.redirected_ports(iptables.saved()) | _node_ports(kubectl)
    chosen: dict[str, int] = {}
    for name in backend.from_host:
        chosen[name] = ports.free(FIRST_PORT, HOST, taken=taken | set(chosen.values()))
    return chosen


def answers(opened: Mapping[str, int]) -> bool:
    """Whether something listens behind all these ports. A node port leads to ready pods only, else it is silent."""
    return all(probe.tcp(HOST, port, source=ASIDE) for port in opened.values())


def forwarder(name: str) -> str:
    """What the process is called that holds a backend's ports open."""
    return f"backend-{name}"


def forward(places: Places, kubectl: Kubectl, backend: Backend, opened: Mapping[str, int]) -> None:
    """Hold the ports open by `kubectl port-forward`; to the pod that runs now. PlaygroundError names its log."""
    name = forwarder(backend.name)
    process.stop(places.pids, name)
    argv = [str(kubectl.program), f"--kubeconfig={kubectl.kubeconfig}", "--namespace", NAMESPACE, "port-forward"]
    argv += [f"--address={HOST}", f"deployment/{backend.name}"]
    argv += [f"{opened[port]}:{inside}" for port, inside in backend.from_host.items()]
    log = places.logs / f"{name}.log"
    record = process.spawn(places.pids, name, argv, log=log, mark=str(places.state))
    deadline = time.monotonic() + FORWARD_SECONDS
    while not answers(opened):
        if not process.alive(record) or time.monotonic() > deadline:
            raise PlaygroundError(f"no way from this host to {backend.name}", log)
        time.sleep(0.1)


def _node_ports(kubectl: Kubectl) -> set[int]:
    found = kubectl.get("/api/v1/services") or {"items": []}
    return {port.get("nodePort", 0) for item in found["items"] for port in item["spec"].get("ports", ())}
