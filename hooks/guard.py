"""Where an `http` resource may call: a pull request must not make the hook ask what only the cluster may ask."""

import ipaddress
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hooks.contract import Problem, Unreachable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

CONNECT_SECONDS = 3.0
ALLOW = "DEVSTACK_PROVIDER_HTTP_ALLOW"

# Where clouds tell machines their credentials. No allow-list opens them.
NEVER = tuple(
    ipaddress.ip_network(each)
    for each in (
        "169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128", "fd20:ce::254/128",
        "100.100.100.200/32", "192.0.0.192/32", "168.63.129.16/32",
    )
)  # fmt: skip
NEVER_NAMES = ("metadata.google.internal", "metadata.goog", "instance-data", "instance-data.ec2.internal")
INSIDE = (".svc", ".local", ".internal", ".localhost", ".localdomain", ".home.arpa", ".lan")
NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the operator opens though it is inside: hosts by name, addresses by network."""

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Allowed":
        """Of a list with commas. Problem where an entry is neither."""
        hosts, networks = set(), []
        for entry in (each.strip().lower() for each in text.split(",")):
            try:
                networks.append(ipaddress.ip_network(entry.strip("[]"), strict=False))
            except ValueError:
                if "/" in entry or ":" in entry:
                    raise Problem(f"`{entry}` in {ALLOW} is no host and no network", "Such as `10.0.0.0/8`.") from None
                hosts.add(entry.rstrip("."))
        return cls(frozenset(hosts - {""}), tuple(networks))

    def __contains__(self, address: Address) -> bool:
        return any(address in network for network in self.networks if network.version == address.version)


def refused_by_name(host: str) -> str:
    """Why a host is refused whatever the operator allows, as far as its name tells; empty else. Pure."""
    bare = host.lower().strip("[]").rstrip(".")
    if bare in NEVER_NAMES:
        return "it is where a cloud tells machines their credentials"
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return ""
    return _never(address)


def pinned(host: str, port: int, allowed: Allowed) -> str:
    """The address to connect to, and no other: a second look at DNS may tell something else. Problem where the host may
    not be called, Unreachable where it has no address."""
    bare = host.lower().strip("[]").rstrip(".")
    if why := refused_by_name(bare):
        raise Problem(f"`{host}` must not be called: {why}", "No setting opens it.")
    found = resolve(bare, port)
    open_by_name = bare in allowed.hosts
    for address in found:
        if why := _never(address):
            raise Problem(f"`{host}` must not be called: {why}", "No setting opens it.")
        if not open_by_name and address not in allowed and (why := _inside(bare, address)):
            raise Problem(
                f"`{host}` must not be called: {why}",
                f"If it is meant to be called, the operator of devstack adds it to {ALLOW}.",
            )
    return str(found[0])


def resolve(host: str, port: int) -> Sequence[Address]:
    """All addresses of a host. Unreachable where there are none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(host, "its name has no address") from error
    addresses = [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    return list(dict.fromkeys(addresses))


def reach(host: str, address: str, port: int) -> None:
    """Does it take connections? Unreachable where not."""
    try:
        socket.create_connection((address, port), CONNECT_SECONDS).close()
    except OSError as error:
        raise Unreachable(f"{host}:{port}", type(error).__name__) from error


def _never(address: Address) -> str:
    if any(each in network for each in _meant(address) for network in NEVER if network.version == each.version):
        return "its address is where a cloud tells machines their credentials"
    return ""


def _inside(host: str, address: Address) -> str:
    if "." not in host and ":" not in host:
        return "a name of one part is one inside of the cluster"
    if f".{host}".endswith(INSIDE) or ".svc." in f".{host}.":
        return "its name is one inside of the cluster"
    if not all(_public(each) for each in _meant(address)):
        return "its address is not a public one"
    return ""


def _public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address.is_site_local:
        return False
    return address.is_global and not address.is_multicast


def _meant(address: Address) -> Iterable[Address]:
    """The address, and the IPv4 one that it stands for in one of the ways that IPv6 has for it."""
    yield address
    if isinstance(address, ipaddress.IPv6Address):
        for other in (address.ipv4_mapped, address.sixtofour, *(address.teredo or ())):
            if other is not None:
                yield other
        if any(address in network for network in NAT64) or int(address) < 1 << 32:
            yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
