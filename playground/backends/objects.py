"""The objects of a backend: a deployment, the service for pods, the ports for this host. Pure."""

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from playground.backends.table import NAMESPACE, Backend

SECRET = "admin"
DATA = "/data"


def ground(passwords: Mapping[str, str]) -> str:
    """The namespace, and the Secret with the administrators' passwords."""
    data = {name: b64encode(password.encode()).decode() for name, password in sorted(passwords.items())}
    return _list(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": _metadata(SECRET), "data": data},
    )


def of(backend: Backend, image: str, ports: Mapping[str, int], *, node_ports: bool) -> str:
    """All of a backend. `ports`: of 127.0.0.1, by what they are for; `node_ports`: the cluster opens them itself."""
    parts = [deployment(backend, image, ports), service(backend)]
    return _list(*parts, node_service(backend, ports)) if node_ports else _list(*parts)


def deployment(backend: Backend, image: str, ports: Mapping[str, int]) -> dict[str, Any]:
    """One pod. It needs no right: neither in the cluster nor on the node."""
    usual, most = backend.memory
    container: dict[str, Any] = {
        "name": backend.name,
        "image": image,
        "env": [*_variables(backend, ports)],
        "ports": [{"containerPort": port} for port in sorted({*backend.ports.values(), *backend.from_host.values()})],
        "startupProbe": {**backend.probe, "periodSeconds": 1, "timeoutSeconds": 10, "failureThreshold": 300},
        # Asked seldom, for some answers take the server a while; and one that is slow for want of processors is not away.
        "readinessProbe": {**backend.probe, "periodSeconds": 10, "timeoutSeconds": 10},
        "resources": {"requests": {"memory": f"{usual}Mi"}, "limits": {"memory": f"{most}Mi"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": [{"name": "data", "mountPath": DATA}],
    }
    if backend.command:
        container["command"] = list(backend.command)
    pod = {
        "enableServiceLinks": False,  # POSTGRES_PORT=tcp://… and the like would confuse the programs
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 1,
        "containers": [container],
        "volumes": [{"name": "data", "emptyDir": {}}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _metadata(backend.name),
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": backend.name}},
            "strategy": {"type": "Recreate"},
            "template": {"metadata": {"labels": {"app": backend.name}}, "spec": pod},
        },
    }


def service(backend: Backend) -> dict[str, Any]:
    """What pods connect to."""
    ports = [{"name": name, "port": port} for name, port in backend.ports.items()]
    return _service(backend.name, backend, {"ports": ports})


def node_service(backend: Backend, ports: Mapping[str, int]) -> dict[str, Any]:
    """What this host connects to; the playground's nodes open such ports on the loopback interface only."""
    opened = [{"name": name, "port": port, "nodePort": ports[name]} for name, port in backend.from_host.items()]
    return _service(f"{backend.name}-host", backend, {"type": "NodePort", "ports": opened})


def _service(name: str, backend: Backend, spec: Mapping[str, object]) -> dict[str, Any]:
    spec = {"selector": {"app": backend.name}, **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": _metadata(name), "spec": spec}


def _variables(backend: Backend, ports: Mapping[str, int]) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = [
        {"name": name, "value": text.format(host=backend.host, **ports)} for name, text in backend.env.items()
    ]
    if backend.admin:
        told.append({"name": backend.admin, "valueFrom": {"secretKeyRef": {"name": SECRET, "key": backend.name}}})
    return told


def _metadata(name: str) -> dict[str, str]:
    return {"name": name, "namespace": NAMESPACE}


def _list(*objects: Mapping[str, Any]) -> str:
    """One object for kubectl: it takes several JSON documents for one that is broken."""
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}, sort_keys=True)
