"""The components' configuration files, out of the plan: pure values, then written where they differ."""

import json
from base64 import b64encode
from collections.abc import Iterable
from ipaddress import IPv4Address
from pathlib import Path

import yaml

from playground.cluster.embedded.plan import Plan
from playground.images.builder import registries_conf
from playground.images.catalogue import PAUSE

CNI_PLUGINS = ("/usr/lib/cni", "/opt/cni/bin")


def render(plan: Plan, state: Path, upstreams: Iterable[IPv4Address]) -> dict[Path, str]:
    """Every configuration file with its contents."""
    servers = [str(server) for server in upstreams]
    hosts = f'server = "http://{plan.registry}"\n[host."http://{plan.registry}"]\n  capabilities = ["pull", "resolve"]\n'
    return {
        state / "containerd.toml": containerd(plan, state),
        state / "cni" / f"10-{plan.name}.conflist": json.dumps(cni(plan, state), indent=2),
        state / "kubelet.yaml": yaml.safe_dump(kubelet(plan, state), sort_keys=False),
        state / "kube-proxy.yaml": yaml.safe_dump(kube_proxy(plan, state), sort_keys=False),
        state / "Corefile": corefile(plan, state, servers),
        state / "resolv.conf": f"nameserver {servers[0] if servers else plan.local_ip}\n",
        state / "certs.d" / "docker.io" / "hosts.toml": hosts,
        state / "certs.d" / plan.registry / "hosts.toml": hosts,
        state / "registries.conf": registries_conf(plan.registry),
    }


def kubeconfigs(plan: Plan, state: Path) -> dict[Path, str]:
    """The kubeconfig files; they hold the certificates themselves, so that they can be copied anywhere."""
    return {
        state / "kubeconfig": kubeconfig(plan, state / "pki", "admin"),
        state / "kubelet.kubeconfig": kubeconfig(plan, state / "pki", "kubelet"),
    }


def kubeconfig(plan: Plan, pki: Path, user: str) -> str:
    """A kubeconfig for the holder of this certificate."""

    def data(name: str) -> str:
        return b64encode((pki / name).read_bytes()).decode()

    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {"name": "devstack", "cluster": {"server": plan.api_url, "certificate-authority-data": data("ca.crt")}}
            ],
            "users": [
                {
                    "name": user,
                    "user": {"client-certificate-data": data(f"{user}.crt"), "client-key-data": data(f"{user}.key")},
                }
            ],
            "contexts": [{"name": "devstack", "context": {"cluster": "devstack", "user": user}}],
            "current-context": "devstack",
        },
        sort_keys=False,
    )


def containerd(plan: Plan, state: Path) -> str:
    """containerd: all of its folders are ours; it never raises a container's right to be spared by the OOM killer, which
    takes a capability that containers of containers lack."""
    plugins = next((folder for folder in CNI_PLUGINS if Path(folder, "bridge").exists()), CNI_PLUGINS[0])
    return f"""version = 2
root = "{state}/containerd"
state = "{state}/run"
oom_score = 0
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.tracing.processor.v1.otlp"]
[grpc]
  address = "{state}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{plan.registry}/{PAUSE.reference}"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{plugins}"
    conf_dir = "{state}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      Root = "{state}/runc"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "{state}/certs.d"
"""


def cni(plan: Plan, state: Path) -> dict[str, object]:
    """The pods' network: a bridge whose address is the node's."""
    ipam = {
        "type": "host-local",
        "dataDir": f"{state}/ipam",
        "ranges": [[{"subnet": plan.pods, "gateway": plan.node_ip}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    bridge = {
        "type": "bridge",
        "bridge": plan.name,
        "isGateway": True,
        "ipMasq": True,
        "hairpinMode": True,
        "mtu": plan.mtu,
        "ipam": ipam,
    }
    portmap = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "0.4.0", "name": plan.name, "plugins": [bridge, portmap]}


def kubelet(plan: Plan, state: Path) -> dict[str, object]:
    """The kubelet. The gate and the switches let it run on cgroup v1 and without CAP_SYS_RESOURCE."""
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": plan.node_ip,
        "port": plan.ports["kubelet"],
        "healthzBindAddress": "127.0.0.1",
        "healthzPort": plan.ports["kubelet-health"],
        "readOnlyPort": 0,
        "containerRuntimeEndpoint": f"unix://{state}/containerd.sock",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{plan.name}",
        "cgroupsPerQOS": True,
        "enforceNodeAllocatable": [],
        "failCgroupV1": False,
        "failSwapOn": False,
        "featureGates": {"KubeletInUserNamespace": True},
        "localStorageCapacityIsolation": False,
        "evictionHard": {},
        "imageGCHighThresholdPercent": 100,
        "imageGCLowThresholdPercent": 99,
        "maxPods": 200,
        "serializeImagePulls": False,
        # The defaults slow down a machine on which dozens of pods come and go within minutes.
        "registryPullQPS": 0,
        "kubeAPIQPS": 100,
        "kubeAPIBurst": 200,
        "clusterDomain": "cluster.local",
        "clusterDNS": [plan.local_ip],
        "resolvConf": f"{state}/resolv.conf",
        "podLogsDir": f"{state}/pod-logs",
        "volumePluginDir": f"{state}/volume-plugins",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": f"{state}/pki/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
    }


def kube_proxy(plan: Plan, state: Path) -> dict[str, object]:
    """kube-proxy; node ports answer on the loopback interface only, connection tracking stays as the host has it."""
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "clusterCIDR": plan.pods,
        "clientConnection": {"kubeconfig": f"{state}/kubeconfig"},
        "hostnameOverride": plan.name,
        "healthzBindAddress": f"127.0.0.1:{plan.ports['kube-proxy-health']}",
        "metricsBindAddress": f"127.0.0.1:{plan.ports['kube-proxy-metrics']}",
        "conntrack": {"maxPerCore": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
        "nodePortAddresses": ["127.0.0.0/8"],
    }


def corefile(plan: Plan, state: Path, upstreams: list[str]) -> str:
    """Cluster DNS: the zones and all names under them are Traefik; what it does not know goes to the host's servers."""
    zones = " ".join(plan.zones)
    answer = f'"{{{{ .Name }}}} 30 IN A {plan.traefik_ip}"'
    templates = f"    template IN A {zones} {{\n        answer {answer}\n    }}\n    template IN AAAA {zones}\n"
    forward = f"    forward . {' '.join(upstreams)}\n" if upstreams else ""
    return f""".:53 {{
    bind {plan.local_ip}
    errors
    health 127.0.0.1:{plan.ports["coredns-health"]}
    ready 127.0.0.1:{plan.ports["coredns-ready"]}
{templates if zones else ""}    kubernetes cluster.local in-addr.arpa ip6.arpa {{
        kubeconfig {state}/kubeconfig
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 5
    }}
{forward}    cache 10 {{
        disable success cluster.local
        disable denial cluster.local
    }}
}}
"""


def write(files: dict[Path, str]) -> None:
    """Write those files whose contents differ; only their owner may read them."""
    for path, text in files.items():
        if not path.exists() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_text(text)
