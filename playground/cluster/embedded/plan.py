"""What `up` chose: name, addresses, ports; recorded, so that status, down and a second up agree with it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from playground import ports, process
from playground.cluster.embedded import facts
from playground.places import Places

FILE = "plan.json"
POD_SUBNETS = tuple(f"10.{second}.{third}.0/24" for second in range(244, 200, -1) for third in range(0, 256, 64))
SERVICE_SUBNETS = tuple(f"10.{second}.{third}.0/20" for second in range(96, 160) for third in (0, 128))
# Where each server listens if the port is free, else on the next free one.
LOOPBACK_PORTS = {
    "etcd": 12379,
    "etcd-peer": 12380,
    "etcd-health": 12381,
    "kube-controller-manager": 10257,
    "kube-scheduler": 10259,
    "kubelet-health": 10248,
    "kube-proxy-health": 10256,
    "kube-proxy-metrics": 10249,
    "coredns-health": 18080,
    "coredns-ready": 18181,
    "traefik": 8880,
    "traefik-admin": 8881,
}
# What kube-proxy, the kubelet, the CNI plugins and we change; `down` sets them back.
KERNEL_SETTINGS = (
    "net.ipv4.ip_forward",
    "net.ipv4.conf.all.route_localnet",
    "net.bridge.bridge-nf-call-iptables",
    "vm.overcommit_memory",
    "vm.panic_on_oom",
    "kernel.panic",
    "kernel.panic_on_oops",
    "kernel.keys.root_maxkeys",
    "kernel.keys.root_maxbytes",
)
# Folders outside the state directory that programs insist on; `down` removes them where they were not there before.
SHARED_FOLDERS = (
    "/run/containerd/s",
    "/run/containerd/runc",
    "/run/containerd",
    "/var/log/containers",
    "/var/lib/cni/results",
    "/var/lib/cni",
    "/var/lib/kubelet",
    "/opt/containerd/bin",
    "/opt/containerd/lib",
    "/opt/containerd",
)


@dataclass(frozen=True)
class Plan:
    """`pods` and `services` are subnets, `node_ip` is the pods' gateway, `local_ip` a link-local address on `lo`."""

    name: str
    pods: str
    services: str
    node_ip: str
    local_ip: str
    mtu: int
    zones: tuple[str, ...]
    ports: Mapping[str, int]
    boot: str
    namespace: str
    settings_before: Mapping[str, str] = field(default_factory=dict)
    folders_before: tuple[str, ...] = ()

    @property
    def registry(self) -> str:
        """The registry's one name, for host, node and pods."""
        return f"{self.local_ip}:{self.ports['registry']}"

    @property
    def api_url(self) -> str:
        """The Kubernetes API."""
        return f"https://{self.node_ip}:{self.ports['kube-apiserver']}"

    @property
    def api_service_ip(self) -> str:
        """The cluster IP of `kubernetes.default`."""
        return str(IPv4Network(self.services)[1])

    @property
    def traefik_ip(self) -> str:
        """Traefik's cluster IP, which cluster DNS answers for the zones."""
        return str(IPv4Network(self.services)[80])


_plan = TypeAdapter(Plan)


def choose(places: Places, zones: tuple[str, ...], network: facts.Network, redirected: Collection[int]) -> Plan:
    """Look for what is free here and now; `redirected` ports are not. PlaygroundError where something cannot be found."""
    pods = facts.subnet(network, POD_SUBNETS, "pods")
    services = facts.subnet(network, SERVICE_SUBNETS, "services")
    taken: dict[str, int] = {}
    for name, preferred in LOOPBACK_PORTS.items():
        taken[name] = ports.free(preferred, taken={*redirected, *taken.values()})
    # These addresses are new: only a server that listens on all addresses can be in the way.
    for name, preferred in {"kube-apiserver": 6443, "kubelet": 10250, "registry": 5000}.items():
        taken[name] = ports.free(preferred, "0.0.0.0", taken={*redirected, *taken.values()})
    return Plan(
        name=places.name,
        pods=str(pods),
        services=str(services),
        node_ip=str(pods[1]),
        local_ip=str(facts.link_local(network)),
        mtu=network.mtu,
        zones=zones,
        ports=taken,
        boot=process.boot_id(),
        namespace=facts.namespace(),
        settings_before=facts.settings(KERNEL_SETTINGS),
        folders_before=tuple(folder for folder in SHARED_FOLDERS if Path(folder).is_dir()),
    )


def save(plan: Plan, state: Path) -> None:
    """Record the plan in the state directory."""
    state.mkdir(parents=True, exist_ok=True)
    scratch = state / f".{FILE}"
    scratch.write_bytes(_plan.dump_json(plan, indent=2))
    scratch.replace(state / FILE)


def load(state: Path) -> Plan | None:
    """The recorded plan; None where there is none that can be read."""
    try:
        return _plan.validate_json((state / FILE).read_bytes())
    except (OSError, ValidationError):
        return None
