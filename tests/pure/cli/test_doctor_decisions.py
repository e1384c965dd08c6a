"""What the doctor makes of what it sees: pure decisions, each with what to change."""

import copy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.checks import broker, certificate, dns, github, kubernetes, rights, traefik
from cli.checks.finding import Finding, Level
from cli.checks.proxies import Proxy, of
from workers.github.standing import Hook, Standing

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CHARTS = Path(__file__).resolve().parents[3] / "helm"


def levels(findings: list[Finding]) -> list[Level]:
    return [each.level for each in findings]


def workload(*arguments: str, image: str = "traefik:v3.1.2", command: tuple[str, ...] = (), **env: str) -> dict[str, Any]:
    variables = [{"name": name, "value": value} for name, value in env.items()]
    container = {"image": image, "args": list(arguments), "command": list(command), "env": variables}
    return {
        "metadata": {"namespace": "proxy", "name": "traefik"},
        "spec": {"template": {"spec": {"containers": [{"image": "sidecar:1"}, container]}}},
    }


@pytest.mark.parametrize(
    ("given", "version", "entrypoints"),
    [
        (workload("--entryPoints.web.address=:80", "--entrypoints.websecure.address=:443"), (3, 1), ("web", "websecure")),
        (workload("--entrypoints.web.address", ":80", image="r.example.com:5000/traefik:v2.11.35"), (2, 11), ("web",)),
        (workload(command=("traefik", "--entrypoints.web.address=:80"), image="own/proxy@sha256:1"), (0, 0), ("web",)),
        (workload(image="traefik", TRAEFIK_ENTRYPOINTS_WEB_ADDRESS=":80"), (0, 0), ("web",)),
        (workload("--configfile=/etc/traefik.yaml"), (3, 1), ()),
    ],
)
def test_a_traefik_is_known_by_its_image_or_its_flags(
    given: dict[str, Any], version: tuple[int, int], entrypoints: tuple[str, ...]
) -> None:
    (proxy,) = of(given)
    assert (proxy.place, proxy.version, proxy.entrypoints) == ("proxy/traefik", version, entrypoints)


def test_other_workloads_are_no_traefik() -> None:
    assert list(of(workload("--address=:80", image="nginx:1"))) == []


def proxy(*arguments: str, version: tuple[int, int] = (3, 1)) -> Proxy:
    return Proxy("proxy/traefik", arguments, version)


WEB = "--entrypoints.web.address=:80"


def test_an_entry_point_that_is_not_there_is_told_with_those_that_are() -> None:
    (found,) = traefik.of_proxy(proxy(WEB), {"websecure": "DEVSTACK_ENTRYPOINTS"})
    assert found == Finding(
        Level.BAD,
        "proxy/traefik has no entry point `websecure`, only `web`",
        "set DEVSTACK_ENTRYPOINTS to some of these, or add `--entrypoints.websecure.address=…` to Traefik",
    )
    assert levels(list(traefik.of_proxy(proxy(WEB), {"web": "DEVSTACK_ENTRYPOINTS"}))) == [Level.GOOD]
    assert levels(list(traefik.of_proxy(proxy(), {"web": "DEVSTACK_ENTRYPOINTS"}))) == [Level.SKIPPED]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((WEB, "--providers.kubernetesCRD=true"), []),
        ((WEB, "--providers.kubernetescrd.allowCrossNamespace"), []),
        ((WEB,), ["proxy/traefik does not read IngressRoutes"]),
        (("--configfile=/x",), []),
        (
            (WEB, "--providers.kubernetescrd.namespaces=shop,web"),
            ["proxy/traefik reads IngressRoutes of shop,web only, and stacks have namespaces of their own"],
        ),
    ],
)
def test_a_traefik_that_cannot_see_stacks_is_told(arguments: tuple[str, ...], said: list[str]) -> None:
    found = list(traefik.of_flags(proxy(*arguments)))
    assert [each.said for each in found] == said
    assert all(each.level is Level.BAD and each.remedy for each in found)


BOTH = {"traefik.io": {"ingressroutes", "middlewares"}, "traefik.containo.us": {"ingressroutes", "middlewares"}}


