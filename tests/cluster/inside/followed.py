"""A repository with a chart of its own, and the base that its stack follows, as manifests and files."""

from typing import Any

from playground.cluster.value import Playground
from tests.cluster.inside.callers import image, program

REPOSITORY, HOST, BASE = "inside/follow", "follow.example.com", "inside-base"

CONFIG = f"""\
services:
  web: {{hosts: [{HOST}], port: 8080, watch: ["**"]}}
helmfile: helmfile.yaml.gotmpl
deploy: open
base: {{namespace: {BASE}}}
"""
HELMFILE = """\
releases:
  - name: web-{{ .Values.devstack_label }}
    namespace: {{ .Values.namespace }}
    chart: ./chart
    values:
      - label: {{ .Values.devstack_label | quote }}
        image: {{ .Values.images.web.ref | quote }}
"""
DEPLOYED = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME}
spec:
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: main
          image: {{ .Values.image | quote }}
          env: [{name: WHO, value: WHOM}]
          readinessProbe: {tcpSocket: {port: 7000}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: NAME}
spec:
  selector: {app: NAME}
  ports: [{name: http, port: 80, targetPort: 8080}, {name: tcp, port: 7000}]
"""


def deployed(name: str, who: str) -> bytes:
    """A template of a Deployment with its Service."""
    return DEPLOYED.replace("NAME", name).replace("WHOM", who).encode()


def files() -> dict[str, bytes]:
    """The repository. Its chart's Service has no type, as is usual."""
    return {
        ".devstack.yaml": CONFIG.encode(),
        "helmfile.yaml.gotmpl": HELMFILE.encode(),
        "chart/Chart.yaml": b"apiVersion: v2\nname: web\nversion: 0.1.0\n",
        "chart/templates/web.yaml": deployed("web-{{ .Values.label }}", "feature"),
        "main.py": program("answering").encode(),
        "Dockerfile": b'FROM python:3.11-slim-bookworm\nCOPY main.py /\nCMD ["python3", "-u", "/main.py"]\n',
    }


def base(playground: Playground) -> list[dict[str, Any]]:
    """A namespace with one pod that is all of the base's services."""
    container = {
        "name": "main",
        "image": image(playground),
        "command": ["python3", "-u", "-c", program("answering")],
        "env": [{"name": "WHO", "value": "base"}],
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "all", "namespace": BASE, "labels": {"app": "all"}},
        "spec": {"containers": [container], "terminationGracePeriodSeconds": 0, "enableServiceLinks": False},
    }
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": BASE}}
    return [namespace, pod, service("web"), service("cache"), route("web", f"Host(`{HOST}`)", "web")]


def service(name: str) -> dict[str, Any]:
    """A Service of the base."""
    ports = [{"name": "http", "port": 80, "targetPort": 8080}, {"name": "tcp", "port": 7000}]
    spec = {"selector": {"app": "all"}, "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": BASE}, "spec": spec}


def route(name: str, match: str, service_name: str, namespace: str = BASE) -> dict[str, Any]:
    """A route of a base."""
    rule = {"kind": "Rule", "match": match, "services": [{"name": service_name, "port": 80}]}
    return {
        "apiVersion": "traefik.io/v1alpha1",
        "kind": "IngressRoute",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"entryPoints": ["web"], "routes": [rule]},
    }
