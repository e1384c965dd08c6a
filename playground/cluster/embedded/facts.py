"""What this machine is like: its addresses, routes, name servers, kernel settings."""

import contextlib
import json
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

from playground import tool
from playground.errors import PlaygroundError
from playground.packages import search_path

DEFAULT_MTU = 1500
RESOLV_CONF = Path("/etc/resolv.conf")
# systemd-resolved's own list, for hosts whose resolv.conf names only a stub on the loopback interface.
RESOLVED_CONF = Path("/run/systemd/resolve/resolv.conf")


@dataclass(frozen=True)
class Network:
    """`used`: all networks with an address or a route here, but the default route. `mtu` of the way out, in bytes."""

    used: tuple[IPv4Network, ...]
    mtu: int

    def is_free(self, wanted: IPv4Network) -> bool:
        """Whether nothing here uses any address of this network."""
        return not any(wanted.overlaps(network) for network in self.used)


def network() -> Network:
    """This network namespace as it is now."""
    links = json.loads(tool.run(["ip", "-json", "-4", "address", "show"]) or "[]")
    routes = json.loads(tool.run(["ip", "-json", "-4", "route", "show", "table", "all"]) or "[]")
    return read_network(links, routes, name_servers())


def read_network(
    links: Sequence[Mapping[str, Any]], routes: Sequence[Mapping[str, Any]], servers: Iterable[IPv4Address]
) -> Network:
    """The network out of what `ip -json` tells; name servers count as used, so that a cluster never covers them."""
    used = {IPv4Network(server) for server in servers}
    mtus: dict[str, int] = {}
    for link in links:
        mtus[str(link["ifname"])] = int(link.get("mtu", DEFAULT_MTU))
        for address in link.get("addr_info") or ():
            if address.get("family", "inet") == "inet":
                used.add(IPv4Network(f"{address['local']}/{address['prefixlen']}", strict=False))
    way_out = None
    for route in routes:
        target = str(route.get("dst", ""))
        if target == "default":
            way_out = way_out or mtus.get(str(route.get("dev")))
        elif ":" not in target and target:
            used.add(IPv4Network(target, strict=False))
    return Network(tuple(sorted(used)), min(way_out or DEFAULT_MTU, DEFAULT_MTU))


def name_servers(path: Path = RESOLV_CONF, behind: Path = RESOLVED_CONF) -> tuple[IPv4Address, ...]:
    """The IPv4 name servers of this host; those behind a stub on the loopback interface where they are known."""
    servers = _servers(path)
    if servers and all(server.is_loopback for server in servers):
        return _servers(behind) or servers
    return servers


def _servers(path: Path) -> tuple[IPv4Address, ...]:
    try:
        found = re.findall(r"^nameserver\s+(\d+(?:\.\d+){3})\s*$", path.read_text(), re.MULTILINE)
    except OSError:
        return ()
    return tuple(IPv4Address(address) for address in found)


def link_local(used: Network) -> IPv4Address:
    """A free link-local address for cluster DNS and registry. PlaygroundError where 200 are taken."""
    for last in range(10, 210):
        if used.is_free(IPv4Network(f"169.254.20.{last}")):
            return IPv4Address(f"169.254.20.{last}")
    raise PlaygroundError("no free link-local address from 169.254.20.10 on")


def subnet(used: Network, candidates: Iterable[str], purpose: str) -> IPv4Network:
    """The first candidate that overlaps nothing in use. PlaygroundError where all do."""
    for candidate in candidates:
        if used.is_free(IPv4Network(candidate)):
            return IPv4Network(candidate)
    raise PlaygroundError(f"no free private subnet for {purpose}: addresses and routes of this host cover all candidates")


def namespace() -> str:
    """The identity of the network namespace that this process is in."""
    return str(Path("/proc/self/ns/net").readlink())


def load_modules(names: Iterable[str]) -> None:
    """Load kernel modules. Those that are built in, or that nobody may load here, are no error: what needs them tells."""
    program = shutil.which("modprobe", path=search_path())
    for name in names if program else ():
        with contextlib.suppress(PlaygroundError):
            tool.run([program or "modprobe", "--quiet", name], seconds=10)


def settings(names: Iterable[str], root: Path = Path("/proc/sys")) -> dict[str, str]:
    """The values of those kernel settings (`net.ipv4.ip_forward` and the like) that this kernel has."""
    found = {}
    for name in names:
        path = root / name.replace(".", "/")
        if path.exists():
            found[name] = path.read_text().strip()
    return found


def change_settings(values: Mapping[str, str], root: Path = Path("/proc/sys")) -> None:
    """Set kernel settings that differ; those that this kernel lacks or does not let us set stay."""
    current = settings(values, root)
    for name, value in values.items():
        if name in current and current[name] != value:
            try:
                (root / name.replace(".", "/")).write_text(value)
            except OSError:
                continue