@pytest.mark.parametrize(
    ("group", "syntax", "there", "version", "remedy"),
    [
        ("traefik.io", "v3", BOTH, (3, 1), None),
        ("traefik.io", "v2", BOTH, (2, 11), None),
        ("traefik.io", "v3", {"traefik.containo.us": BOTH["traefik.io"]}, (2, 9), "API_GROUP=traefik.containo.us"),
        ("traefik.io", "v3", {"traefik.io": {"ingressroutes"}}, (3, 1), "install Traefik's CRDs"),
        ("traefik.containo.us", "v3", BOTH, (3, 0), "install the CRDs of `traefik.io`"),
        ("traefik.containo.us", "v2", BOTH, (2, 11), None),
        ("traefik.io", "v2", BOTH, (2, 9), "DEVSTACK_TRAEFIK_API_GROUP=traefik.containo.us"),
        ("traefik.io", "v2", BOTH, (3, 1), "DEVSTACK_TRAEFIK_SYNTAX=v3"),
        ("traefik.io", "v3", BOTH, (2, 11), "DEVSTACK_TRAEFIK_SYNTAX=v2"),
        ("traefik.io", "v3", BOTH, (0, 0), None),
    ],
)
def test_the_api_group_and_the_language_are_those_of_traefik(
    group: str, syntax: str, there: dict[str, set[str]], version: tuple[int, int], remedy: str | None
) -> None:
    found = list(kubernetes.of_traefik(group, syntax, there, [proxy(version=version)]))
    wrong = [each.remedy for each in found if each.level is Level.BAD]
    assert len(wrong) == (remedy is not None)
    assert remedy is None or remedy in wrong[0]


def test_a_traefik_3_may_read_rules_as_version_2_does() -> None:
    older = proxy("--core.defaultRuleSyntax=v2")
    assert list(kubernetes.of_version("traefik.io", "v2", older)) == []
    assert levels(list(kubernetes.of_version("traefik.io", "v3", older))) == [Level.BAD]


def test_a_crd_of_an_older_bot_is_told_with_the_keys_that_it_drops() -> None:
    ours = dict(kubernetes.shipped(CHARTS))
    assert kubernetes.of_ours(ours, ours).level is Level.GOOD
    assert "does not know `stacks.devstack.dev`" in kubernetes.of_ours(None, ours).said
    old: dict[str, Any] = copy.deepcopy(ours)
    del old["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["label"]
    found = kubernetes.of_ours(old, ours)
    assert found.said == "`stacks.devstack.dev` is older than this bot: it does not know `spec.label`"
    assert "kubectl apply --server-side -f helm/bot/crds/stack.yaml" in found.remedy
    newer = copy.deepcopy(ours)
    newer["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["more"] = {"type": "string"}
    assert kubernetes.of_ours(newer, ours).level is Level.GOOD


@pytest.mark.parametrize(
    ("base", "preview", "level", "remedy"),
    [
        (["10.0.0.1"], ["10.0.0.1", "10.0.0.2"], Level.GOOD, ""),
        (["10.0.0.1"], [], Level.BAD, "add a DNS record `*.example.com` to 10.0.0.1"),
        ([], [], Level.BAD, "add a DNS record `*.example.com` to Traefik's address"),
        ([], ["10.0.0.1"], Level.BAD, "add a DNS record `example.com` to 10.0.0.1"),
        (["10.0.0.1"], ["10.0.0.9"], Level.WARNING, "point `*.example.com` to where `example.com` leads"),
    ],
)
def test_preview_hosts_lead_to_where_the_base_host_leads(
    base: list[str], preview: list[str], level: Level, remedy: str
) -> None:
    known = {"example.com": base, "any.example.com": preview}
    found = dns.of_host("example.com", "any.example.com", lambda host: known[host])
    assert found.level is level
    assert remedy in found.remedy


def shown(*hosts: str, days: float = 90, subject: str = "CN=example.com") -> certificate.Certificate:
    return certificate.Certificate(hosts, subject, NOW + timedelta(days=days))


@pytest.mark.parametrize(
    ("seen", "refused", "level", "said"),
    [
        (shown("example.com", "*.example.com"), "", Level.GOOD, "good until 2026-04-01"),
        (shown("f.example.com"), "", Level.GOOD, "good until"),
        (shown("*.example.com", days=5), "", Level.WARNING, "ends on 2026-01-06"),
        (shown("*.example.com", days=-1), "certificate has expired", Level.BAD, "ended on 2025-12-31"),
        (shown("example.com"), "Hostname mismatch", Level.BAD, "covers `example.com`"),
        (shown("*.other.com"), "", Level.BAD, "covers `*.other.com`"),
        (shown("a.b", subject="CN=TRAEFIK DEFAULT CERT"), "self-signed", Level.BAD, "Traefik has no certificate"),
        (shown("*.example.com"), "unable to get local issuer", Level.BAD, "is not trusted here"),
        (None, "connection refused", Level.BAD, "no TLS for `f.example.com`"),
    ],
)
def test_a_certificate_covers_previews_and_lasts(
    seen: certificate.Certificate | None, refused: str, level: Level, said: str
) -> None:
    found = certificate.judged(seen, "f.example.com", refused, NOW)
    assert found.level is level
    assert said in found.said
    assert bool(found.remedy) == (level is not Level.GOOD)


def test_a_wildcard_stands_for_one_label() -> None:
    assert certificate.covers(["*.example.com"], "f.example.com")
    assert not certificate.covers(["*.example.com"], "f.a.example.com")
    assert not certificate.covers(["*.example.com"], "example.com")


def test_a_secret_counts_where_something_beside_it_makes_traefik_load_it() -> None:
    def store(namespace: str, **spec: Any) -> dict[str, Any]:
        return {"metadata": {"name": "default", "namespace": namespace}, "spec": spec}

    route = {"metadata": {"name": "web", "namespace": "certs"}, "spec": {"tls": {"secretName": "wild"}}}
    listed = {"certificates": [{"secretName": "other"}, {"secretName": "wild"}]}
    assert traefik.loaded_by("certs/wild", [store("certs", **listed)], []) == ["TLSStore certs/default"]
    assert traefik.loaded_by("certs/wild", [store("certs", defaultCertificate={"secretName": "wild"})], [])
    assert traefik.loaded_by("certs/wild", [], [route]) == ["IngressRoute certs/web"]
    assert traefik.loaded_by("certs/wild", [store("elsewhere", **listed)], [{**route, "spec": {}}]) == []
    assert certificate.of_secret("certs/wild", []).remedy == (
        "have a TLSStore `default` in the namespace `certs` with `certificates: [{secretName: wild}]`"
    )


RIGHTS = {"contents": "read", "metadata": "read", "pull_requests": "write", "issues": "admin", "statuses": "write"}


def test_an_app_that_lacks_rights_is_told_which() -> None:
    assert github.lacks(RIGHTS) == []
    lacking = {**RIGHTS, "statuses": "read"}
    del lacking["issues"]
    app = Standing("devstack", app=True, repositories={"acme/shop": 1}, permissions=lacking, limit=5000, remaining=4000)
    said = [each.said for each in github.of_standing(app) if each.level is Level.BAD]
    assert said == ["the App lacks rights: issues: write, statuses: write"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"scopes": ("repo", "read:org")}, []),
        ({"scopes": None}, []),  # a token of the new kind does not tell
        ({"scopes": ("read:org",)}, ["the token has the scopes read:org"]),
        ({"repositories": {}}, ["GitHub knows us as `bot`, and shows us no repository"]),
        ({"remaining": 100}, ["100 of 5000 requests are left this hour"]),
    ],
)
def test_a_token_is_looked_at(given: dict[str, Any], said: list[str]) -> None:
    whole = {"login": "bot", "app": False, "repositories": {"acme/shop": None}, "limit": 5000, "remaining": 4000}
    found = [each for each in github.of_standing(Standing(**{**whole, **given})) if each.level is not Level.GOOD]
    assert [each.said for each in found] == said
    assert all(each.remedy for each in found)


