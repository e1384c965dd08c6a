"""The stacks of the suite: which services each has, on which hosts."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from model.routing.routes import Backend, derive
from model.routing.rules import Syntax
from tests.cluster.routing.shop import NEW, PAIR_A, SECURE, SHOP, TENANT

HEADER = "uber-ctx-key"


@dataclass(frozen=True)
class Feature:
    """A stack; `services` has the hosts of each."""

    label: str
    services: Mapping[str, tuple[str, ...]]

    @property
    def namespace(self) -> str:
        """Where its Services and its routes are."""
        return f"routing-{self.label}"

    @property
    def targets(self) -> list[str]:
        """What its backends call themselves."""
        return [f"{name}@{self.label}" for name in self.services]

    def routes(
        self, base: Iterable[Mapping[str, Any]], group: str, syntax: Syntax, ports: Mapping[str, int]
    ) -> list[dict[str, Any]]:
        """As the bot derives them."""
        return derive(
            base,
            stack=f"suite-{self.label}",
            label=self.label,
            header=HEADER,
            namespace=self.namespace,
            services=list(self.backends(ports)),
            api_group=group,
            syntax=syntax,
        )

    def backends(self, ports: Mapping[str, int]) -> Iterator[Backend]:
        """Where its routes lead."""
        for name, hosts in self.services.items():
            yield Backend(name, hosts, name, self.namespace, ports[f"{name}@{self.label}"])


# The first label begins the second. Two of them have the service `docs`.
ONE = Feature("feature1", {"orders": (SHOP,), "solo": (PAIR_A,), "docs": (SHOP,)})
TEN = Feature("feature10", {"site": (SHOP,), "cart": (SHOP,), "docs": (SHOP,), "pay": (SHOP,)})
TWO = Feature("feature-2", {"vault": (SECURE,), "tenants": (TENANT,), "fresh": (NEW,)})
PASSING = Feature("passing", {"orders": (SHOP,), "search": (SHOP,)})  # comes and goes
ALL = (ONE, TEN, TWO)
