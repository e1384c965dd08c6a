"""The API group and the rule language, told by what the cluster serves."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from config.settings import Settings
from tests.pure.workers.kubernetes import KUBECONFIG, Response, good, refused
from workers.cluster.dialect import NEW, OLD, Dialect, decide, of
from workers.faults import UserFault
from workers.world import World


def described(group: str, *fields: str, kind: str = "IngressRoute") -> dict[str, Any]:
    """A group's OpenAPI document with the fields of a rule."""
    rule = {"properties": {name: {"type": "string"} for name in ("match", "kind", *fields)}}
    routes = {"properties": {"routes": {"items": rule}}}
    schema = {
        "properties": {"spec": routes},
        "x-kubernetes-group-version-kind": [{"group": group, "version": "v1alpha1", "kind": kind}],
    }
    return {"components": {"schemas": {f"io.{kind}": schema, "io.k8s.Thing": {"type": "object"}}}}


THREE = {NEW: described(NEW, "syntax")}
ELEVEN = {NEW: described(NEW), OLD: described(OLD)}
NINE = {OLD: described(OLD)}
UPGRADED = {**THREE, OLD: described(OLD)}


@pytest.mark.parametrize(
    ("served", "told", "said"),
    [
        (THREE, ("", ""), Dialect(NEW, "v3", (NEW,))),
        (ELEVEN, ("", ""), Dialect(NEW, "v2", (NEW, OLD))),
        (NINE, ("", ""), Dialect(OLD, "v2", (OLD,))),
        (UPGRADED, ("", ""), Dialect(NEW, "v3", (NEW,))),
        (ELEVEN, (OLD, ""), Dialect(OLD, "v2", (OLD,))),
        (ELEVEN, (NEW, ""), Dialect(NEW, "v2", (NEW,))),
        (THREE, ("", "v2"), Dialect(NEW, "v2", (NEW,))),
        (UPGRADED, ("", "v2"), Dialect(NEW, "v2", (NEW, OLD))),
        (ELEVEN, ("", "v3"), Dialect(NEW, "v3", (NEW,))),
        ({}, ("", ""), Dialect(NEW, "v3", (NEW,), served=False)),
        ({}, (OLD, ""), Dialect(OLD, "v2", (OLD,), served=False)),
        (THREE, (OLD, ""), Dialect(OLD, "v2", (OLD,), served=False)),
        ({NEW: described(NEW, kind="Gateway")}, ("", ""), Dialect(NEW, "v3", (NEW,), served=False)),
    ],
)
def test_what_is_decided(served: dict[str, Any], told: tuple[str, str], said: Dialect) -> None:
    assert decide(served, *told) == said


def test_without_definitions_no_route_is_made_and_the_missing_one_is_named() -> None:
    with pytest.raises(UserFault, match=r"`ingressroutes\.traefik\.io`"):
        decide({}).check()
    with pytest.raises(UserFault, match=r"`ingressroutes\.traefik\.containo\.us`"):
        decide(THREE, OLD).check()
    decide(THREE).check()


class ServedCluster:
    """Stands in for urllib3's pool manager: an API server that describes some groups, and can do nothing else."""

    def __init__(self) -> None:
        self.served: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []

    def request(self, method: str, url: str, **_: object) -> Response:
        self.asked.append(urlsplit(url).path)
        group = urlsplit(url).path.removeprefix("/openapi/v3/apis/").removesuffix("/v1alpha1")
        if group not in self.served:
            return refused(404, "not found")
        return good(self.served[group]) if self.served[group] else Response(200, b"")


@pytest.fixture
def served() -> ServedCluster:
    return ServedCluster()


@pytest.fixture
def world(tmp_path: Path, served: ServedCluster) -> World:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(KUBECONFIG)
    made = World(Settings(kubeconfig=str(kubeconfig)))
    made.cluster._api.rest_client.pool_manager = served
    return made


def test_a_worker_looks_once(world: World, served: ServedCluster) -> None:
    served.served = dict(ELEVEN)
    assert world.dialect == world.dialect == Dialect(NEW, "v2", (NEW, OLD))
    assert len(served.asked) == 2


def test_definitions_that_are_installed_later_are_found(
    world: World, served: ServedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not world.dialect.served
    served.served = dict(NINE)
    assert not world.dialect.served  # not asked on each call
    assert len(served.asked) == 2
    monkeypatch.setattr("workers.world.DEFINITIONS_SECONDS", -1.0)
    assert world.dialect == Dialect(OLD, "v2", (OLD,))


def test_an_upgrade_of_the_proxy_is_seen_and_its_routes_are_written_anew(
    world: World, served: ServedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.served = dict(ELEVEN)
    assert world.dialect == Dialect(NEW, "v2", (NEW, OLD))
    world.followed = "all in order"
    monkeypatch.setattr("workers.world.DIALECT_SECONDS", -1.0)
    assert world.dialect.syntax == "v2"
    assert world.followed
    served.served = dict(UPGRADED)
    assert world.dialect == Dialect(NEW, "v3", (NEW,))
    assert not world.followed


def test_a_group_whose_definitions_were_just_removed_is_not_served(world: World, served: ServedCluster) -> None:
    served.served = {**THREE, OLD: {}}  # 200 with an empty body, as the API server answers then
    assert world.dialect == Dialect(NEW, "v3", (NEW,))


def test_what_is_told_is_not_looked_up(world: World, served: ServedCluster) -> None:
    assert of(world.cluster, OLD, "v2") == Dialect(OLD, "v2", (OLD,))
    assert served.asked == []


def test_routes_can_be_removed_without_definitions(world: World) -> None:
    assert world.routes.remove("a-stack") == 0
    assert world.routes.left("a-stack") == 0
