"""The Kubernetes API as far as Stacks need it, in memory, at the edge where HTTP requests leave the process."""

import copy
import itertools
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonschema
import urllib3
import yaml

STACKS = "/apis/devstack.dev/v1alpha1/stacks"
CRD = Path(__file__).resolve().parents[3] / "helm" / "bot" / "crds" / "stack.yaml"
KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters: [{name: played, cluster: {server: "http://cluster.test"}}]
contexts: [{name: played, context: {cluster: played, user: played}}]
users: [{name: played, user: {}}]
current-context: played
"""

Object = dict[str, Any]


@cache
def schema() -> jsonschema.Draft202012Validator:
    """What the definition of Stacks takes."""
    version = yaml.safe_load(CRD.read_text())["spec"]["versions"][0]
    return jsonschema.Draft202012Validator(version["schema"]["openAPIV3Schema"])


@dataclass(frozen=True)
class Response:
    """As urllib3 gives it."""

    status: int
    data: bytes


@dataclass
class PlayedCluster:
    """Stands in for urllib3's pool manager. `silent` requests from now on are not answered."""

    stacks: dict[str, Object] = field(default_factory=dict)
    silent: int = 0
    requests: list[str] = field(default_factory=list)
    _versions: Any = field(default_factory=lambda: itertools.count(1))

    def request(
        self, method: str, url: str, *, headers: dict[str, str], body: str | None, timeout: object = None
    ) -> Response:
        """Answer one request."""
        if self.silent > 0:
            self.silent -= 1
            raise urllib3.exceptions.ProtocolError("the played cluster is silent")
        parts = urlsplit(url)
        self.requests.append(f"{method} {parts.path}")
        given = json.loads(body) if body else {}
        name, _, part = parts.path.removeprefix(STACKS).strip("/").partition("/")
        if not parts.path.startswith(STACKS):
            return refused(404, f"nothing is played at {parts.path}")
        match method, bool(name):
            case "GET", False:
                return self._list(parse_qs(parts.query).get("labelSelector", [""])[0])
            case "POST", False:
                return self._create(given)
            case _, _ if name not in self.stacks:
                return refused(404, f'stacks "{name}" not found')
            case "GET", _:
                return good(self.stacks[name])
            case "PUT", _:
                return self._replace(name, part, given)
            case "DELETE", _:
                return self._delete(name)
        return refused(405, method)

    def _list(self, selector: str) -> Response:
        key, _, value = selector.partition("=")
        found = [each for each in self.stacks.values() if not key or each["metadata"]["labels"].get(key) == value]
        return good({"items": found, "metadata": {}})

    def _create(self, given: Object) -> Response:
        metadata = given["metadata"]
        if metadata["name"] in self.stacks:
            return refused(409, "already exists")
        metadata |= {"uid": f"uid-{next(self._versions)}", "generation": 1, "creationTimestamp": stamp()}
        return self._keep(given)

    def _replace(self, name: str, part: str, given: Object) -> Response:
        stored = copy.deepcopy(self.stacks[name])
        if given["metadata"]["resourceVersion"] != stored["metadata"]["resourceVersion"]:
            return refused(409, "the object has been modified")
        if part == "status":
            return self._keep({**stored, "status": given["status"]})
        kept = {key: stored["metadata"].get(key) for key in ("generation", "deletionTimestamp", "uid")}
        new = {**given, "metadata": {**given["metadata"], **{key: value for key, value in kept.items() if value}}}
        if "status" in stored:
            new["status"] = stored["status"]
        if new["spec"] != stored["spec"]:
            new["metadata"]["generation"] += 1
        if new["metadata"].get("deletionTimestamp") and not new["metadata"]["finalizers"]:
            del self.stacks[name]
            return good(new)
        return self._keep(new)

    def _delete(self, name: str) -> Response:
        stored = self.stacks[name]
        if not stored["metadata"]["finalizers"]:
            return good(self.stacks.pop(name))
        if "deletionTimestamp" not in stored["metadata"]:
            stored["metadata"] |= {"deletionTimestamp": stamp(), "generation": stored["metadata"]["generation"] + 1}
            return self._keep(stored)
        return good(stored)

    def _keep(self, stack: Object) -> Response:
        problems = [f"{error.json_path}: {error.message}" for error in schema().iter_errors(stack)]
        if problems:
            return refused(422, "; ".join(problems))
        stack["metadata"]["resourceVersion"] = str(next(self._versions))
        self.stacks[stack["metadata"]["name"]] = copy.deepcopy(stack)
        return good(stack)


def good(data: Object) -> Response:
    """An answer with an object."""
    return Response(200, json.dumps(data).encode())


def refused(status: int, message: str) -> Response:
    """An answer as Kubernetes refuses."""
    return Response(status, json.dumps({"kind": "Status", "message": message}).encode())


def stamp() -> str:
    """The present time as Kubernetes writes it."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
