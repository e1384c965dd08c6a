"""`needs`: the order in which helmfile deploys what the bot wrote for it, and what becomes of a part of the services."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import yaml

from model.stack import Service
from tests.helm.conftest import Tools
from tests.pure.workers.kubernetes import KUBECONFIG
from tests.pure.workers.test_values import run_of
from workers.pipeline import chart, values

pytestmark = pytest.mark.helm

CONFIG = "services: {web: {needs: [orders]}, orders: {needs: [db]}, db: {}}\n"


def written(folder: Path, *chosen: str, left_out: tuple[str, ...] = ()) -> Path:
    """The helmfile that the bot writes for these services."""
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(KUBECONFIG)
    settings = {"kubeconfig": str(kubeconfig), "traefik_api_group": "traefik.io", "traefik_syntax": "v3"}
    run = dataclasses.replace(run_of(CONFIG, settings), workdir=folder, chosen=chosen)
    for name in chosen:
        digest = "sha256:" + "ab" * 32
        run.services[name] = Service(
            name, f"registry.example.com/{name}@{digest}", digest, "abcdef0", "pending", content="c"
        )
    values.act(run)
    helmfile, _ = chart.written(run, left_out)
    return helmfile


def built(tools: Tools, helmfile: Path) -> dict[str, Any]:
    """What helmfile makes of it, by release."""
    answer = tools.run("helmfile", "--file", helmfile, "build", cwd=helmfile.parent)
    assert answer.code == 0, answer.err
    (state,) = [each for each in yaml.safe_load_all(answer.out) if each and "releases" in each]
    return {each["name"]: each for each in state["releases"]}


def order(tools: Tools, helmfile: Path) -> list[str]:
    """The releases in the order in which helmfile takes them up."""
    answer = tools.run(
        "helmfile", "--file", helmfile, "--concurrency", "1", "template", "--skip-deps", cwd=helmfile.parent
    )
    assert answer.code == 0, answer.err
    said = [line for line in answer.err.splitlines() if line.startswith("Templating release=")]
    return [line.partition("=")[2].partition(",")[0] for line in said]


def test_what_is_needed_is_deployed_first(tools: Tools, tmp_path: Path) -> None:
    helmfile = written(tmp_path, "web", "orders", "db")
    namespace = "devstack-acme-shop-7"
    assert {name: each.get("needs", []) for name, each in built(tools, helmfile).items()} == {
        "web-feature1": [f"{namespace}/orders-feature1"],
        "orders-feature1": [f"{namespace}/db-feature1"],
        "db-feature1": [],
    }
    assert order(tools, helmfile) == ["db-feature1", "orders-feature1", "web-feature1"]


@pytest.mark.parametrize(
    ("chosen", "left_out", "expected"),
    [
        (("web",), (), ["web-feature1"]),
        (("web", "db"), (), ["db-feature1", "web-feature1"]),
        (("web", "orders", "db"), ("orders-feature1",), ["db-feature1", "web-feature1"]),  # orders is unchanged
        (("web", "orders", "db"), ("orders-feature1", "db-feature1"), ["web-feature1"]),
    ],
)
def test_a_part_is_deployed_without_the_rest(
    tools: Tools, tmp_path: Path, chosen: tuple[str, ...], left_out: tuple[str, ...], expected: list[str]
) -> None:
    assert order(tools, written(tmp_path, *chosen, left_out=left_out)) == expected


OWN = """\
releases:
  - name: web
    namespace: n
    chart: ./app
    needs: [orders]
  - name: orders
    namespace: n
    chart: ./app
    installed: {{ hasKey .Values.images "orders" }}
"""


@pytest.mark.parametrize(("images", "expected"), [("web", ["web"]), ("web orders", ["orders", "web"])])
def test_a_helmfile_of_ones_own_may_need_what_is_not_installed(
    tools: Tools, tmp_path: Path, images: str, expected: list[str]
) -> None:
    """As the docs advise."""
    (tmp_path / "app" / "templates").mkdir(parents=True)
    (tmp_path / "app" / "Chart.yaml").write_text("apiVersion: v2\nname: app\nversion: 0.1.0\n")
    (tmp_path / "values.yaml").write_text(yaml.safe_dump({"images": {name: {"ref": "x"} for name in images.split()}}))
    (tmp_path / "helmfile.yaml.gotmpl").write_text(OWN)
    more: list[str | Path] = [
        "--file",
        tmp_path / "helmfile.yaml.gotmpl",
        "--state-values-file",
        tmp_path / "values.yaml",
    ]
    answer = tools.run("helmfile", *more, "--concurrency", "1", "template", cwd=tmp_path)
    assert answer.code == 0, answer.err
    said = [line for line in answer.err.splitlines() if line.startswith("Templating release=")]
    assert [line.partition("=")[2].partition(",")[0] for line in said] == expected
