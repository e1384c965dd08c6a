"""The doctor on a real cluster: all is well, then one thing at a time is not."""

import time
from pathlib import Path

import pytest
import yaml

from tests.cluster.doctor.conftest import CHART, NAMESPACE, RELEASE, Clinic
from tests.cluster.routing import objects

pytestmark = pytest.mark.cluster


def test_an_installation_that_is_well_is_told_so(clinic: Clinic) -> None:
    started = time.monotonic()
    said = clinic.ask()
    assert (said.code, said.ok, said.bad()) == (0, True, {})
    assert time.monotonic() - started < 30
    assert set(said.checks) == {
        "cluster", "crds", "rights", "entrypoints", "traefik", "guards", "dns", "certificate", "registry", "redis", "github",
    }  # fmt: skip
    assert ("good", "the webhook of acme/shop leads to https://devstack.example.com/webhooks/github", "") in (
        said.checks["github"]
    )
    assert ("good", "what was pushed could be deleted again", "") in said.checks["registry"]


@pytest.mark.parametrize(
    ("settings", "check", "said", "remedy"),
    [
        ({"DEVSTACK_ENTRYPOINTS": "websecure"}, "entrypoints", "has no entry point `websecure`", "DEVSTACK_ENTRYPOINTS"),
        ({"DEVSTACK_HEADER_ENTRYPOINTS": "internal"}, "entrypoints", "`internal`", "DEVSTACK_HEADER_ENTRYPOINTS"),
        ({"DEVSTACK_TRAEFIK_API_GROUP": "traefik.containo.us"}, "crds", "does not know", "DEVSTACK_TRAEFIK_API_GROUP=traefik.io"),
        ({"DEVSTACK_PREVIEW_MIDDLEWARES": "shop/login"}, "guards", "there is no Middleware `shop/login`", "make it"),
        ({"DEVSTACK_REGISTRY": "127.0.0.1:9"}, "registry", "127.0.0.1:9", "DEVSTACK_REGISTRY"),
        ({"DEVSTACK_REDIS_URL": "redis://127.0.0.1:9/0"}, "redis", "does not take what we write", "DEVSTACK_REDIS_URL"),
        ({"DEVSTACK_GITHUB_TOKEN": "wrong"}, "github", "does not accept our credentials", "DEVSTACK_GITHUB_TOKEN"),
        ({"DEVSTACK_GITHUB_API_URL": "http://127.0.0.1:9"}, "github", "GitHub is unavailable", "DEVSTACK_GITHUB_API_URL"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)  # fmt: skip
def test_one_thing_that_is_wrong_is_told_alone_with_what_to_change(
    clinic: Clinic, settings: dict[str, str], check: str, said: str, remedy: str
) -> None:
    found = clinic.ask(**settings)
    assert (found.code, found.ok) == (1, False)
    assert set(found.bad()) == {check}
    whole = " ".join(f"{each} {what}" for each, what in found.bad()[check])
    assert said in whole
    assert remedy in whole
    assert "wrong" not in whole or "DEVSTACK_GITHUB_TOKEN" not in settings


def test_hosts_that_are_not_in_dns_are_told_with_the_record_to_add(clinic: Clinic) -> None:
    found = clinic.ask("dns", "--host", "shop.invalid", DEVSTACK_PREVIEW_BASE_URL="http://shop.invalid")
    assert found.bad() == {
        "dns": [("`devstack-doctor.shop.invalid` is not found in DNS", "add a DNS record `*.shop.invalid` to Traefik's address")]
    }  # fmt: skip


def test_the_chart_gives_all_rights_that_the_doctor_asks_for(clinic: Clinic, account: Path) -> None:
    more = {"DEVSTACK_KUBECONFIG": str(account), "DEVSTACK_HOOK_IMAGE": "x", "DEVSTACK_NAMESPACE": NAMESPACE}
    assert clinic.ask("cluster", "crds", "rights", "entrypoints", "traefik", **more).bad() == {}
    role = f"clusterrole/{RELEASE}-devstack-stacks"
    rules = yaml.safe_load(objects.kubectl(clinic.ground, "get", role, "-o", "yaml"))["rules"]
    index = next(at for at, rule in enumerate(rules) if "ingressroutes" in rule["resources"])
    patch = f'[{{"op": "remove", "path": "/rules/{index}"}}]'
    objects.kubectl(clinic.ground, "patch", role, "--type=json", f"--patch={patch}")
    found = clinic.ask("rights", **more).bad()["rights"]
    assert len(found) == 1, found
    ((said, remedy),) = found
    assert "create ingressroutes.traefik.io" in said
    assert said.endswith("in a stack's own namespace")
    assert "helm/bot/templates/rbac.yaml" in remedy


def test_a_definition_of_an_older_bot_is_told(clinic: Clinic, tmp_path: Path) -> None:
    """The cluster has today's; the bot is tomorrow's, with one key more."""
    tomorrow = yaml.safe_load((CHART / "crds" / "stack.yaml").read_text())
    properties = tomorrow["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]
    properties["tomorrow"] = {"type": "string"}
    (tmp_path / "bot" / "crds").mkdir(parents=True)
    (tmp_path / "bot" / "crds" / "stack.yaml").write_text(yaml.safe_dump(tomorrow))
    ((said, remedy),) = clinic.ask("crds", DEVSTACK_CHARTS_DIR=str(tmp_path)).bad()["crds"]
    assert said == "`stacks.devstack.dev` is older than this bot: it does not know `spec.tomorrow`"
    assert "kubectl apply" in remedy
