"""What every helmfile is given."""

import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from config.project import parse
from config.settings import Settings
from model.stack import Role, Spec, Stack
from workers.cluster import dialect
from workers.faults import UserFault
from workers.pipeline import routing, values
from workers.pipeline.run import Run
from workers.world import World

if TYPE_CHECKING:
    from workers.lease import Held
    from workers.narrator import Narrator

CONFIG = "services: {web: {hosts: [example.com]}}\n"


def run_of(config: str, settings: dict[str, Any] | None = None, **spec: Any) -> Run:
    """A run that has read this config."""
    wanted = Spec("acme/shop", 7, "0" * 40, spec.pop("label", "feature1"), **spec)
    given = Settings(**{"ttl_default": 6 * 3600, "ttl_max": 72 * 3600, **(settings or {})})
    held, narrator = cast("Held", threading.Event()), cast("Narrator", SimpleNamespace())
    return Run(World(given), Stack("acme-shop-7", wanted), "1", held, narrator, Path(), project=parse(config))


@pytest.mark.parametrize(
    ("config", "wish", "settings", "expected"),
    [
        ("", None, {}, "6h"),
        ("ttl: 90m\n", None, {}, "90m"),
        ("ttl: 90m\n", 7200, {}, "2h"),
        ("ttl: 30d\n", None, {}, "3d"),  # the operator's cap
        ("", 10**7, {"ttl_max": 36_000}, "10h"),
    ],
)
def test_the_lifetime_is_a_duration_within_the_cap(
    config: str, wish: int | None, settings: dict[str, Any], expected: str
) -> None:
    run = run_of(CONFIG + config, settings, ttl=wish)
    values.act(run)
    assert run.values["ttl"] == expected


@pytest.mark.parametrize(
    ("line", "settings", "header"),
    [
        ("", {}, "uber-ctx-key"),
        ("header: Uber-Ctx-Key\n", {}, "Uber-Ctx-Key"),
        ("header: x-acme-ctx\n", {"context_headers": "x-shop-ctx, X-Acme-Ctx"}, "x-acme-ctx"),
    ],
)
def test_a_repository_has_the_header_that_the_operator_allows(line: str, settings: dict[str, Any], header: str) -> None:
    run = run_of(CONFIG + line, settings)
    values.act(run)
    assert run.values["context_header"] == header


def test_a_pull_request_cannot_choose_a_header_by_itself() -> None:
    with pytest.raises(UserFault, match=r"`header: x-everybody`.*`uber-ctx-key`") as refused:
        values.act(run_of(CONFIG + "header: x-everybody\n"))
    assert "DEVSTACK_CONTEXT_HEADERS" in refused.value.remedy


def test_without_definitions_the_first_deploy_names_them() -> None:
    run = run_of(CONFIG)
    run.chosen = ("web",)
    values.act(run)
    run.world._dialect, run.world._looked = dialect.decide({}), time.monotonic()
    with pytest.raises(UserFault, match=r"`ingressroutes\.traefik\.io`"):
        routing.prepare(run, "rev", ["web"])


def test_the_base_application_has_no_lifetime_and_no_preview() -> None:
    run = run_of(CONFIG + "base: {namespace: shop}\n", label="", role=Role.BASE)
    run.chosen = ("web",)
    values.act(run)
    assert (run.values["ttl"], run.values["preview_hosts"], run.values["namespace"]) == ("", [], "shop")


def test_a_base_application_without_a_namespace_is_told() -> None:
    with pytest.raises(UserFault, match="does not say where the base application lives"):
        values.act(run_of(CONFIG, label="", role=Role.BASE))


def test_pods_are_given_a_password_only_where_there_is_one(tmp_path: Path) -> None:
    auth = tmp_path / "config.json"
    for host, expected in (("r.example.com", "devstack-registry-feature1"), ("other.example.com", "")):
        auth.write_text(f'{{"auths": {{"{host}": {{"auth": "YTpi"}}}}}}')
        run = run_of(CONFIG, {"registry": "r.example.com", "registry_auth_file": auth})
        values.act(run)
        assert run.values["devstack"]["pull_secret"] == expected
