"""A release with resources, and the hooks among its manifests."""

import base64
from typing import Any

from hooks import task
from model import names
from tests.helm.conftest import Rendered, Tools
from tests.helm.resources import EVERYTHING

QUEUE = {"kind": "sqs", "name": "orders", "env": "ORDERS_QUEUE_URL"}
PACKED = base64.b64encode(b"\x1f\x8b packed").decode()
RELEASE = "orders-feature1"
IMAGE = "registry.example.com/acme/orders@sha256:" + "ab" * 32
VALUES: dict[str, Any] = {
    "devstack_label": "feature1",
    "service": "orders",
    "stack": "acme-orders-12345-7",
    "images": {"orders": {"ref": IMAGE}},
    "resources": [QUEUE],
    "provision": {"image": "devstack/hooks:1"},
}
HANDED: dict[str, Any] = {
    **{key: value for key, value in VALUES.items() if key not in {"provision", "stack", "resources"}},
    "devstack": {
        "stack": "acme-orders-12345-7",
        "pull_secret": "devstack-registry-feature1",
        "resources": {"orders": [QUEUE], "other": [{"kind": "sns", "name": "news"}]},
        "provision": {
            "image": "devstack/hooks:1",
            "hook": "pod",
            "deadlineSeconds": 270,
            "imagePullSecrets": [{"name": "devstack-registry-feature1"}],
            "envFrom": [{"secretRef": {"name": "devstack-providers-feature1", "optional": True}}],
        },
    },
}
FULL: dict[str, Any] = {
    **VALUES,
    "resources": EVERYTHING,
    "imagePullSecrets": [{"name": "of-the-service"}],
    "provision": {
        "image": "devstack/hooks:1",
        "env": {"AWS_REGION": "eu-west-1", "DEVSTACK_PROVIDER_HTTP_ALLOW": "tenants.internal"},
        "envFrom": [{"secretRef": {"name": "servers"}}],
        "deadlineSeconds": 100,
        "parallel": 2,
        "imagePullSecrets": [{"name": "of-the-hooks"}],
        "serviceAccount": {"annotations": {"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/previews"}},
        "podResources": {"limits": {"memory": "1Gi"}},
        "files": {names.file_key("db/seed.sql"): PACKED},
    },
}
JOB: dict[str, Any] = {**FULL, "provision": {**FULL["provision"], "hook": "job"}}
VARIANTS = {"least": VALUES, "as the bot hands it": HANDED, "everything": FULL, "job": JOB}


def hooks(rendered: Rendered) -> Rendered:
    return [each for each in rendered if "helm.sh/hook" in (each["metadata"].get("annotations") or {})]


def template(tools: Tools, values: dict[str, Any], release: str = RELEASE, namespace: str = "stack-7") -> Rendered:
    return tools.template("service", values, release=release, more=["--namespace", namespace])


def running(rendered: Rendered, event: str) -> dict[str, Any]:
    """The Pod or Job of an event."""
    (found,) = [
        each
        for each in hooks(rendered)
        if each["kind"] in {"Pod", "Job"} and event in each["metadata"]["annotations"]["helm.sh/hook"].split(",")
    ]
    return found


def pod_of(found: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = found["spec"]
    return spec if found["kind"] == "Pod" else dict(spec["template"]["spec"])


def told(rendered: Rendered, event: str = "pre-install") -> task.Task:
    (container,) = pod_of(running(rendered, event))["containers"]
    return task.parse({each["name"]: each["value"] for each in container["env"]})
