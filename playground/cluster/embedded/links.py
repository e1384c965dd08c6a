"""The node's addresses: a bridge for the pods that holds the node's IP, and a link-local address on `lo`.

The node's IP is the pods' gateway. So it never changes when the machine moves to another network, the API is not
reachable from outside, and a network namespace without any other interface will do.
"""

import json
from ipaddress import IPv4Network

from playground import tool
from playground.cluster.embedded.plan import Plan


def create(plan: Plan) -> None:
    """Make what is missing."""
    existing = _links()
    tool.run(["ip", "link", "set", "lo", "up"])
    if f"{plan.local_ip}/32" not in existing.get("lo", ()):
        tool.run(["ip", "address", "add", f"{plan.local_ip}/32", "dev", "lo"])
    if plan.name not in existing:
        tool.run(["ip", "link", "add", plan.name, "mtu", str(plan.mtu), "type", "bridge"])
    length = IPv4Network(plan.pods).prefixlen
    if f"{plan.node_ip}/{length}" not in existing.get(plan.name, ()):
        tool.run(["ip", "address", "add", f"{plan.node_ip}/{length}", "dev", plan.name])
    tool.run(["ip", "link", "set", plan.name, "up"])
    # Cluster IPs are rewritten on their way out, which takes a way out; a host without a default route has none.
    tool.run(["ip", "route", "replace", plan.services, "dev", plan.name, "src", plan.node_ip])


def remove(name: str, local_ip: str | None) -> None:
    """Remove the bridge, the pods' ends that still hang on it, and the address on `lo` where it is known."""
    existing = _links()
    if name in existing:
        ports = json.loads(tool.run(["ip", "-json", "link", "show", "master", name]) or "[]")
        for port in ports:
            if port.get("ifname", "").startswith("veth"):
                # A pod's network namespace may go, and its end with it, while we look.
                tool.run(["sh", "-c", 'ip link delete "$1" 2>/dev/null || true', "sh", port["ifname"]])
        tool.run(["ip", "link", "delete", name])
    if local_ip and f"{local_ip}/32" in existing.get("lo", ()):
        tool.run(["ip", "address", "delete", f"{local_ip}/32", "dev", "lo"])


def _links() -> dict[str, list[str]]:
    """Every interface's IPv4 addresses."""
    shown = json.loads(tool.run(["ip", "-json", "-4", "address", "show"]) or "[]")
    found = {
        link["ifname"]: [f"{address['local']}/{address['prefixlen']}" for address in link.get("addr_info", ())]
        for link in shown
    }
    # `-4` leaves out what has no such address.
    for link in json.loads(tool.run(["ip", "-json", "link", "show"]) or "[]"):
        found.setdefault(link["ifname"], [])
    return found
