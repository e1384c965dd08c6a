"""The Pod of the hooks: what it may do, what it is given, how it ends."""

import json
from typing import Any

import pytest

from hooks import files
from model import names
from tests.helm.conftest import Tools
from tests.helm.hooked import FULL, HANDED, JOB, PACKED, RELEASE, VALUES, hooks, pod_of, running, template, told
from tests.helm.resources import EVERYTHING
from tests.helm.schemas import errors

pytestmark = pytest.mark.helm


@pytest.mark.parametrize("values", [FULL, JOB], ids=["pod", "job"])
@pytest.mark.parametrize("event", ["pre-install", "post-delete"])
def test_a_hooks_pod_may_do_little_and_ends_in_time(tools: Tools, values: dict[str, Any], event: str) -> None:
    found = running(template(tools, values), event)
    pod = pod_of(found)
    assert found["spec"]["activeDeadlineSeconds"] == 130
    assert pod["restartPolicy"] == "Never"
    assert pod["enableServiceLinks"] is False
    assert pod["automountServiceAccountToken"] is True
    assert pod["serviceAccountName"] == names.provision(RELEASE)
    assert pod["terminationGracePeriodSeconds"] == 10
    assert pod["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 65532,
        "runAsGroup": 65532,
        "fsGroup": 65532,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    (container,) = pod["containers"]
    assert container["name"] == "provision"  # the workers read what the container of this name said
    assert container["terminationMessagePolicy"] == "File"
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {"name": "tmp", "mountPath": "/tmp"} in container["volumeMounts"]
    assert container["resources"] == {"limits": {"memory": "1Gi"}}


def test_servers_are_told_by_the_environment(tools: Tools) -> None:
    (container,) = pod_of(running(template(tools, FULL), "post-delete"))["containers"]
    assert container["envFrom"] == [{"secretRef": {"name": "servers"}}]
    assert {"name": "AWS_REGION", "value": "eu-west-1"} in container["env"]
    listed = {**FULL["provision"], "env": [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "t", "key": "k"}}}]}
    rendered = template(tools, {**FULL, "provision": listed})
    assert errors(rendered) == []
    assert listed["env"][0] in pod_of(running(rendered, "pre-install"))["containers"][0]["env"]


def test_a_cloud_account_is_named_by_annotation(tools: Tools) -> None:
    (account,) = [each for each in hooks(template(tools, FULL)) if each["kind"] == "ServiceAccount"]
    assert account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"] == "arn:aws:iam::1:role/previews"
    assert account["metadata"]["annotations"]["helm.sh/hook-weight"] == "-10"


def test_a_job_makes_another_pod_only_for_one_that_did_not_end_by_itself(tools: Tools) -> None:
    rendered = template(tools, JOB)
    assert {each["kind"] for each in hooks(rendered)} >= {"Job"}
    assert "Pod" not in {each["kind"] for each in hooks(rendered)}
    job = running(rendered, "pre-install")
    assert job["metadata"]["name"] == names.provision(RELEASE)
    assert job["spec"]["podFailurePolicy"]["rules"][0]["onExitCodes"]["values"] == [1, 2, 3]
    assert job["spec"]["template"]["metadata"]["labels"]["devstack.dev/hook"] == RELEASE
    assert told(rendered).hook == "job"


def test_files_are_where_the_hooks_read_them(tools: Tools) -> None:
    rendered = template(tools, FULL)
    (made,) = [each for each in hooks(rendered) if each["kind"] == "ConfigMap"]
    assert made["binaryData"] == {names.file_key("db/seed.sql"): PACKED}
    pod = pod_of(running(rendered, "pre-install"))
    assert {"name": "files", "mountPath": str(files.FOLDER), "readOnly": True} in pod["containers"][0]["volumeMounts"]
    assert {"name": "files", "configMap": {"name": made["metadata"]["name"]}} in pod["volumes"]
    # Nothing is filled at the teardown.
    assert [each["name"] for each in pod_of(running(rendered, "post-delete"))["volumes"]] == ["tmp"]


def test_without_files_there_is_no_configmap(tools: Tools) -> None:
    rendered = template(tools, VALUES)
    assert "ConfigMap" not in {each["kind"] for each in rendered}
    assert [each["name"] for each in pod_of(running(rendered, "pre-install"))["volumes"]] == ["tmp"]


def test_no_variable_is_put_into_a_task(tools: Tools) -> None:
    """Kubernetes would replace `$(NAME)` by a server's password, if one of that name is in the hooks' environment."""
    command = ["sh", "-c", "echo $(DEVSTACK_PROVIDER_POSTGRES_URL) $$ <é> ☃ \"'\\\n"]
    rendered = template(tools, VALUES | {"resources": [{"kind": "job", "name": "x", "command": command}]})
    (container,) = pod_of(running(rendered, "pre-install"))["containers"]
    assert "$" not in json.dumps(container)
    assert told(rendered).resources[0]["command"] == command


def test_no_server_or_value_is_shown(tools: Tools) -> None:
    """What hooks are given, and what they give, is named in manifests and stands in Secrets."""
    rendered = template(tools, HANDED | {"resources": EVERYTHING})
    assert "Secret" not in {each["kind"] for each in rendered}
    (container,) = pod_of(running(rendered, "pre-install"))["containers"]
    assert [each["name"] for each in container["env"]] == ["DEVSTACK_TASK"]
