"""The ready-made chart: what it renders for the base and for features, and what it does not accept."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from model.routing.context import condition
from tests.helm.conftest import Rendered, Tools
from tests.helm.schemas import errors

pytestmark = pytest.mark.helm

DIGEST = "sha256:" + "ab" * 32
REF = f"registry:5000/acme/shop/storefront@{DIGEST}"
Pick = Callable[[Rendered, str], dict[str, Any]]

# As the worker writes them.
FEATURE: dict[str, Any] = {
    "devstack_label": "feature1",
    "context_header": "uber-ctx-key",
    "images": {"storefront": {"repository": REF.partition("@")[0], "tag": "content-1", "digest": DIGEST, "ref": REF}},
    "service": "storefront",
    "fullnameOverride": "storefront-feature1",
    "port": 8080,
    "health": "/healthz",
    "hosts": ["example.com"],
    "env": {"ORDERS_URL": "http://example2.com", "DEBUG": True, "WORKERS": 3},
    "commit": "0123456789abcdef0123456789abcdef01234567",
    "stack": "acme-storefront-12345-7",
    "traefik": {"apiVersion": "traefik.io/v1alpha1", "entryPoints": ["web"]},
    "imagePullSecrets": [{"name": "devstack-registry-feature1"}],
}
BASE = {**FEATURE, "devstack_label": "", "fullnameOverride": "storefront", "imagePullSecrets": []}
VARIANTS: dict[str, dict[str, Any]] = {
    "feature": FEATURE,
    "base": BASE,
    "least": {"images": {"shop": {"ref": "a/b:1"}}},
    "no bot": {**FEATURE, "routes": "all", "stack": ""},
    "old Traefik": {**FEATURE, "routes": "all", "traefik": {"apiVersion": "traefik.containo.us/v1alpha1"}},
    "everything": {
        **BASE,
        "hosts": ["example.com", "www.example.com"],
        "health": "",
        "replicas": 3,
        "command": ["serve"],
        "args": ["--fast"],
        "envFrom": [{"secretRef": {"name": "more"}}],
        "serviceAccount": {"create": True, "annotations": {"a": "b"}},
        "podAnnotations": {"c": "d"},
        "runAsNonRoot": True,
        "drainSeconds": 3,
        "traefik": {"entryPoints": ["websecure"], "tls": {"certResolver": "le"}},
        "ttl": "6h",
        "namespace": "shop",
        "preview_hosts": ["feature1.example.com"],
        "devstack": {"stack": "x"},
        "podResources": {"limits": {"memory": "1Gi"}},
    },
    "consumer": {**BASE, "port": 0, "health": None, "hosts": [], "command": ["./worker"]},
    "resources": {
        **FEATURE,
        "envFrom": [{"secretRef": {"name": "more", "optional": True}}],
        "resources": [{"kind": "sqs", "name": "orders", "env": "ORDERS_QUEUE_URL"}],
        "resourceEnv": ["ORDERS_QUEUE_URL"],
        "provision": {"image": "devstack/hooks:1"},
    },
}


@pytest.mark.parametrize("values", VARIANTS.values(), ids=VARIANTS.keys())
def test_every_variant_is_what_the_api_servers_take(tools: Tools, values: dict[str, Any]) -> None:
    assert errors(tools.template("service", values)) == []


def test_helm_finds_nothing_to_complain_about(tools: Tools) -> None:
    tools.lint("service", FEATURE)


def test_a_feature_runs_the_pinned_image_and_knows_itself_by_values(tools: Tools, one: Pick) -> None:
    deployment = one(tools.template("service", FEATURE), "Deployment")
    pod = deployment["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["image"] == REF
    assert {each["name"]: each["value"] for each in container["env"]} == {
        "DEVSTACK_LABEL": "feature1",
        "DEVSTACK_COMMIT": FEATURE["commit"],
        "DEVSTACK_VERSION": "content-1",
        "DEVSTACK_CONTEXT_HEADER": "uber-ctx-key",
        "ORDERS_URL": "http://example2.com",
        "DEBUG": "true",
        "WORKERS": "3",
    }
    assert pod["imagePullSecrets"] == [{"name": "devstack-registry-feature1"}]
    assert container["readinessProbe"] == {
        "httpGet": {"path": "/healthz", "port": "http"},
        "periodSeconds": 1,
        "timeoutSeconds": 2,
        "failureThreshold": 3,
    }
    assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


def test_a_pod_gets_no_more_than_it_needs(tools: Tools, one: Pick) -> None:
    pod = one(tools.template("service", FEATURE), "Deployment")["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    assert pod["securityContext"] == {"seccompProfile": {"type": "RuntimeDefault"}}
    assert pod["containers"][0]["securityContext"]["allowPrivilegeEscalation"] is False


@pytest.mark.parametrize("port", [0, None])
def test_what_takes_no_requests_has_no_port_no_service_and_no_probe(tools: Tools, one: Pick, port: int | None) -> None:
    rendered = tools.template("service", {**FEATURE, "port": port, "health": None, "hosts": [], "drainSeconds": 3})
    assert {each["kind"] for each in rendered} == {"Deployment"}
    assert errors(rendered) == []
    (container,) = one(rendered, "Deployment")["spec"]["template"]["spec"]["containers"]
    assert not {"ports", "readinessProbe", "livenessProbe", "lifecycle"} & container.keys()


def test_a_features_own_resources_win_over_what_the_base_is_told(tools: Tools, one: Pick) -> None:
    values = {**VARIANTS["resources"], "env": {"ORDERS_QUEUE_URL": "http://base", "MODE": "x"}}
    (container,) = one(tools.template("service", values), "Deployment")["spec"]["template"]["spec"]["containers"]
    assert container["envFrom"] == [
        {"secretRef": {"name": "more", "optional": True}},
        {"secretRef": {"name": "shop-resources"}},
    ]
    names = [each["name"] for each in container["env"]]
    assert "MODE" in names
    assert "ORDERS_QUEUE_URL" not in names


@pytest.mark.parametrize("changed", [{"devstack_label": ""}, {"resources": []}], ids=["base", "not listed"])
def test_who_has_no_resource_of_its_own_uses_the_bases(tools: Tools, one: Pick, changed: dict[str, Any]) -> None:
    values = {**VARIANTS["resources"], "env": {"ORDERS_QUEUE_URL": "http://base"}, **changed}
    (container,) = one(tools.template("service", values), "Deployment")["spec"]["template"]["spec"]["containers"]
    assert {"name": "ORDERS_QUEUE_URL", "value": "http://base"} in container["env"]
    assert container["envFrom"] == [{"secretRef": {"name": "more", "optional": True}}]


def test_what_belongs_to_a_stack_is_marked(tools: Tools) -> None:
    rendered = tools.template("service", FEATURE)
    assert {each["kind"] for each in rendered} == {"Deployment", "Service"}
    for each in rendered:
        labels = each["metadata"]["labels"]
        assert labels["devstack.dev/stack"] == "acme-storefront-12345-7"
        assert labels["devstack.dev/label"] == "feature1"
        assert labels["devstack.dev/service"] == "storefront"
        assert each["metadata"]["name"] == "storefront-feature1"


def test_the_service_finds_its_pods_and_leads_to_their_port(tools: Tools, one: Pick) -> None:
    rendered = tools.template("service", FEATURE)
    service, deployment = one(rendered, "Service"), one(rendered, "Deployment")
    assert service["spec"]["selector"].items() <= deployment["spec"]["template"]["metadata"]["labels"].items()
    assert service["spec"]["ports"] == [{"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}]


def test_the_base_brings_its_route_and_a_feature_leaves_routes_to_the_bot(tools: Tools, one: Pick) -> None:
    route = one(tools.template("service", BASE), "IngressRoute")
    assert route["spec"]["routes"] == [
        {"kind": "Rule", "match": "Host(`example.com`)", "services": [{"name": "storefront", "port": 80}]}
    ]
    assert "devstack.dev/label" not in route["metadata"]["labels"]
    assert not [each for each in tools.template("service", FEATURE) if each["kind"] == "IngressRoute"]
    assert not [each for each in tools.template("service", {**BASE, "routes": "none"}) if each["kind"] == "IngressRoute"]


def test_without_a_bot_a_features_rule_stands_just_above_its_base_rule(tools: Tools, one: Pick) -> None:
    rendered = tools.template("service", {**FEATURE, "routes": "all"})
    by_header, by_preview = one(rendered, "IngressRoute")["spec"]["routes"]
    assert by_header["match"] == f"{condition('uber-ctx-key', 'feature1')} && Host(`example.com`)"
    assert len("Host(`example.com`)") < by_header["priority"] < len("Host(`example.com`) && Path(`/a`)")
    assert by_preview["match"] == "Host(`feature1.example.com`)"
    middleware = one(rendered, "Middleware")
    assert by_preview["middlewares"] == [{"name": middleware["metadata"]["name"]}]
    assert middleware["spec"]["headers"]["customRequestHeaders"] == {
        "uber-ctx-key": "feature1",
        "baggage": "uber-ctx-key=feature1",
    }
    old = one(tools.template("service", VARIANTS["old Traefik"]), "IngressRoute")
    assert "Headers(`uber-ctx-key`, `feature1`)" in old["spec"]["routes"][0]["match"]


@pytest.mark.parametrize(
    "changed",
    [
        {"ttl": "12h"},
        {"namespace": "elsewhere"},
        {"preview_hosts": ["feature1.example.com"]},
        {"hosts": ["other.example.com"]},
        {"devstack": {"stack": "another", "commits": {"storefront": "ffffffff", "orders": "eeeeeeee"}}},
        {"traefik": {"entryPoints": ["websecure"]}},
        {"replicas": 2},
        {"provision": {"image": "devstack/hooks:2", "deadlineSeconds": 60}},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_what_does_not_concern_the_pods_does_not_restart_them(tools: Tools, one: Pick, changed: dict[str, Any]) -> None:
    for values in (FEATURE, BASE, VARIANTS["resources"]):
        before = one(tools.template("service", values), "Deployment")["spec"]["template"]
        after = one(tools.template("service", {**values, **changed}), "Deployment")["spec"]["template"]
        assert before == after


def test_a_chart_of_ones_own_is_given_the_same_by_other_names(tools: Tools, one: Pick) -> None:
    handed = {key: FEATURE[key] for key in ("devstack_label", "images", "service")}
    devstack = {"stack": "acme-7", "commits": {"storefront": "abcdef0"}}
    deployment = one(tools.template("service", {**handed, "devstack": devstack}), "Deployment")
    assert deployment["metadata"]["labels"]["devstack.dev/stack"] == "acme-7"
    env = deployment["spec"]["template"]["spec"]["containers"][0]["env"]
    assert {"name": "DEVSTACK_COMMIT", "value": "abcdef0"} in env


@pytest.mark.parametrize(
    ("image", "reference"),
    [
        ({"ref": "a/b@sha256:1", "repository": "x", "tag": "v1"}, "a/b@sha256:1"),
        ({"repository": "a/b", "tag": "v1", "digest": DIGEST}, f"a/b@{DIGEST}"),
        ({"repository": "a/b", "tag": "v1"}, "a/b:v1"),
    ],
)
def test_an_image_is_pinned_where_it_can_be(tools: Tools, one: Pick, image: dict[str, str], reference: str) -> None:
    deployment = one(tools.template("service", {"images": {"shop": image}}), "Deployment")
    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"] == reference


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"devstack_label": "Feature`1"}, "devstack_label"),
        ({"hosts": ["exa`mple.com"]}, "hosts"),
        ({"hosts": ["example.com", "example.com"]}, "hosts"),
        ({"context_header": "a`b"}, "context_header"),
        ({"port": 0}, "/health"),
        ({"port": None, "health": None}, "/hosts"),
        ({"port": -1}, "port"),
        ({"port": "http"}, "port"),
        ({"health": "healthz"}, "health"),
        ({"env": {"A B": "x"}}, "A B"),
        ({"env": {"A": {"nested": "x"}}}, "env"),
        ({"commit": "main"}, "commit"),
        ({"routes": "some"}, "routes"),
        ({"traefik": {"apiVersion": "traefik.io/v1"}}, "traefik"),
        ({"imagePullSecrets": ["name"]}, "imagePullSecrets"),
        ({"replica": 2}, "replica"),
        ({"resources": {"requests": {"cpu": "10m"}}}, "/resources"),
        ({"resourceEnv": "A"}, "/resourceEnv"),
        ({"images": {"storefront": {}}}, "no image for the service storefront"),
    ],
)
def test_values_that_cannot_be_meant_are_refused_by_name(tools: Tools, wrong: dict[str, Any], said: str) -> None:
    values = copy.deepcopy(FEATURE) | wrong
    assert said in tools.refusal("service", values)
