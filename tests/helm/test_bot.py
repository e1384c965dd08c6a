"""The chart that installs the bot: least rights, no secret where it is not needed, settings by their names."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.checks.rights import AT_HOME, IN_STACKS, WIDE
from config.settings import Settings
from tests.helm.conftest import CHARTS, Rendered, Tools
from tests.helm.schemas import errors

pytestmark = pytest.mark.helm

Pick = Callable[[Rendered, str], dict[str, Any]]

LEAST: dict[str, Any] = {
    "settings": {"registry": "registry.example.com", "preview_base_url": "https://example.com"},
    "secrets": {"existingSecret": "devstack"},
}
VARIANTS: dict[str, dict[str, Any]] = {
    "least": LEAST,
    "App, BuildKit, Redis elsewhere": {
        **LEAST,
        "secrets": {"existingSecret": "devstack", "app": True},
        "builder": {"kind": "buildkit", "buildkitAddress": "tcp://buildkitd:1234"},
        "redis": {"enabled": False, "urlKey": "redis-url"},
        "rbac": {
            "namespaces": ["shop", "previews"],
            "extraRules": [{"apiGroups": ["x.io"], "resources": ["ys"], "verbs": ["get"]}],
        },
    },
    "everything": {
        **LEAST,
        "registryAuth": {"existingSecret": "registry"},
        "caBundle": {"configMap": "company-ca", "key": "bundle.pem"},
        "ingressRoute": {"enabled": True, "host": "devstack.example.com", "tls": {"certResolver": "le"}},
        "ingress": {
            "enabled": True,
            "host": "devstack.example.com",
            "className": "public",
            "tlsSecret": "tls",
            "annotations": {"a": "b"},
        },
        "work": {
            "replicas": 2,
            "processes": 4,
            "storage": {"persistent": True, "size": "50Gi", "storageClass": "fast"},
        },
        "redis": {"persistent": True, "storageClass": "fast"},
        "imagePullSecrets": [{"name": "pull"}],
        "nodeSelector": {"a": "b"},
        "tolerations": [{"key": "k", "operator": "Exists"}],
        "podAnnotations": {"c": "d"},
        "serviceAccount": {"annotations": {"e": "f"}},
    },
    "resources": {
        **LEAST,
        "provision": {"image": "registry.example.com/devstack-hooks:1", "secret": "servers"},
        "rbac": {"namespaces": ["shop"]},
    },
    "guards, probes": {
        **LEAST,
        "secrets": {"existingSecret": "devstack", "keys": {"labelSecret": "label-secret"}},
        "probe": {"ca": {"configMap": "company-ca", "key": "bundle.pem"}, "insecure": True},
        "builder": {"kind": "buildah", "layerCache": False},
        "dropContext": {"enabled": True},
    },
    "no rights, one receiver": {**LEAST, "rbac": {"create": False}, "receiver": {"replicas": 1}},
}


def deployment(rendered: Rendered, component: str) -> dict[str, Any]:
    (found,) = [
        each["spec"]["template"]["spec"]
        for each in rendered
        if each["kind"] == "Deployment" and each["metadata"]["labels"]["app.kubernetes.io/component"] == component
    ]
    return dict(found)


def secret_keys(pod: dict[str, Any]) -> set[str]:
    return {
        each["valueFrom"]["secretKeyRef"]["key"]
        for each in pod["containers"][0].get("env") or ()
        if "secretKeyRef" in each.get("valueFrom", {})
    }


@pytest.mark.parametrize("values", VARIANTS.values(), ids=VARIANTS.keys())
def test_every_variant_is_what_the_api_servers_take(tools: Tools, values: dict[str, Any]) -> None:
    rendered = tools.template("bot", values, more=["--include-crds"])
    assert "CustomResourceDefinition" in {each["kind"] for each in rendered}
    assert errors(rendered) == []


def test_helm_finds_nothing_to_complain_about(tools: Tools) -> None:
    tools.lint("bot", LEAST)


def test_every_part_of_the_bot_is_there(tools: Tools) -> None:
    names = {each["metadata"]["name"] for each in tools.template("bot", LEAST) if each["kind"] == "Deployment"}
    assert names == {f"shop-devstack-{part}" for part in ("receiver", "talk", "work", "beat", "redis")}


def test_the_receiver_holds_no_token_and_no_rights(tools: Tools) -> None:
    pod = deployment(tools.template("bot", LEAST), "receiver")
    assert secret_keys(pod) == {"webhook-secret"}
    assert pod["automountServiceAccountToken"] is False
    assert "serviceAccountName" not in pod
    assert pod["containers"][0]["command"] == ["python", "-m", "bot", "--port", "8080"]


@pytest.mark.parametrize(
    ("app", "keys"), [(False, {"github-token"}), (True, {"github-app-id", "github-app-private-key"})]
)
def test_workers_hold_what_speaks_to_github_and_not_the_webhooks_secret(tools: Tools, app: bool, keys: set[str]) -> None:
    rendered = tools.template("bot", {**LEAST, "secrets": {"existingSecret": "devstack", "app": app}})
    for component in ("talk", "work"):
        assert secret_keys(deployment(rendered, component)) == keys
    assert secret_keys(deployment(rendered, "beat")) == set()


def test_each_queue_has_workers_of_its_own(tools: Tools) -> None:
    rendered = tools.template("bot", LEAST)
    for queue in ("talk", "work"):
        command = deployment(rendered, queue)["containers"][0]["command"]
        assert command[:4] == ["python", "-m", "workers", queue]


def test_only_a_worker_that_builds_in_its_pod_is_root(tools: Tools) -> None:
    rendered = tools.template("bot", LEAST)
    work = deployment(rendered, "work")["containers"][0]["securityContext"]
    assert work["capabilities"] == {"drop": ["ALL"], "add": ["SETUID", "SETGID", "SETFCAP"]}
    assert work["allowPrivilegeEscalation"] is False
    others = [deployment(rendered, each) for each in ("receiver", "talk", "beat", "redis")]
    others.append(deployment(tools.template("bot", VARIANTS["App, BuildKit, Redis elsewhere"]), "work"))
    for pod in others:
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True


def test_no_right_is_a_wildcard(tools: Tools) -> None:
    rules = [rule for each in tools.template("bot", LEAST) if each["kind"] == "ClusterRole" for rule in each["rules"]]
    assert rules
    for rule in rules:
        assert "*" not in rule["verbs"] + rule["resources"] + rule["apiGroups"]
        assert not {"escalate", "bind", "impersonate"} & set(rule["verbs"])


def test_named_namespaces_bound_what_may_be_changed(tools: Tools) -> None:
    rendered = tools.template("bot", VARIANTS["App, BuildKit, Redis elsewhere"])
    bindings = [each for each in rendered if each["kind"] == "RoleBinding"]
    assert {each["metadata"]["namespace"] for each in bindings} == {"shop", "previews"}
    (wide,) = [each for each in rendered if each["kind"] == "ClusterRoleBinding"]
    assert wide["roleRef"]["name"] == "shop-devstack"
    (control,) = [
        each for each in rendered if each["kind"] == "ClusterRole" and each["metadata"]["name"] == "shop-devstack"
    ]
    assert not any("secrets" in rule["resources"] for rule in control["rules"])


def test_resources_are_made_with_what_the_operator_names(
    tools: Tools, one: Pick, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered = tools.template("bot", VARIANTS["resources"])
    for name, value in one(rendered, "ConfigMap")["data"].items():
        monkeypatch.setenv(name, value)
    read = Settings()
    assert (read.hook_image, read.provider_secret) == ("registry.example.com/devstack-hooks:1", "servers")
    role = one(rendered, "Role")
    assert "namespace" not in role["metadata"]  # the bot's own
    assert role["rules"] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch", "create", "delete"]},
        {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
        {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["servers"], "verbs": ["get"]},
    ]
    (binding,) = [each for each in rendered if each["kind"] == "RoleBinding" and each["roleRef"]["kind"] == "Role"]
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert binding["subjects"][0]["name"] == one(rendered, "ServiceAccount")["metadata"]["name"]


def test_without_a_hook_image_there_is_nothing_of_resources(tools: Tools, one: Pick) -> None:
    rendered = tools.template("bot", LEAST)
    assert "Role" not in {each["kind"] for each in rendered}
    assert not {"DEVSTACK_HOOK_IMAGE", "DEVSTACK_PROVIDER_SECRET"} & one(rendered, "ConfigMap")["data"].keys()


def test_verification_and_builds_are_told_what_the_operator_chose(
    tools: Tools, one: Pick, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered = tools.template("bot", VARIANTS["guards, probes"])
    for name, value in one(rendered, "ConfigMap")["data"].items():
        monkeypatch.setenv(name, value)
    read = Settings()
    assert (str(read.probe_ca), read.probe_insecure, read.build_layer_cache) == (
        "/etc/devstack/probe-ca/ca.crt", True, False,
    )  # fmt: skip
    for asks in ("work", "talk"):  # the proof, and `trace`
        pod = deployment(rendered, asks)
        (mount,) = [each for each in pod["containers"][0]["volumeMounts"] if each["name"] == "probe-ca"]
        (volume,) = [each for each in pod["volumes"] if each["name"] == "probe-ca"]
        assert mount["mountPath"] == "/etc/devstack/probe-ca"
        assert volume["configMap"] == {"name": "company-ca", "items": [{"key": "bundle.pem", "path": "ca.crt"}]}
    assert not {"DEVSTACK_PROBE_CA", "DEVSTACK_PROBE_INSECURE", "DEVSTACK_BUILD_LAYER_CACHE"} & set(
        one(tools.template("bot", LEAST), "ConfigMap")["data"]
    )


def test_who_names_pull_requests_has_the_key_of_labels(tools: Tools) -> None:
    rendered = tools.template("bot", VARIANTS["guards, probes"])
    for component, expected in (("talk", True), ("work", True), ("receiver", False), ("beat", False)):
        assert ("label-secret" in secret_keys(deployment(rendered, component))) is expected


def test_the_guard_takes_both_forms_of_the_context_off(tools: Tools, one: Pick) -> None:
    assert "Middleware" not in {each["kind"] for each in tools.template("bot", LEAST)}
    settings = {
        **LEAST["settings"],
        "context_header": "x-feature",
        "context_headers": "x-acme, x-shop",
        "traefik_api_group": "traefik.containo.us",
    }
    found = one(tools.template("bot", {**LEAST, "settings": settings, "dropContext": {"enabled": True}}), "Middleware")
    assert (found["apiVersion"], found["metadata"]["name"]) == ("traefik.containo.us/v1alpha1", "drop-context")
    assert found["spec"] == {
        "headers": {"customRequestHeaders": {"x-feature": "", "x-acme": "", "x-shop": "", "baggage": ""}}
    }


@pytest.mark.parametrize("traefik", ["traefik.io", "traefik.containo.us"])
def test_the_doctor_asks_for_no_right_that_the_chart_does_not_give(tools: Tools, traefik: str) -> None:
    rendered = tools.template("bot", VARIANTS["resources"])
    given = {each["metadata"]["name"]: each["rules"] for each in rendered if each["kind"] in ("ClusterRole", "Role")}
    for rights, role in ((WIDE, ""), (IN_STACKS, "-stacks"), (AT_HOME, "-provision")):
        for right in rights:
            for group, kind, verb in right.questions():
                rules = given[f"shop-devstack{role}"]
                assert any(
                    group.format(traefik=traefik) in rule["apiGroups"]
                    and kind in rule["resources"]
                    and verb in rule["verbs"]
                    for rule in rules
                ), f"{verb} {kind} in {group}"


@pytest.mark.parametrize("values", VARIANTS.values(), ids=VARIANTS.keys())
def test_settings_are_the_bots_own_and_readable(
    tools: Tools, one: Pick, values: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = one([each for each in tools.template("bot", values) if each["kind"] == "ConfigMap"], "ConfigMap")["data"]
    ours = {name: value for name, value in data.items() if name.startswith("DEVSTACK_")}
    assert {name.removeprefix("DEVSTACK_").lower() for name in ours} <= set(Settings.model_fields)
    for name, value in ours.items():
        monkeypatch.setenv(name, value)
    assert Settings().registry == "registry.example.com"


def test_numbers_lists_and_flags_reach_the_settings_unharmed(
    tools: Tools, one: Pick, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"ttl_max": 20_000_000, "entrypoints": "web,websecure", "registry_insecure": True}
    rendered = tools.template("bot", {**LEAST, "settings": LEAST["settings"] | settings})
    for name, value in one([each for each in rendered if each["kind"] == "ConfigMap"], "ConfigMap")["data"].items():
        monkeypatch.setenv(name, value)
    read = Settings()
    assert (read.ttl_max, read.entrypoints, read.registry_insecure) == (20_000_000, ("web", "websecure"), True)


def test_a_changed_setting_restarts_the_bot(tools: Tools) -> None:
    def annotations(values: dict[str, Any]) -> set[str]:
        return {
            each["spec"]["template"]["metadata"]["annotations"]["checksum/settings"]
            for each in tools.template("bot", values)
            if each["kind"] == "Deployment" and "redis" not in each["metadata"]["name"]
        }

    (before,) = annotations(LEAST)
    (after,) = annotations({**LEAST, "settings": {**LEAST["settings"], "ttl_max": 86400}})
    assert before != after


def test_the_notes_tell_how_to_point_github_at_it(tools: Tools, tmp_path: Path) -> None:
    """helm shows notes only where a cluster answers, so they are rendered as a template of a copy."""
    chart = shutil.copytree(CHARTS / "bot", tmp_path / "bot")
    for each in (chart / "templates").glob("*.yaml"):
        each.unlink()
    include = """notes: {{ include (print $.Template.BasePath "/NOTES.txt") . | toJson }}"""
    (chart / "templates" / "shown.yaml").write_text(include)
    (shown,) = tools.template(chart, VARIANTS["everything"])
    assert "Webhook URL: https://devstack.example.com/webhooks/github" in shown["notes"]
    assert "`webhook-secret` in the Secret `devstack`" in shown["notes"]
    assert "kubectl exec deploy/shop-devstack-work --namespace default -- devstack doctor" in shown["notes"]
    (shown,) = tools.template(chart, LEAST)
    assert "There is no door from outside yet" in shown["notes"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"secrets": {"existingSecret": ""}}, "existingSecret"),
        ({"settings": {"registry": "", "preview_base_url": "https://x.y"}}, "registry"),
        ({"settings": {"registry": "https://x", "preview_base_url": "https://x.y"}}, "registry"),
        ({"settings": {"registry": "x", "preview_base_url": "x.y"}}, "preview_base_url"),
        ({"settings": {**LEAST["settings"], "github_token": "secret"}}, "github_token"),
        ({"redis": {"enabled": False}}, "redis"),
        ({"builder": {"kind": "buildkit"}}, "buildkitAddress"),
        ({"builder": {"kind": "docker"}}, "builder"),
        ({"ingress": {"enabled": True}}, "host"),
        ({"recevier": {}}, "recevier"),
        ({"provision": {"secret": "servers"}}, "/provision/image"),
        ({"provision": {"image": "a b"}}, "/provision/image"),
        ({"settings": {**LEAST["settings"], "label_secret": "secret"}}, "label_secret"),
        ({"dropContext": {"enabled": True, "name": "Drop"}}, "name"),
        ({"probe": {"ca": {"secret": "x"}}}, "secret"),
    ],
)
def test_values_that_cannot_be_meant_are_refused_by_name(tools: Tools, wrong: dict[str, Any], said: str) -> None:
    assert said in tools.refusal("bot", {**LEAST, **wrong})
