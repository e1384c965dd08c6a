"""The table of processes: command line, the files each reads at its start, and how one sees that it is ready."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playground import probe, registry
from playground.cluster.embedded.plan import Plan
from playground.errors import PlaygroundError
from playground.packages import search_path


@dataclass(frozen=True)
class Part:
    """One process. `ready` asks it; `seconds` is how long it may take to become ready."""

    name: str
    argv: tuple[str, ...]
    ready: Callable[[], bool]
    reads: tuple[Path, ...] = ()
    seconds: float = 60.0


def stages(plan: Plan, state: Path, tools: Path) -> tuple[tuple[Part, ...], ...]:
    """All parts. Those of one stage start together, once those of the stages before are ready."""
    return (
        (_registry(plan, state), _containerd(state), _etcd(plan, state, tools)),
        (_apiserver(plan, state, tools),),
        (
            _kubelet(plan, state, tools),
            _controller_manager(plan, state, tools),
            _scheduler(plan, state, tools),
            _coredns(plan, state, tools),
            _kube_proxy(plan, state, tools),
        ),
    )


def _registry(plan: Plan, state: Path) -> Part:
    config = state / "registry.yaml"
    return Part("registry", tuple(registry.argv(config)), lambda: probe.http(f"http://{plan.registry}/v2/"), (config,))


def _containerd(state: Path) -> Part:
    program = shutil.which("containerd", path=search_path())
    if program is None:
        raise PlaygroundError("containerd is not installed")
    config = state / "containerd.toml"
    return Part(
        "containerd", (program, "--config", str(config)), lambda: probe.unix(state / "containerd.sock"), (config,)
    )


def _etcd(plan: Plan, state: Path, tools: Path) -> Part:
    client, peer, health = (f"127.0.0.1:{plan.ports[name]}" for name in ("etcd", "etcd-peer", "etcd-health"))
    tls = [
        part
        for side in ("", "peer-")
        for part in (
            f"--{side}cert-file={state}/pki/etcd.crt",
            f"--{side}key-file={state}/pki/etcd.key",
            f"--{side}trusted-ca-file={state}/pki/ca.crt",
            f"--{side}client-cert-auth",
        )
    ]
    argv = _kubelab(
        tools,
        "etcd",
        f"--data-dir={state}/etcd",
        f"--listen-client-urls=https://{client}",
        f"--advertise-client-urls=https://{client}",
        f"--listen-peer-urls=https://{peer}",
        f"--initial-advertise-peer-urls=https://{peer}",
        f"--initial-cluster=default=https://{peer}",
        f"--listen-metrics-urls=http://{health}",
        # A playground's data need not survive a power cut; a killed process loses nothing by it.
        "--unsafe-no-fsync",
        *tls,
    )
    return Part("etcd", argv, lambda: probe.http(f"http://{health}/readyz"), (state / "pki" / "ca.crt",))


def _apiserver(plan: Plan, state: Path, tools: Path) -> Part:
    pki = state / "pki"
    argv = _kubelab(
        tools,
        "kube-apiserver",
        f"--etcd-servers=https://127.0.0.1:{plan.ports['etcd']}",
        f"--etcd-cafile={pki}/ca.crt",
        f"--etcd-certfile={pki}/etcd.crt",
        f"--etcd-keyfile={pki}/etcd.key",
        f"--bind-address={plan.node_ip}",
        f"--advertise-address={plan.node_ip}",
        f"--secure-port={plan.ports['kube-apiserver']}",
        f"--service-cluster-ip-range={plan.services}",
        "--allow-privileged",
        "--authorization-mode=Node,RBAC",
        f"--client-ca-file={pki}/ca.crt",
        f"--tls-cert-file={pki}/apiserver.crt",
        f"--tls-private-key-file={pki}/apiserver.key",
        f"--service-account-key-file={pki}/sa.pub",
        f"--service-account-signing-key-file={pki}/sa.key",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--kubelet-client-certificate={pki}/admin.crt",
        f"--kubelet-client-key={pki}/admin.key",
        "--kubelet-preferred-address-types=InternalIP",
        # Nobody holds such a certificate; without the setting controller manager and scheduler complain all the time.
        f"--requestheader-client-ca-file={pki}/ca.crt",
        "--requestheader-allowed-names=front-proxy-client",
        "--profiling=false",
    )
    return Part("kube-apiserver", argv, lambda: probe.http(f"{plan.api_url}/readyz"), (pki / "ca.crt",))


def _controller_manager(plan: Plan, state: Path, tools: Path) -> Part:
    name = "kube-controller-manager"
    argv = _kubelab(
        tools,
        name,
        f"--kubeconfig={state}/kubeconfig",
        f"--authentication-kubeconfig={state}/kubeconfig",
        f"--authorization-kubeconfig={state}/kubeconfig",
        "--bind-address=127.0.0.1",
        f"--secure-port={plan.ports[name]}",
        f"--service-account-private-key-file={state}/pki/sa.key",
        f"--root-ca-file={state}/pki/ca.crt",
        # Controllers start one after the other; the default limit makes that five seconds.
        "--kube-api-qps=200",
        "--kube-api-burst=400",
        "--leader-elect=false",
        f"--cluster-cidr={plan.pods}",
        "--allocate-node-cidrs=false",
        "--profiling=false",
    )
    return _checked(name, argv, f"https://127.0.0.1:{plan.ports[name]}/healthz", state / "kubeconfig")


def _scheduler(plan: Plan, state: Path, tools: Path) -> Part:
    name = "kube-scheduler"
    argv = _kubelab(
        tools,
        name,
        f"--kubeconfig={state}/kubeconfig",
        f"--authentication-kubeconfig={state}/kubeconfig",
        f"--authorization-kubeconfig={state}/kubeconfig",
        "--bind-address=127.0.0.1",
        f"--secure-port={plan.ports[name]}",
        "--leader-elect=false",
        "--profiling=false",
    )
    return _checked(name, argv, f"https://127.0.0.1:{plan.ports[name]}/healthz", state / "kubeconfig")


def _kubelet(plan: Plan, state: Path, tools: Path) -> Part:
    config = state / "kubelet.yaml"
    argv = _kubelab(
        tools,
        "kubelet",
        f"--config={config}",
        f"--kubeconfig={state}/kubelet.kubeconfig",
        f"--hostname-override={plan.name}",
        f"--root-dir={state}/kubelet",
        f"--cert-dir={state}/kubelet-pki",
        f"--node-ip={plan.node_ip}",
    )
    url = f"http://127.0.0.1:{plan.ports['kubelet-health']}/healthz"
    return _checked("kubelet", argv, url, config, state / "kubelet.kubeconfig")


def _kube_proxy(plan: Plan, state: Path, tools: Path) -> Part:
    config = state / "kube-proxy.yaml"
    argv = _kubelab(tools, "kube-proxy", f"--config={config}")
    url = f"http://127.0.0.1:{plan.ports['kube-proxy-health']}/healthz"
    return _checked("kube-proxy", argv, url, config, state / "kubeconfig")


def _coredns(plan: Plan, state: Path, tools: Path) -> Part:
    config = state / "Corefile"
    argv = _kubelab(tools, "coredns", "-conf", str(config))
    return _checked(
        "coredns", argv, f"http://127.0.0.1:{plan.ports['coredns-ready']}/ready", config, state / "kubeconfig"
    )


def _kubelab(tools: Path, name: str, *arguments: str) -> tuple[str, ...]:
    return (str(tools / "kubelab"), name, *arguments)


def _checked(name: str, argv: tuple[str, ...], url: str, *reads: Path) -> Part:
    return Part(name, argv, lambda: probe.http(url), reads)