HOOK = Hook("https://devstack.example.com/webhooks/github", github.EVENTS, last=202)


@pytest.mark.parametrize(
    ("hooks", "level", "said"),
    [
        ([HOOK], Level.GOOD, "leads to https://devstack.example.com/webhooks/github"),
        ([Hook(HOOK.url, ("*",))], Level.GOOD, "leads to"),
        (None, Level.SKIPPED, "are not shown to us"),
        ([Hook("https://ci.example.com/hook", ("push",))], Level.WARNING, "has no webhook to `…/webhooks/github`"),
        ([Hook(HOOK.url, ("push",))], Level.BAD, "leaves out pull_request, issue_comment"),
        ([Hook(HOOK.url, HOOK.events, active=False)], Level.BAD, "is off"),
        ([Hook(HOOK.url, HOOK.events, json=False)], Level.BAD, "sends forms"),
        ([Hook(HOOK.url, HOOK.events, secret=False)], Level.BAD, "has no secret"),
        ([Hook(HOOK.url, HOOK.events, last=401)], Level.BAD, "was answered 401"),
    ],
)
def test_a_webhook_tells_us_all_that_we_need(hooks: list[Hook] | None, level: Level, said: str) -> None:
    (found,) = github.of_hooks("acme/shop", hooks)
    assert found.level is level
    assert said in found.said


def test_stacks_beside_the_base_need_no_rights_elsewhere() -> None:
    lacking = ["create pods"]
    assert levels(list(rights.in_stacks(lacking, {"shop": []}))) == [Level.WARNING]
    assert levels(list(rights.in_stacks(lacking, {}))) == [Level.BAD]
    assert levels(list(rights.in_stacks(lacking, {"shop": lacking}))) == [Level.BAD, Level.BAD]
    assert levels(list(rights.in_stacks([], {"shop": []}))) == [Level.GOOD, Level.GOOD]


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ({"redis_version": "7.2.4", "maxmemory_policy": "noeviction"}, [Level.GOOD]),
        ({"redis_version": "4.0.1"}, [Level.BAD]),
        ({"redis_version": "7.0.0", "maxmemory_policy": "allkeys-lru"}, [Level.GOOD, Level.WARNING]),
    ],
)
def test_redis_must_keep_what_it_is_given(info: dict[str, str], expected: list[Level]) -> None:
    assert levels(list(broker.told(info, 0.001))) == expected
