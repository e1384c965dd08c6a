"""The sample services: two repositories of their own, which hand the context on in the same way."""

import importlib.util
import shutil
from pathlib import Path
from typing import Any

import pytest

from config import helmfile_check, project

SHOP = Path(__file__).resolve().parents[3] / "examples" / "shop"


@pytest.fixture(scope="module")
def hop() -> Any:
    spec = importlib.util.spec_from_file_location("hop", SHOP / "storefront" / "app" / "hop.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("plain", "baggage", "sent"),
    [
        ("", "", {}),
        ("f1", "", {"uber-ctx-key": "f1", "baggage": "uber-ctx-key=f1"}),
        ("", "uber-ctx-key=f1", {"uber-ctx-key": "f1", "baggage": "uber-ctx-key=f1"}),
        ("", "user=7;p=1, uber-ctx-key = f1 ;q", {"uber-ctx-key": "f1", "baggage": "user=7;p=1,uber-ctx-key=f1"}),
        ("", "user=7", {"baggage": "user=7"}),
        ("f1", "uber-ctx-key=f2,user=7", {"uber-ctx-key": "f1", "baggage": "user=7,uber-ctx-key=f1"}),
        ("", "other-uber-ctx-key=f1", {"baggage": "other-uber-ctx-key=f1"}),
        ("a b,c", "", {"uber-ctx-key": "a b,c", "baggage": "uber-ctx-key=a%20b%2Cc"}),
    ],
)
def test_either_form_of_the_context_becomes_both(hop: Any, plain: str, baggage: str, sent: dict[str, str]) -> None:
    assert hop.context_headers(plain, baggage) == sent
    if plain:
        assert hop.from_baggage(sent["baggage"]) == plain


def test_their_configs_are_what_the_bot_reads(tmp_path: Path) -> None:
    storefront = project.parse((SHOP / "storefront" / ".devstack.yaml").read_bytes())
    assert storefront.services["storefront"].hosts == ("example.com",)
    assert (storefront.helmfile, storefront.deploy) == (None, "open")
    orders = project.parse((SHOP / "orders" / ".devstack.yaml").read_bytes())
    assert orders.services["orders"].hosts == ("example2.com",)
    assert (orders.helmfile, orders.deploy) == ("helmfile.yaml.gotmpl", "command")
    alone = shutil.copytree(SHOP / "orders", tmp_path / "orders")  # links become what they lead to
    assert helmfile_check.check(alone, "helmfile.yaml.gotmpl") == []
    for each in (storefront, orders):
        assert (each.base.deploy, each.base.namespace, each.ttl) == (True, "shop", 6 * 3600)


def test_the_library_chart_is_the_one_that_we_ship() -> None:
    ours, theirs = SHOP.parents[1] / "helm" / "devstack", SHOP / "orders" / "chart" / "charts" / "devstack"
    files = {path.relative_to(ours) for path in ours.rglob("*") if path.is_file()}
    assert files == {path.relative_to(theirs) for path in theirs.rglob("*") if path.is_file()}
    for file in files:
        assert (ours / file).read_bytes() == (theirs / file).read_bytes(), f"copy {file} again"


def test_both_services_hand_the_context_on_the_same_way() -> None:
    assert (SHOP / "storefront/app/hop.py").read_bytes() == (SHOP / "orders/app/hop.py").read_bytes()


@pytest.mark.parametrize("service", ["storefront", "orders"])
def test_a_sample_is_a_repository_of_its_own(service: str) -> None:
    root = SHOP / service
    assert {"Dockerfile", ".devstack.yaml", "app"} <= {path.name for path in root.iterdir()}
    assert (root / "Dockerfile").read_text().startswith("FROM python:3.11-slim-bookworm\n")
    assert not [path for path in root.rglob("*") if path.is_symlink()]
