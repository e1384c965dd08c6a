"""The sample that brings its own helmfile, written to the ancestor's convention: a label and a lifetime."""

from collections.abc import Callable
from typing import Any

import pytest

from hooks import task
from tests.helm.conftest import ROOT, Rendered, Tools
from tests.helm.schemas import errors

pytestmark = pytest.mark.helm

FILE = ROOT / "examples" / "shop" / "orders" / "helmfile.yaml.gotmpl"
REF = "registry:5000/acme/orders/orders@sha256:" + "cd" * 32
HANDED: dict[str, Any] = {
    "devstack_label": "feature1",
    "ttl": "21600",
    "namespace": "devstack-acme-orders-3",
    "context_header": "x-context",
    "preview_hosts": ["feature1.example2.com"],
    "images": {
        "orders": {"repository": REF.partition("@")[0], "tag": "content-9", "digest": REF.partition("@")[2], "ref": REF}
    },
    "devstack": {
        "stack": "acme-orders-3",
        "repository": "acme/orders",
        "commits": {"orders": "abcdef0"},
        "pull_secret": "pull",
        "provision": {"image": "devstack/hooks:1", "envFrom": [{"secretRef": {"name": "providers"}}]},
    },
}
HOOKS = {"ServiceAccount", "Role", "RoleBinding", "Pod"}
Pick = Callable[[Rendered, str], dict[str, Any]]


@pytest.mark.parametrize(
    "state", [HANDED, {}, {"devstack_label": "", "ttl": "", "namespace": "shop"}], ids=["bot", "nobody", "base"]
)
def test_every_variant_is_what_the_api_servers_take(tools: Tools, state: dict[str, Any]) -> None:
    rendered = tools.helmfile(FILE, state)
    assert {each["kind"] for each in rendered} >= {"Deployment", "Service"}
    assert errors(rendered) == []


def deployments(rendered: Rendered) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in rendered if each["kind"] == "Deployment"}


def containers(rendered: Rendered) -> list[dict[str, Any]]:
    return [each["spec"]["template"]["spec"]["containers"][0] for each in deployments(rendered).values()]


def test_a_feature_is_told_what_it_is_and_brings_no_route(tools: Tools) -> None:
    rendered = tools.helmfile(FILE, HANDED)
    assert {each["kind"] for each in rendered} == {"Deployment", "Service"} | HOOKS
    assert set(deployments(rendered)) == {"orders-feature1", "orders-feature1-worker"}
    for container in containers(rendered):
        assert container["image"] == REF
        assert {each["name"]: each["value"] for each in container["env"]} == {
            "DEVSTACK_LABEL": "feature1",
            "DEVSTACK_COMMIT": "abcdef0",
            "DEVSTACK_VERSION": "content-9",
            "DEVSTACK_CONTEXT_HEADER": "x-context",
        }


def test_a_feature_is_given_a_queue_a_topic_and_a_database_of_its_own(tools: Tools) -> None:
    rendered = tools.helmfile(FILE, HANDED)
    ensure, remove = [each for each in rendered if each["kind"] == "Pod"]
    assert [each["spec"]["containers"][0]["args"] for each in (ensure, remove)] == [["ensure"], ["remove"]]
    (container,) = ensure["spec"]["containers"]
    told = task.parse({each["name"]: each["value"] for each in container["env"]})
    assert {"sqs", "sns", "postgres"} <= {each["kind"] for each in told.resources}
    assert len(task.specs(told)) == len(told.resources)
    assert (told.service, told.stack, told.image, told.image_pull_secrets) == ("orders", "acme-orders-3", REF, ("pull",))
    for each in containers(rendered):
        assert each["envFrom"][-1] == {"secretRef": {"name": "orders-feature1-resources"}}


def test_the_base_makes_nothing_and_uses_what_it_has(tools: Tools) -> None:
    rendered = tools.helmfile(FILE, {})
    assert not HOOKS & {each["kind"] for each in rendered}
    for each in containers(rendered):
        assert "orders-resources" not in {source["secretRef"]["name"] for source in each["envFrom"]}


def test_the_base_brings_its_route(tools: Tools, one: Pick) -> None:
    route = one(tools.helmfile(FILE, {}), "IngressRoute")
    assert route["spec"]["routes"][0]["match"] == "Host(`example2.com`)"


def test_a_longer_life_restarts_nothing(tools: Tools) -> None:
    now, later = (deployments(tools.helmfile(FILE, state)) for state in (HANDED, {**HANDED, "ttl": "43200"}))
    assert now.keys() == later.keys()
    for name in now:
        assert now[name]["spec"]["template"] == later[name]["spec"]["template"]


def test_the_ready_made_chart_works_from_a_helmfile_too(tools: Tools, one: Pick, tmp_path: Any) -> None:
    values = tools.values({"service": "storefront", "images": {"storefront": {"ref": REF}}})
    release = {
        "name": "storefront-f",
        "chart": str(ROOT / "helm" / "service"),
        "namespace": "x",
        "values": [str(values)],
        "skipDeps": True,
    }
    file = tools.values({"releases": [release]})
    rendered = tools.helmfile(file, {})
    assert errors(rendered) == []
    assert one(rendered, "Service")["metadata"]["name"] == "storefront-f"
