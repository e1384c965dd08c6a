"""Workloads go only when the proxy gives the stack nothing any more, whatever paths it answered on."""

import io
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from model.routing.reissue import Backend
from model.routing.routes import derive
from model.stack import Spec, Stack, Status
from tests.pure.model.routing.proxy import Request, holds
from tests.pure.workers import inside_cluster
from workers.pipeline import asking, letting_go
from workers.pipeline.gateways import Address
from workers.pipeline.run import Run

STACK = "acme-shop-7"


def base(*rules: tuple[str, str]) -> list[dict[str, Any]]:
    routes = [{"match": match, "kind": "Rule", "services": [{"name": name, "port": 80}]} for match, name in rules]
    metadata = {"name": "shop", "namespace": "shop"}
    return [
        {"apiVersion": "traefik.io/v1alpha1", "kind": "IngressRoute", "metadata": metadata, "spec": {"routes": routes}}
    ]


def routed(found: list[dict[str, Any]], service: str) -> list[dict[str, Any]]:
    """The stack's IngressRoutes."""
    backend = Backend(service, ("example.com",), f"{service}-feature1", "ns", 80)
    made = derive(found, stack=STACK, label="feature1", header="uber-ctx-key", namespace="ns", services=[backend])
    return [each for each in made if each["kind"] == "IngressRoute"]


class Proxy:
    """Answers by the rules that it has; it lets go of them one after the other, each some requests later."""

    def __init__(self, manifests: list[dict[str, Any]], slow: int = 0, at: Address | None = None) -> None:
        self.at = at
        self.rules = [
            (route["match"], route["priority"], bool(route.get("middlewares")) and route["middlewares"][-1]["name"])
            for manifest in manifests
            for route in manifest["spec"]["routes"]
        ]
        self.slow = slow
        self.going = False
        self.asked: list[str] = []

    def request(
        self, settings: object, host: str, path: str, headers: Mapping[str, str], at: Address | None = None
    ) -> asking.Answer:
        """One answer; at another place than this proxy's nobody is asked."""
        if at != self.at:
            return asking.Answer(404)
        if self.going:
            self.slow -= 1
            if self.slow <= 0 and self.rules:
                self.rules.pop()
        self.asked.append(host + path)
        matching = [each for each in self.rules if holds(each[0], Request(host, path, headers=headers))]
        best = max(matching, key=lambda each: each[1], default=None)
        own = best is not None and str(best[2]).endswith("-answer")
        return asking.Answer(200 if best else 404, f"{STACK}@1" if own else "")

    def serves(self) -> bool:
        """Whether any request can still reach the stack's own service."""
        return any(str(name).endswith("-answer") for _, _, name in self.rules)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr(time, "sleep", found.append)
    return found


def run_of(manifests: list[dict[str, Any]], *, live: bool = True) -> Run:
    world: Any = SimpleNamespace(settings=None, routes=SimpleNamespace(of=lambda _: manifests))
    return running(world, live=live)


def running(world: Any, *, live: bool = True) -> Run:
    status = Status(deployed_sha="a" * 40 if live else "")
    stack = Stack(STACK, Spec("acme/shop", 7, "a" * 40, "feature1"), status)
    return Run(world, stack, "r", cast("Any", None), cast("Any", None), Path())


SHOPS = {
    "whole": ("web", base(("Host(`example.com`)", "web"))),
    "path": ("api", base(("Host(`example.com`) && PathPrefix(`/`)", "web"), ("Host(`example.com`) && PathPrefix(`/api`)", "api"))),
    "only-path": ("api", base(("Host(`example.com`) && Path(`/v1/orders`)", "api"))),
    "several": ("web", base(("Host(`example.com`) && PathPrefix(`/a`)", "web"), ("Host(`example.com`) && PathPrefix(`/b`)", "web"))),
}  # fmt: skip


