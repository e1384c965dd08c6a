"""The shapes that a stack can take: under another label, beside the base in its namespace, behind a path of its host."""

from typing import Any

import pytest
import yaml

from model import names
from playground.demo.stage import Stage
from tests.cluster.story.people import Repository, app, config

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]

HEADER = "uber-ctx-key"


def listed(stage: Stage, kinds: str, namespace: str, selector: str = "") -> list[dict[str, Any]]:
    """Objects of a namespace."""
    found = stage.kubectl("get", kinds, "-n", namespace, "-l", selector, "-o", "yaml")
    items: list[dict[str, Any]] = yaml.safe_load(found)["items"]
    return items


def identities(stage: Stage, namespace: str, selector: str) -> dict[str, tuple[str, int]]:
    """What is there, and whether it was touched: uid and generation by kind and name."""
    return {
        f"{each['kind']}/{each['metadata']['name']}": (each["metadata"]["uid"], each["metadata"].get("generation", 0))
        for each in listed(stage, "deployments,services,pods,ingressroutes.traefik.io", namespace, selector)
    }


def answer(repo: Repository, host: str, path: str = "/", label: str = "") -> str:
    """What is answered through the proxy."""
    return repo.stage.request(host, path, {HEADER: label} if label else None).text


def test_another_label_moves_the_stack_and_the_old_one_serves_until_then(stage: Stage) -> None:
    repo = Repository(stage, "moved", deploy="command")
    repo.push("topic", app=app("moving"))
    number = repo.pull("topic")
    repo.say(number, "/devstack deploy --label before")
    stage.wait_ready(repo.name, number)
    before, after = f"before.{repo.host}", f"after.{repo.host}"
    assert answer(repo, before) == "moving"
    repo.say(number, "/devstack deploy --label after")
    unserved = []

    def moved() -> bool:
        # The proxy takes routes up one by one: an answer of the old label may still come, none of an error may.
        said = [answer(repo, host) for host in (before, after)]
        if "moving" not in said:
            unserved.append(said)
        return "http://after.moved.example.com" in stage.comment(repo.name, number) and "is live" in stage.comment(
            repo.name, number
        )

    stage.wait("the stack to move", moved, told=lambda: stage.comment(repo.name, number))
    assert unserved == []
    assert answer(repo, after) == answer(repo, repo.host, label="after") == "moving"
    assert stage.request(before).status_code == 404
    namespace = names.namespace(names.stack(repo.name, number))
    assert [each["metadata"]["name"] for each in listed(stage, "deployments", namespace)] == ["web-after"]
    released = listed(stage, "secrets", namespace, "owner=helm")
    assert {each["metadata"]["labels"]["name"] for each in released} == {"web-after"}
    assert {each["metadata"]["labels"]["devstack.dev/label"] for each in released} == {"after"}
    routed = listed(stage, "ingressroutes.traefik.io", namespace)
    assert {each["metadata"]["labels"]["devstack.dev/label"] for each in routed} == {"after"}
    assert "before.moved" not in stage.comment(repo.name, number).partition("Last commands")[0]
    repo.close(number)
    repo.wait_gone(number)


def test_a_stack_in_the_namespace_of_the_base_leaves_the_base_alone(stage: Stage) -> None:
    repo = Repository(stage, "inbase", deploy="command")
    described = config(repo.host, deploy="command") + b"namespace: base\nbase: {deploy: true, namespace: inbase}\n"
    repo.push("main", devstack=described)
    stage.wait(
        "the base to answer", lambda: answer(repo, repo.host) == "base", told=lambda: stage.kubectl("get", "stacks")
    )
    ours, theirs = "devstack.dev/label", "!devstack.dev/label"
    stage.wait("the base to be ready", lambda: "Ready" in stage.kubectl("get", "stacks"))
    base = identities(stage, "inbase", theirs)
    assert {"Deployment/web", "Service/web", "IngressRoute/web"} < set(base)
    repo.push("topic", app=app("feature"))
    number = repo.pull("topic")
    repo.say(number, "/devstack deploy --label beside")
    stage.wait_ready(repo.name, number)
    assert answer(repo, f"beside.{repo.host}") == answer(repo, repo.host, label="beside") == "feature"
    assert answer(repo, repo.host) == "base"
    repo.say(number, "/devstack logs web --lines 20")
    said = stage.wait_comment(repo.name, number, "==> web-beside-")
    assert not [name for name in base if name.startswith("Pod/") and name.removeprefix("Pod/") in said]
    newer = repo.push("topic", app=app("feature, again"))
    stage.wait_ready(repo.name, number, newer)
    assert answer(repo, f"beside.{repo.host}") == "feature, again"
    assert identities(stage, "inbase", theirs) == base
    # A push to the base beside a live feature is proven by the base's own pods, not by the feature's.
    repo.push("main", app=app("base, again"))
    stage.wait("the base to be renewed", lambda: answer(repo, repo.host) == "base, again")
    stage.wait("it to be proven", lambda: [phase(stage, each) for each in stage.stacks()] == ["Ready", "Ready"])
    assert answer(repo, f"beside.{repo.host}") == "feature, again"
    repo.close(number)
    repo.wait_gone(number)
    assert listed(stage, "all,secrets,configmaps,ingressroutes.traefik.io,middlewares.traefik.io", "inbase", ours) == []
    releases = {each["metadata"]["labels"]["name"] for each in listed(stage, "secrets", "inbase", "owner=helm")}
    assert releases == {"web"}
    assert answer(repo, repo.host) == "base, again"
    stage.kubectl("delete", "stack", names.base_stack(repo.name))
    stage.kubectl("delete", "namespace", "inbase", "--timeout=60s")


