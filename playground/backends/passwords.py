"""The passwords of the backends' administrators: generated once, kept in a Secret beside them."""

import json
import secrets
from base64 import b64decode
from collections.abc import Mapping
from pathlib import Path

from playground import tool
from playground.backends import objects
from playground.backends.table import BACKENDS, NAMESPACE
from playground.cluster.kubectl import REQUEST_SECONDS, Kubectl

NEEDED = tuple(backend.name for backend in BACKENDS.values() if backend.admin)


def read(kubectl: Kubectl) -> Mapping[str, str]:
    """Those in the Secret; none where it is not there. PlaygroundError where the cluster does not answer: then nobody
    knows."""
    argv: list[str | Path] = [kubectl.program, f"--kubeconfig={kubectl.kubeconfig}", "--namespace", NAMESPACE]
    argv += ["get", "secret", objects.SECRET, "--ignore-not-found", "--output=json"]
    answer = tool.run(argv, seconds=REQUEST_SECONDS)
    found = json.loads(answer or "{}").get("data") or {}
    return {name: b64decode(text).decode() for name, text in found.items()}


def complete(found: Mapping[str, str]) -> bool:
    """Whether none is missing."""
    return all(name in found for name in NEEDED)


def ensure(kubectl: Kubectl) -> Mapping[str, str]:
    """The same, after those that were missing have been generated."""
    found = read(kubectl)
    if not complete(found):
        found = {name: found.get(name) or secrets.token_hex(16) for name in NEEDED}
        kubectl.apply(objects.ground(found))
    return found
