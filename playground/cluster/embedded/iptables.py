"""The cluster's packet filter rules: what is ours is told from what is not, and removed in one step a table."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playground import tool
from playground.errors import PlaygroundError

FAMILIES = ("iptables", "ip6tables")
HOST_PORTS = re.compile(r"CNI-HOSTPORT-\w+|CNI-SNAT\w*")


@dataclass(frozen=True)
class Table:
    """One table out of `iptables-save`: the chains that were added to it, and its rules as they are written there."""

    name: str
    chains: tuple[str, ...]
    rules: tuple[str, ...]


def parse(saved: str) -> Iterator[Table]:
    """The tables in the output of `iptables-save`."""
    for block in re.finditer(r"^\*(\w+)\n(.*?)^COMMIT$", saved, re.MULTILINE | re.DOTALL):
        lines = block[2].splitlines()
        chains = tuple(line.split()[0][1:] for line in lines if line.startswith(":") and line.split()[1] == "-")
        yield Table(block[1], chains, tuple(line for line in lines if line.startswith("-A ")))


def removal(saved: str, name: str) -> str:
    """The input for `iptables-restore --noflush` that removes all of Kubernetes, and the rules of the CNI network and the
    bridge called `name`. Empty where there is nothing to remove. Other CNI networks keep theirs."""
    return "".join(_removal(table, name) for table in parse(saved))


def _removal(table: Table, name: str) -> str:
    ours = {rule for rule in table.rules if _mentions(rule, name)}
    chains = {chain for chain in table.chains if chain.startswith("KUBE-")}
    chains |= {target for rule in ours if (target := _target(rule)) in table.chains}
    if not any(chain.startswith("CNI-DN-") for chain in set(table.chains) - chains):
        chains |= {chain for chain in table.chains if HOST_PORTS.fullmatch(chain)}
    rules = [rule for rule in table.rules if rule in ours or _target(rule) in chains]
    rules = [rule for rule in rules if rule.split()[1] not in chains]
    if not chains and not rules:
        return ""
    lines = [f"*{table.name}", *(f"-D {rule[3:]}" for rule in rules)]
    lines += [f"-F {chain}" for chain in sorted(chains)] + [f"-X {chain}" for chain in sorted(chains)]
    return "\n".join([*lines, "COMMIT", ""])


def _mentions(rule: str, name: str) -> bool:
    return f'name: \\"{name}\\"' in rule or f'--comment "{mark(name)}"' in rule


def _target(rule: str) -> str | None:
    found = re.search(r" -[jg] (\S+)", rule)
    return found[1] if found else None


def mark(name: str) -> str:
    """The comment at the rules that we add ourselves."""
    return f"devstack playground {name}"


def clean(name: str) -> None:
    """Remove the cluster's rules from this network namespace."""
    for family in FAMILIES:
        script = removal(saved(family), name)
        if script:
            tool.run([f"{family}-restore", "--noflush", "--wait"], stdin=script)


def foreign_kubernetes() -> bool:
    """Whether a kube-proxy or kubelet keeps rules here. Asked before our own first start: they are not ours then."""
    return any(
        chain.startswith("KUBE-SERVICES")
        for family in FAMILIES
        for table in parse(saved(family))
        for chain in table.chains
    )


def redirected_ports(saved: str) -> set[int]:
    """The ports that rules of the nat table send elsewhere: a server could listen there, yet never be reached."""
    rules = [rule for table in parse(saved) if table.name == "nat" for rule in table.rules]
    lists = [found[1] for rule in rules if (found := re.search(r"--dports? ([\d,:]+)", rule))]
    # A range is taken by its ends: port mappings name single ports.
    return {int(port) for ports in lists for port in re.split("[,:]", ports) if port}


def let_pods_through(name: str) -> None:
    """Accept the pods' packets even where the host's own rules drop what they do not know."""
    tag = ["-m", "comment", "--comment", mark(name), "-j", "ACCEPT"]
    for rule in (["INPUT", "-i", name], ["FORWARD", "-i", name], ["FORWARD", "-o", name]):
        try:
            tool.run(["iptables", "--wait", "-C", *rule, *tag])
        except PlaygroundError:
            tool.run(["iptables", "--wait", "-I", *rule, *tag])


def saved(family: str = "iptables") -> str:
    """What `iptables-save` tells of this network namespace."""
    # The kernel may lack IPv6 tables; then there is nothing of ours in them.
    try:
        return tool.run([f"{family}-save"], cwd=Path("/"))
    except PlaygroundError:
        if family == "iptables":
            raise
        return ""
