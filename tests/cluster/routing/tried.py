"""A Traefik of a version with what was laid for it, and how a row of the table is asked of it."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from ssl import TLSVersion
from typing import Any

from model.routing.routes import ANSWER_HEADER
from model.routing.rules import Syntax
from playground.cluster.value import Playground
from playground.places import places
from playground.progress import silent
from playground.routing import traefik, wire
from playground.routing.traefik import Traefik
from playground.toolset import router
from playground.toolset.router import Major
from tests.cluster.routing import features, shop
from tests.cluster.routing.row import Row

OLD_GROUP = "traefik.containo.us"
NAMESPACES = (shop.BASE, shop.TEAM, *(each.namespace for each in (*features.ALL, features.PASSING)))
CLASSED = f"--providers.kubernetescrd.ingressClass={shop.CLASS}"
ENTRYPOINTS = ("web", "internal", "secure")
ALLOWED = ("--providers.kubernetescrd.allowExternalNameServices=true",)
ACROSS = "--providers.kubernetescrd.allowCrossNamespace=true"


@dataclass(frozen=True)
class Ground:
    """The cluster with the Services of all backends. `authority`: the TLS host's certificate, in PEM."""

    playground: Playground
    ports: Mapping[str, int]
    authority: str


@dataclass(frozen=True)
class Version:
    """A Traefik, and how its objects are written."""

    major: Major
    group: str
    syntax: Syntax

    @property
    def arguments(self) -> tuple[str, ...]:
        """What makes version 3 read rules in the older language, as after an upgrade."""
        return ("--core.defaultRuleSyntax=v2",) if (self.major, self.syntax) == (3, "v2") else ()

    def __str__(self) -> str:
        return f"{self.major}-{self.group}{'-reads-v2' if self.arguments else ''}"


NEWEST, OLDER, OLDEST = Version(3, "traefik.io", "v3"), Version(2, "traefik.io", "v2"), Version(2, OLD_GROUP, "v2")
VERSIONS = (NEWEST, Version(3, "traefik.io", "v2"), OLDER, OLDEST)


@dataclass(frozen=True)
class Tried:
    """A Traefik that has taken the base and all features."""

    version: Version
    proxy: Traefik
    ground: Ground
    base: list[dict[str, Any]]
    laid: list[dict[str, Any]]

    def ask(self, row: Row, newest_tls: TLSVersion = TLSVersion.TLSv1_3) -> wire.Answer:
        """Send a row's request."""
        secure = row.at == "secure"
        return wire.ask(
            self.proxy.ports[row.at],
            row.target or row.path,
            (("Host", row.host), *row.lines),
            method=row.method,
            server_name=row.host if secure else "",
            authority=self.ground.authority if secure else None,
            newest_tls=newest_tls,
        )

    def targets(self, rows: Sequence[Row]) -> list[str]:
        """Where each of them leads."""
        return [self.ask(row).target for row in rows]

    def holds(self, row: Row) -> wire.Answer:
        """Ask a row's request, and hold the answer against what the row says."""
        answer = self.ask(row)
        assert answer.target == row.to, f"{answer.target} instead of {row.to}"
        for name, values in row.received.items():
            assert answer.received(name) == list(values), f"{name}: {answer.received(name)} instead of {values}"
        if row.seen:
            assert answer.told is not None, answer
            assert answer.told["path"] == row.seen, f"{answer.told['path']} instead of {row.seen}"
        marks = answer.header(ANSWER_HEADER)
        assert marks in ([f"suite-{row.owner}"] if row.owner else [], []), f"marked {marks}"
        return answer


def started(major: Major, laid: Ground, folder: Path, *arguments: str) -> AbstractContextManager[Traefik]:
    """A Traefik for the suite's namespaces and class."""
    return traefik.running(
        router.program(places().cache, silent(), major),
        laid.playground.kubeconfig,
        folder / "traefik.log",
        entrypoints=ENTRYPOINTS,
        namespaces=NAMESPACES,
        arguments=(CLASSED, *ALLOWED, *arguments),
    )


def gatewayed(laid: Ground, namespaces: Sequence[str], folder: Path) -> AbstractContextManager[Traefik]:
    """Traefik 3 at the Gateway API, for the suite's own GatewayClass."""
    return traefik.running(
        router.program(places().cache, silent()),
        laid.playground.kubeconfig,
        folder / "traefik.log",
        entrypoints=ENTRYPOINTS,
        provider="kubernetesgateway",
        namespaces=namespaces,
        arguments=("--providers.kubernetesgateway.labelSelector=suite=routing",),
    )