def phase(stage: Stage, name: str) -> str:
    """A Stack's phase."""
    return str(stage.stacks()[name].get("status", {}).get("phase", ""))


PATHS = """\
apiVersion: v1
kind: Namespace
metadata: {{name: paths}}
{services}
---
apiVersion: traefik.io/v1alpha1
kind: IngressRoute
metadata: {{name: shop, namespace: paths}}
spec:
  entryPoints: [web]
  routes:
    - {{kind: Rule, match: Host(`{host}`), services: [{{name: web, port: 80}}]}}
    - {{kind: Rule, match: Host(`{host}`) && PathPrefix(`/api`), services: [{{name: api, port: 80}}]}}
"""
SERVICE = """\
---
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: paths, labels: {{app: {name}}}}}
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: {name}
      image: docker.io/library/python:3.11-slim-bookworm
      command: [sh, -c, "mkdir /w && cd /w && printf {said} >api && cp api index.html && exec python3 -m http.server 8080"]
      readinessProbe: {{httpGet: {{path: /api, port: 8080}}, periodSeconds: 1}}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: paths}}
spec: {{selector: {{app: {name}}}, ports: [{{port: 80, targetPort: 8080}}]}}
"""


def test_a_longer_rule_of_another_base_service_stays_with_it(stage: Stage) -> None:
    repo = Repository(stage, "paths", deploy="command")
    services = "".join(SERVICE.format(name=name, said=said) for name, said in (("web", "base"), ("api", "api")))
    manifests = stage.folder / "paths.yaml"
    manifests.write_text(PATHS.format(services=services, host=repo.host))
    stage.kubectl("apply", "-f", str(manifests))
    for path, said in (("/", "base"), ("/api", "api")):
        stage.wait(f"{path} to answer", lambda path=path, said=said: answer(repo, repo.host, path) == said)
    repo.push("topic", app=app("feature"))
    number = repo.pull("topic")
    repo.say(number, "/devstack deploy --label pathed")
    stage.wait_ready(repo.name, number)
    preview = f"pathed.{repo.host}"
    seen = [
        answer(repo, repo.host),
        answer(repo, repo.host, label="pathed"),
        answer(repo, preview),
        answer(repo, repo.host, "/api"),
        answer(repo, repo.host, "/api", label="pathed"),
        answer(repo, preview, "/api"),
        answer(repo, preview, "/other"),
    ]
    assert seen == ["base", "feature", "feature", "api", "api", "api", "feature"]
    repo.close(number)
    repo.wait_gone(number)
    assert [answer(repo, repo.host, path, label="pathed") for path in ("/", "/api")] == ["base", "api"]
    stage.kubectl("delete", "namespace", "paths", "--timeout=60s")


CHART = """\
apiVersion: v2
name: web
version: 0.1.0
"""
STATE = """\
releases:
  - name: web-{{ .Values.devstack_label }}
    chart: ./chart
    values: [late.yaml.gotmpl]
"""


def test_a_helmfile_that_would_run_something_is_refused_before_anything_ran(stage: Stage) -> None:
    repo = Repository(stage, "evil", deploy="command")
    mark = stage.folder / "mark"
    exec_mark = f"exec:///usr/bin/touch?args={mark}"
    described = config(repo.host, deploy="command") + b"helmfile: deploy/helmfile.yaml.gotmpl\n"
    files: dict[str, bytes | None] = {
        ".devstack.yaml": described,
        "app.py": app("evil"),
        "deploy/helmfile.yaml.gotmpl": STATE.encode(),
        "deploy/chart/Chart.yaml": CHART.encode(),
        "deploy/late.yaml.gotmpl": b"a: 1\n",
        "deploy/node_modules/evil.conf": f"a: ref+{exec_mark}\n".encode(),
    }
    stage.github.push(repo.name, "topic", files, "ada")
    number = repo.pull("topic")
    repo.say(number, "/devstack deploy")
    stage.wait_comment(repo.name, number, "could not be deployed", "deploy/node_modules/evil.conf:1", "`ref+…`")
    hidden = f'a: {{{{ list "ref" "{exec_mark}" | join (printf "%c" 43) }}}}\n'
    files = {"deploy/node_modules/evil.conf": None, "deploy/late.yaml.gotmpl": hidden.encode()}
    stage.github.push(repo.name, "topic", files, "ada")
    stage.wait_comment(repo.name, number, "could not be deployed", "need more than the repository")
    assert not mark.exists()
    repo.close(number)
    repo.wait_gone(number)
