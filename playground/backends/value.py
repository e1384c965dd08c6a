"""Backends that are up, and how to reach them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from playground.backends.provided import Address
from playground.backends.table import HOST, Backend, chosen
from playground.cluster.value import Playground

Side = Literal["cluster", "loopback"]


@dataclass(frozen=True)
class Backends:
    """`ports`: of each backend, the ports of 127.0.0.1 that lead to it; `passwords`: of its administrator."""

    playground: Playground
    names: tuple[str, ...]
    ports: Mapping[str, Mapping[str, int]]
    passwords: Mapping[str, str] = field(repr=False)

    def environment(self, side: Side = "cluster") -> dict[str, str]:
        """The provider environment of hooks: in a pod of the cluster, or in a process of this host. Holds passwords."""
        told: dict[str, str] = {}
        for backend in chosen(self.names):
            told |= backend.provides(self.address(backend, side))
        return told

    def address(self, backend: Backend, side: Side) -> Address:
        """Where one of them answers."""
        password = self.passwords.get(backend.name, "")
        if side == "cluster":
            return Address(backend.host, backend.ports, password)
        return Address(HOST, self.ports[backend.name], password)

    def remove(self) -> None:
        """End all backends of this playground, with their data."""
        from playground.backends.up import remove

        remove(self.playground)
