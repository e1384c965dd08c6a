"""Where calls by well-known names come in, and by which name a service is asked there."""

import io
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.pure.workers import inside_cluster
from tests.pure.workers.inside_cluster import GATEWAY, ROUTE, inside_route, world
from workers.pipeline import gateways, seen
from workers.pipeline.gateways import Gateways, Name

RPC = inside_route(9000, "inside-rpc", scheme="h2c")


@pytest.fixture
def open_places(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The addresses that take connections; the first is there from the beginning."""
    found = [GATEWAY]

    def connect(address: tuple[str, int], seconds: float) -> Any:
        if address not in found:
            raise TimeoutError
        return io.BytesIO()

    monkeypatch.setattr(socket, "create_connection", connect)
    return found


def looked(folder: Path, objects: list[dict[str, Any]], **given: Any) -> Gateways:
    made, _ = world(folder, *objects)
    return gateways.look(made, seen.look(made).base, **(given or {"wanted": [ROUTE]}))


def test_a_name_leads_to_the_address_of_the_service_in_front_of_the_proxy(tmp_path: Path, open_places: object) -> None:
    ways = looked(tmp_path, inside_cluster.base())
    (route,) = ways.routes
    assert ways.name(route, 8080, "/healthz") == Name("orders", "/healthz", GATEWAY)
    assert ways.by_entrypoint() == {"inside": GATEWAY}


def test_each_port_has_its_own_and_the_main_one_is_asked(tmp_path: Path, open_places: list[tuple[str, int]]) -> None:
    open_places.append((GATEWAY[0], 9000))
    ways = looked(tmp_path, inside_cluster.base(inside_route(), RPC), entrypoints=("inside", "inside-rpc"))
    assert ways.by_entrypoint() == {"inside": GATEWAY, "inside-rpc": (GATEWAY[0], 9000)}
    found = [ways.name(each, 8080, "") for each in ways.routes]
    assert found == [Name("orders", "/", GATEWAY), None]
    assert [found and found.why for found in (ways.name(each, 9000, "") for each in ways.routes)] == [
        None,
        "it speaks HTTP/2 without TLS, which verification does not",
    ]


def test_what_the_worker_cannot_reach_is_said(tmp_path: Path, open_places: list[tuple[str, int]]) -> None:
    open_places.clear()
    ways = looked(tmp_path, inside_cluster.base())
    found = ways.name(ways.routes[0], 8080, "")
    assert found == Name("orders", "/", None, "`traefik-inside.traefik.svc.cluster.local:80` is out of the bot's reach")
    assert ways.by_entrypoint() == {"inside": None}


def test_a_name_without_a_gateway_and_a_rule_that_asks_for_more(tmp_path: Path, open_places: object) -> None:
    objects = [each for each in inside_cluster.base() if each["metadata"]["name"] != "orders"]
    ways = looked(tmp_path, objects)
    found = ways.name(ways.routes[0], 8080, "")
    assert found == Name("orders", "/", None, "no Service of that name leads to Traefik")
    ways = looked(tmp_path, inside_cluster.base(inside_route(match="Host(`orders`) && Header(`x-tenant`, `7`)")))
    found = ways.name(ways.routes[0], 8080, "")
    assert found is not None
    assert found.why == "no plain request is sure to meet its rule"


def test_a_path_of_the_rule_is_asked_and_a_foreign_gateway_is_asked_by_name(
    tmp_path: Path, open_places: list[tuple[str, int]]
) -> None:
    objects = inside_cluster.base(inside_route(match="Host(`orders`) && PathPrefix(`/v2`)"))
    objects[0]["spec"]["externalName"] = "proxy.example.com"
    open_places.append(("proxy.example.com", 80))
    ways = looked(tmp_path, objects)
    assert ways.name(ways.routes[0], 8080, "/healthz") == Name("orders", "/v2", ("proxy.example.com", 80))


def test_the_cluster_is_not_asked_for_services_where_no_call_comes_in(tmp_path: Path) -> None:
    made, cluster = world(tmp_path, *inside_cluster.base())
    assert gateways.look(made, seen.look(made).base, entrypoints=["web"]).routes == ()
    assert not [each for each in cluster.requests if each.endswith("services")]