@pytest.mark.parametrize("shop", SHOPS)
@pytest.mark.parametrize("slow", [0, 7, 40])
def test_it_waits_until_nothing_reaches_the_stack(
    shop: str, slow: int, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    service, found = SHOPS[shop]
    manifests = routed(found, service)
    proxy = Proxy(manifests, slow)
    monkeypatch.setattr(asking, "request", proxy.request)
    run = run_of(manifests)
    watch = letting_go.before(run)
    assert watch.asked
    assert not watch.blind
    proxy.going = True
    letting_go.after(run, watch)
    assert not proxy.serves()
    assert sum(slept) < letting_go.LET_GO_SECONDS


def test_what_cannot_be_asked_for_is_given_the_proxys_pause(slept: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    manifests = routed(base(("Host(`example.com`) && Method(`POST`)", "web")), "web")
    proxy = Proxy(manifests)
    monkeypatch.setattr(asking, "request", proxy.request)
    run = run_of(manifests)
    watch = letting_go.before(run)
    letting_go.after(run, watch)
    assert (watch, slept) == (letting_go.Watch((), blind=True), [letting_go.SETTLE_SECONDS])
    assert proxy.asked == []


def test_a_stack_that_serves_nobody_is_not_waited_for(slept: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    manifests = routed(base(("Host(`example.com`)", "web")), "web")
    monkeypatch.setattr(asking, "request", lambda *_, **__: asking.Answer(None))
    run = run_of(manifests, live=False)
    letting_go.after(run, letting_go.before(run))
    assert slept == []


def test_a_proxy_that_keeps_a_route_holds_nothing_up_for_ever(
    slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    manifests = routed(base(("Host(`example.com`)", "web")), "web")
    monkeypatch.setattr(asking, "request", Proxy(manifests).request)
    clock = iter(range(1000))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(clock)))
    run = run_of(manifests)
    letting_go.after(run, letting_go.before(run))
    assert 0 < len(slept) < 30


def inside_run(folder: Path, *, live: bool = True) -> tuple[Run, list[dict[str, Any]]]:
    """A stack whose one service is called by its well-known name alone: it has no host, and so no address of its own."""
    base = inside_cluster.base()
    own = [each for each in inside_cluster.derived(base) if each["kind"] == "IngressRoute"]
    made, _ = inside_cluster.world(folder, *base, *own)
    return running(made, live=live), own


def test_calls_from_within_the_cluster_are_asked_for_where_they_come_in(
    slept: list[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, own = inside_run(tmp_path)
    proxy = Proxy(own, slow=7, at=inside_cluster.GATEWAY)
    monkeypatch.setattr(asking, "request", proxy.request)
    monkeypatch.setattr(socket, "create_connection", lambda *_: io.BytesIO())
    watch = letting_go.before(run)
    assert [(each.sample.host, each.at) for each in watch.asked] == [("orders", inside_cluster.GATEWAY)]
    assert not watch.blind
    proxy.going = True
    letting_go.after(run, watch)
    assert not proxy.serves()
    assert sum(slept) >= letting_go.QUIET_ROUNDS * letting_go.POLL_SECONDS


@pytest.mark.parametrize("live", [True, False])
def test_where_calls_from_within_cannot_be_asked_for_the_proxys_pause_is_given(
    live: bool, slept: list[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, own = inside_run(tmp_path, live=live)
    proxy = Proxy(own, at=inside_cluster.GATEWAY)
    monkeypatch.setattr(asking, "request", proxy.request)

    def refuse(*_: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(socket, "create_connection", refuse)
    watch = letting_go.before(run)
    letting_go.after(run, watch)
    assert (watch, slept) == (letting_go.Watch((), blind=True), [letting_go.SETTLE_SECONDS])
    assert proxy.asked == []


def test_a_proven_stack_without_hosts_that_answers_nothing_now_is_waited_for(
    slept: list[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, _ = inside_run(tmp_path)
    monkeypatch.setattr(asking, "request", lambda *_, **__: asking.Answer(None))
    monkeypatch.setattr(socket, "create_connection", lambda *_: io.BytesIO())
    letting_go.after(run, letting_go.before(run))
    assert slept == [letting_go.SETTLE_SECONDS]
