"""Somebody else's chart, with the library as a dependency and two includes."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hooks import task
from tests.helm.conftest import CHARTS, ROOT, Rendered, Tools
from tests.helm.schemas import errors

pytestmark = pytest.mark.helm

FOLDER = ROOT / "examples" / "thirdparty"
RESOURCES = [
    {"kind": "s3", "name": "gadgets", "env": "GADGET_BUCKET"},
    {"kind": "sqs", "name": "gadgets", "env": "GADGET_QUEUE_URL"},
]
FEATURE: dict[str, Any] = {
    "devstack_label": "feature1",
    "devstack": {
        "stack": "acme-gadget-7",
        "provision": {"image": "devstack/hooks:1"},
        "resources": {"gadget": RESOURCES},
    },
}
Pick = Callable[[Rendered, str], dict[str, Any]]


@pytest.fixture
def chart(tools: Tools, tmp_path: Path) -> Path:
    """The converted chart, with its dependency as helm itself fetches it."""
    shutil.copytree(FOLDER, tmp_path / "examples" / "thirdparty")
    shutil.copytree(CHARTS, tmp_path / "helm")
    made = tmp_path / "examples" / "thirdparty" / "gadget"
    answer = tools.run("helm", "dependency", "build", made)
    assert answer.code == 0, answer.err
    return made


def test_it_is_given_what_it_lists(tools: Tools, one: Pick, chart: Path) -> None:
    rendered = tools.template(chart, FEATURE, release="gadget-feature1")
    assert errors(rendered) == []
    deployment = one(rendered, "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    assert container["envFrom"] == [
        {"configMapRef": {"name": deployment["metadata"]["name"]}},
        {"secretRef": {"name": "gadget-feature1-resources"}},
    ]
    assert container["resources"]["requests"] == {"cpu": "50m", "memory": "64Mi"}
    pods = [each for each in rendered if each["kind"] == "Pod"]
    assert [pod["spec"]["containers"][0]["args"] for pod in pods] == [["ensure"], ["remove"]]
    told = task.parse({each["name"]: each["value"] for each in pods[0]["spec"]["containers"][0]["env"]})
    assert told.service == "gadget"
    assert list(told.resources) == RESOURCES
    assert told.image == "ghcr.io/example/gadget:1.4.2"
    assert task.specs(told)


def test_the_base_is_rendered_as_before_it_was_converted(tools: Tools, chart: Path) -> None:
    """The change is that of the README, word for word: taken back, it gives the chart as it was."""
    diff = (FOLDER / "README.md").read_text().partition("```diff\n")[2].partition("```")[0]
    before = shutil.copytree(chart, chart.parent / "before")
    shutil.rmtree(before / "charts")
    (before / "Chart.lock").unlink()
    subprocess.run(["git", "apply", "--reverse", "-"], cwd=before, input=diff, text=True, check=True)
    assert not (before / "templates" / "provision.yaml").exists()
    was = tools.run("helm", "template", "gadget", before)
    now = tools.run("helm", "template", "gadget", chart)
    assert was.code == 0, was.err
    assert "kind: Deployment" in was.out
    # The line of the include is there, and empty.
    assert [line for line in now.out.splitlines() if line.strip()] == was.out.splitlines()


def test_a_value_of_another_name_can_be_handed(tools: Tools, chart: Path) -> None:
    include = chart / "templates" / "provision.yaml"
    include.write_text('{{ include "devstack.provision" (merge (dict "resources" .Values.needs) .) }}\n')
    handed = {"devstack_label": "feature1", "devstack": {"provision": {"image": "devstack/hooks:1"}}}
    rendered = tools.template(chart, {**handed, "needs": RESOURCES}, release="gadget-feature1")
    assert len([each for each in rendered if each["kind"] == "Pod"]) == 2
    none = tools.template(chart, {**handed, "needs": []}, release="gadget-feature1")
    assert "Pod" not in {each["kind"] for each in none}


def test_a_label_that_cannot_be_one_is_refused(tools: Tools, chart: Path) -> None:
    assert 'devstack_label "Feature_1"' in tools.refusal(chart, {**FEATURE, "devstack_label": "Feature_1"})


def test_helm_finds_nothing_to_complain_about(tools: Tools, chart: Path) -> None:
    tools.lint(chart, FEATURE)
