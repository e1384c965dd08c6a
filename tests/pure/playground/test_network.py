from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from playground.cluster.embedded import facts
from playground.cluster.embedded.facts import Network
from playground.cluster.embedded.plan import POD_SUBNETS, SERVICE_SUBNETS
from playground.errors import PlaygroundError

LINKS = [
    {"ifname": "lo", "mtu": 65536, "addr_info": [{"family": "inet", "local": "127.0.0.1", "prefixlen": 8}]},
    {"ifname": "eth0", "mtu": 1400, "addr_info": [{"family": "inet", "local": "10.244.0.17", "prefixlen": 22}]},
    {"ifname": "down0", "mtu": 1500},
]
ROUTES = [
    {"dst": "default", "dev": "eth0"},
    {"dst": "10.96.0.0/16", "dev": "tun0"},
    {"dst": "169.254.20.10", "dev": "lo"},
    {"type": "broadcast", "dst": "10.244.3.255", "dev": "eth0"},
]


def test_addresses_routes_and_name_servers_are_in_use_but_the_default_route_is_not() -> None:
    network = facts.read_network(LINKS, ROUTES, [IPv4Address("192.0.2.53")])
    assert not network.is_free(IPv4Network("10.244.2.0/24"))
    assert not network.is_free(IPv4Network("10.96.128.0/20"))
    assert not network.is_free(IPv4Network("192.0.2.0/24"))
    assert network.is_free(IPv4Network("10.244.4.0/24"))


def test_the_mtu_is_that_of_the_way_out() -> None:
    assert facts.read_network(LINKS, ROUTES, []).mtu == 1400
    assert facts.read_network(LINKS[:1], [], []).mtu == facts.DEFAULT_MTU


def test_subnets_are_searched_past_those_in_use() -> None:
    network = facts.read_network(LINKS, ROUTES, [])
    assert facts.subnet(network, POD_SUBNETS, "pods") == IPv4Network("10.244.64.0/24")
    assert facts.subnet(network, SERVICE_SUBNETS, "services") == IPv4Network("10.97.0.0/20")


def test_the_link_local_address_is_one_that_nobody_has() -> None:
    assert facts.link_local(Network((), 1500)) == IPv4Address("169.254.20.10")
    assert facts.link_local(facts.read_network(LINKS, ROUTES, [])) == IPv4Address("169.254.20.11")


def test_a_host_that_uses_everything_is_told_so() -> None:
    everything = Network((IPv4Network("0.0.0.0/0"),), 1500)
    with pytest.raises(PlaygroundError, match="no free private subnet for pods"):
        facts.subnet(everything, POD_SUBNETS, "pods")
    with pytest.raises(PlaygroundError, match="link-local"):
        facts.link_local(everything)


def test_candidates_of_pods_and_services_never_overlap() -> None:
    services = [IPv4Network(candidate) for candidate in SERVICE_SUBNETS]
    assert not any(IPv4Network(pods).overlaps(subnet) for pods in POD_SUBNETS for subnet in services)


def test_name_servers_behind_a_local_stub_are_found(tmp_path: Path) -> None:
    stub, behind = tmp_path / "stub", tmp_path / "behind"
    stub.write_text("# a comment\nnameserver 127.0.0.53\noptions edns0\n")
    assert facts.name_servers(stub, behind) == (IPv4Address("127.0.0.53"),)
    behind.write_text("nameserver 192.0.2.1\nnameserver 2001:db8::1\nnameserver 192.0.2.2\n")
    assert facts.name_servers(stub, behind) == (IPv4Address("192.0.2.1"), IPv4Address("192.0.2.2"))
    assert facts.name_servers(tmp_path / "none", behind) == ()


def test_kernel_settings_are_read_changed_and_left_alone_where_the_kernel_lacks_them(tmp_path: Path) -> None:
    (tmp_path / "net" / "ipv4").mkdir(parents=True)
    (tmp_path / "net" / "ipv4" / "ip_forward").write_text("0\n")
    names = ("net.ipv4.ip_forward", "net.bridge.bridge-nf-call-iptables")
    assert facts.settings(names, tmp_path) == {"net.ipv4.ip_forward": "0"}
    facts.change_settings(dict.fromkeys(names, "1"), tmp_path)
    assert facts.settings(names, tmp_path) == {"net.ipv4.ip_forward": "1"}
    assert not (tmp_path / "net" / "bridge").exists()
