"""The settings files and objects: what must hold, whatever the plan."""

from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest
import yaml

from playground.cluster import addons, kind
from playground.cluster.addons import Redis, Registry, Traefik
from playground.cluster.embedded import configs, parts, plan
from playground.cluster.embedded.plan import Plan

STATE = Path("/state")
PLAN = Plan(
    name="dvs-0badcafe",
    pods="10.244.64.0/24",
    services="10.97.0.0/20",
    node_ip="10.244.64.1",
    local_ip="169.254.20.11",
    mtu=1400,
    zones=("example.com", "example2.com"),
    ports={name: 20000 + n for n, name in enumerate([*plan.LOOPBACK_PORTS, "kube-apiserver", "kubelet", "registry"])},
    boot="boot",
    namespace="net:[1]",
    settings_before={"net.ipv4.ip_forward": "0"},
    folders_before=("/run/containerd",),
)


def test_the_plan_is_recorded_and_read_back(tmp_path: Path) -> None:
    plan.save(PLAN, tmp_path)
    assert plan.load(tmp_path) == PLAN
    (tmp_path / plan.FILE).write_text("{}")
    assert plan.load(tmp_path) is None
    assert plan.load(tmp_path / "none") is None


def test_fixed_addresses_lie_in_the_subnet_of_services() -> None:
    assert PLAN.api_service_ip == "10.97.0.1"
    assert PLAN.traefik_ip == "10.97.0.80"
    assert PLAN.registry == f"169.254.20.11:{PLAN.ports['registry']}"


def test_cluster_dns_answers_the_zones_and_all_names_under_them_with_traefik() -> None:
    text = configs.corefile(PLAN, STATE, ["192.0.2.1", "192.0.2.2"])
    assert 'template IN A example.com example2.com {\n        answer "{{ .Name }} 30 IN A 10.97.0.80"' in text
    assert "template IN AAAA example.com example2.com\n" in text
    assert "forward . 192.0.2.1 192.0.2.2\n" in text
    assert text.count("{") == text.count("}")


def test_a_host_without_name_servers_and_a_playground_without_zones_get_a_valid_corefile() -> None:
    text = configs.corefile(replace(PLAN, zones=()), STATE, [])
    assert "forward" not in text
    assert "template" not in text
    assert text.count("{") == text.count("}")


def test_every_file_lies_in_the_state_directory_and_names_no_other_place_to_write_to() -> None:
    files = configs.render(PLAN, STATE, [IPv4Address("192.0.2.1")])
    assert all(path.is_relative_to(STATE) for path in files)
    kubelet = yaml.safe_load(files[STATE / "kubelet.yaml"])
    for setting in ("podLogsDir", "volumePluginDir", "resolvConf"):
        assert Path(kubelet[setting]).is_relative_to(STATE)
    assert "netns_mounts_under_state_dir = true" in files[STATE / "containerd.toml"]


def test_the_registry_has_one_name_for_node_and_builds() -> None:
    files = configs.render(PLAN, STATE, [])
    hosts = files[STATE / "certs.d" / PLAN.registry / "hosts.toml"]
    assert f'[host."http://{PLAN.registry}"]' in hosts
    assert files[STATE / "certs.d" / "docker.io" / "hosts.toml"] == hosts
    assert f'location = "{PLAN.registry}"\ninsecure = true' in files[STATE / "registries.conf"]


def test_nothing_of_the_cluster_listens_where_the_outside_world_could_reach_it() -> None:
    argvs = {part.name: part.argv for stage in parts.stages(PLAN, STATE, Path("/tools")) for part in stage}
    assert f"--bind-address={PLAN.node_ip}" in argvs["kube-apiserver"]
    assert yaml.safe_load(configs.render(PLAN, STATE, [])[STATE / "kubelet.yaml"])["address"] == PLAN.node_ip
    listening = [argument for argv in argvs.values() for argument in argv if "listen" in argument or "bind-" in argument]
    assert listening
    assert not [argument for argument in listening if "0.0.0.0" in argument or "[::]" in argument]


def test_a_file_is_written_only_where_it_differs_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    configs.write({path: "one"})
    assert path.stat().st_mode & 0o777 == 0o600
    before = path.stat().st_mtime_ns
    configs.write({path: "one"})
    assert path.stat().st_mtime_ns == before
    configs.write({path: "two"})
    assert path.read_text() == "two"


def _objects(text: str) -> dict[str, dict[str, object]]:
    return {f"{found['kind']}/{found['metadata']['name']}": found for found in yaml.safe_load_all(text)}


def test_traefik_is_described_as_the_bot_relies_on_it() -> None:
    objects = _objects(
        addons.manifests(Traefik("registry/traefik:1", "10.97.0.80", 8880, 8881), Redis("registry/redis:1"))
    )
    deployment = objects["Deployment/traefik"]
    container = deployment["spec"]["template"]["spec"]["containers"][0]  # type: ignore[index]  # plain YAML
    assert "--providers.kubernetescrd.allowCrossNamespace=true" in container["args"]
    assert "--providers.kubernetescrd.allowExternalNameServices=true" in container["args"]
    assert "--entrypoints.web.address=:80" in container["args"]
    assert not [argument for argument in container["args"] if "throttle" in argument.lower()]
    assert [(port["hostPort"], port["hostIP"]) for port in container["ports"]] == [
        (8880, "127.0.0.1"),
        (8881, "127.0.0.1"),
    ]
    assert objects["Service/traefik"]["spec"]["clusterIP"] == "10.97.0.80"  # type: ignore[index]  # plain YAML
    assert "Deployment/redis" in objects


@pytest.mark.parametrize("wanted", [set(), {"traefik"}, {"registry"}, {"redis", "registry"}])
def test_only_what_is_wanted_is_described(wanted: set[str]) -> None:
    text = addons.manifests(
        Traefik("t") if "traefik" in wanted else None,
        Redis("r") if "redis" in wanted else None,
        Registry("g", 30500) if "registry" in wanted else None,
    )
    found = {name.partition("/")[2] for name in _objects(text) if name.startswith("Deployment/")}
    assert found == wanted


def test_traefik_in_somebodys_cluster_takes_no_port_of_a_node() -> None:
    assert "hostPort" not in addons.manifests(Traefik("t"))


def test_kind_publishes_traefik_on_the_loopback_interface_only() -> None:
    settings = yaml.safe_load(kind.configuration(8880, 8881))
    mappings = settings["nodes"][0]["extraPortMappings"]
    assert [(each["listenAddress"], each["hostPort"]) for each in mappings] == [("127.0.0.1", 8880), ("127.0.0.1", 8881)]
    assert settings["networking"]["serviceSubnet"] == "10.96.0.0/16"


def test_kinds_cluster_dns_learns_the_zones_once() -> None:
    corefile = (
        ".:53 {\n    errors\n    kubernetes cluster.local in-addr.arpa {\n    }\n    forward . /etc/resolv.conf\n}\n"
    )
    changed = kind.with_zones(corefile, ("example.com",), "10.96.0.80")
    assert changed.index("template IN A example.com") < changed.index("kubernetes cluster.local")
    assert kind.with_zones(changed, ("example.com",), "10.96.0.80") == changed
    assert kind.with_zones(corefile, (), "10.96.0.80") == corefile


def test_a_registry_outside_is_reached_by_plain_http() -> None:
    assert kind.insecure("192.0.2.1:5000") == '[[registry]]\nlocation = "192.0.2.1:5000"\ninsecure = true\n'
