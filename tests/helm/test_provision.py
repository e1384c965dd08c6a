"""The hooks that make what a feature needs: what of them is rendered, when, and what they are told."""

from typing import Any

import pytest

from hooks import task
from model import names
from tests.helm.conftest import Tools
from tests.helm.hooked import (
    FULL,
    HANDED,
    IMAGE,
    QUEUE,
    RELEASE,
    VALUES,
    VARIANTS,
    hooks,
    pod_of,
    running,
    template,
    told,
)
from tests.helm.resources import EVERYTHING
from tests.helm.schemas import errors

pytestmark = pytest.mark.helm


@pytest.mark.parametrize("values", VARIANTS.values(), ids=VARIANTS.keys())
def test_every_variant_is_what_the_api_servers_take(tools: Tools, values: dict[str, Any]) -> None:
    rendered = template(tools, values)
    assert errors(rendered) == []
    assert hooks(rendered)


@pytest.mark.parametrize(
    "changed",
    [{"devstack_label": ""}, {"resources": []}, {"devstack_label": "", "provision": {}}],
    ids=["base", "no resources", "base without hooks"],
)
def test_nothing_is_rendered_where_nothing_is_to_be_made(tools: Tools, changed: dict[str, Any]) -> None:
    rendered = template(tools, VALUES | changed)
    assert hooks(rendered) == []
    (deployment,) = [each for each in rendered if each["kind"] == "Deployment"]
    assert "envFrom" not in deployment["spec"]["template"]["spec"]["containers"][0]


def test_what_a_hook_needs_is_there_before_it_and_goes_with_it(tools: Tools) -> None:
    made = [
        (
            each["kind"],
            each["metadata"]["name"],
            each["metadata"]["annotations"]["helm.sh/hook"],
            int(each["metadata"]["annotations"]["helm.sh/hook-weight"]),
        )
        for each in hooks(template(tools, FULL | {"resources": [QUEUE]}))
    ]
    name = names.provision(RELEASE)
    always, before = "pre-install,pre-upgrade,post-delete", "pre-install,pre-upgrade"
    assert sorted(made, key=lambda each: (each[3], each[2])) == [
        ("ServiceAccount", name, always, -10),
        ("Role", name, always, -9),
        ("RoleBinding", name, always, -8),
        ("ConfigMap", name, always, -5),
        ("Pod", name, "post-delete", 0),
        ("Pod", name, before, 0),
    ]


@pytest.mark.parametrize("values", VARIANTS.values(), ids=VARIANTS.keys())
def test_hooks_leave_nothing_and_say_whose_they_are(tools: Tools, values: dict[str, Any]) -> None:
    for each in hooks(template(tools, values)):
        annotations, labels = each["metadata"]["annotations"], each["metadata"]["labels"]
        assert annotations["helm.sh/hook-delete-policy"] == "before-hook-creation,hook-succeeded"
        assert labels == {
            "devstack.dev/hook": RELEASE,
            "devstack.dev/service": "orders",
            "devstack.dev/stack": "acme-orders-12345-7",
            "devstack.dev/label": "feature1",
        }


def test_a_hook_makes_before_the_pods_start_and_removes_after_they_are_gone(tools: Tools) -> None:
    rendered = template(tools, FULL)
    for event, does in (("pre-install", "ensure"), ("pre-upgrade", "ensure"), ("post-delete", "remove")):
        assert pod_of(running(rendered, event))["containers"][0]["args"] == [does]
    assert told(rendered, "pre-install") == told(rendered, "post-delete")


def test_the_task_is_what_the_hooks_read(tools: Tools) -> None:
    found = told(template(tools, FULL))
    assert found.scope == task.Scope("acme-orders-12345-7", "feature1", "orders", RELEASE, "stack-7")
    assert list(found.resources) == EVERYTHING
    assert found.image == IMAGE
    assert found.image_pull_secrets == ("of-the-hooks", "of-the-service")
    assert (found.deadline_seconds, found.parallel, found.keep_ledger, found.hook) == (100, 2, True, "pod")
    plain = told(template(tools, VALUES))
    assert (plain.deadline_seconds, plain.parallel) == (240, 4)
    assert task.specs(plain)


def test_what_the_bot_hands_is_taken_and_the_charts_own_goes_before(tools: Tools) -> None:
    rendered = template(tools, HANDED)
    found = told(rendered)
    assert list(found.resources) == [QUEUE]
    assert (found.deadline_seconds, found.stack, found.keep_ledger) == (270, "acme-orders-12345-7", True)
    assert found.image_pull_secrets == ("devstack-registry-feature1",)
    pod = pod_of(running(rendered, "pre-install"))
    assert pod["imagePullSecrets"] == [{"name": "devstack-registry-feature1"}]
    assert pod["containers"][0]["envFrom"] == HANDED["devstack"]["provision"]["envFrom"]
    own = told(template(tools, {**HANDED, "provision": {"deadlineSeconds": 60, "hook": "job"}}))
    assert (own.deadline_seconds, own.hook) == (60, "job")


def test_without_a_bot_the_release_owns_and_keeps_no_record(tools: Tools) -> None:
    rendered = template(tools, {**VALUES, "stack": ""})
    found = told(rendered)
    assert (found.stack, found.keep_ledger) == ("stack-7-orders-feature1", False)
    assert hooks(rendered)[0]["metadata"]["labels"]["devstack.dev/stack"] == "stack-7-orders-feature1"


@pytest.mark.parametrize("namespace", ["n" * 63, "stack-7"])
@pytest.mark.parametrize("release", ["r" * 53, "orders.v2"])
def test_long_names_are_shortened_as_the_hooks_do(tools: Tools, namespace: str, release: str) -> None:
    rendered = template(tools, {**VALUES, "stack": ""}, release=release, namespace=namespace)
    scope = told(rendered).scope
    assert scope.stack == f"{namespace}-{release}"
    for each in hooks(rendered):
        assert scope.labels.items() <= each["metadata"]["labels"].items()
        assert len(each["metadata"]["name"]) <= names.DNS_LABEL_MAX


def test_pods_take_what_was_made_from_the_secret_of_the_release(tools: Tools) -> None:
    (deployment,) = [each for each in template(tools, VALUES) if each["kind"] == "Deployment"]
    assert deployment["spec"]["template"]["spec"]["containers"][0]["envFrom"] == [
        {"secretRef": {"name": names.resources_secret(RELEASE)}}
    ]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"provision": {}}, "resources of the service orders: no image is known that makes them"),
        ({"provision": {"image": "x", "hook": "cronjob"}}, "/provision/hook"),
        ({"provision": {"image": "x", "imagee": "y"}}, "imagee"),
        ({"provision": {"image": "x", "deadlineSeconds": 1}}, "deadlineSeconds"),
        ({"provision": {"image": "x", "files": {"a/b": "aa"}}}, "a/b"),
        ({"provision": {"image": "x", "files": {"a": "not base64!"}}}, "/provision/files/a"),
        ({"provision": {"image": "x", "files": {"a": "A" * 500_000}}}, "more than 300 KiB"),
        ({"resources": [{"kind": "job", "name": "x", "args": ["a" * 8000] * 13}]}, "more than 100,000 characters"),
    ],
    ids=["no image", "hook", "key", "deadline", "file name", "no base64", "files too big", "task too big"],
)
def test_values_that_cannot_be_meant_are_refused_by_name(tools: Tools, changed: dict[str, Any], said: str) -> None:
    assert said in tools.refusal("service", VALUES | changed)
