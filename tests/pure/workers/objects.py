"""The Kubernetes API for other objects than Stacks, in memory: read, made, changed and taken away as the API does it."""

import copy
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.pure.workers.kubernetes import STACKS, Object, PlayedCluster, Response, good, refused

PLURALS = {"ingressroutes": "IngressRoute", "middlewares": "Middleware", "services": "Service", "namespaces": "Namespace"}


@dataclass
class PlayedObjects(PlayedCluster):
    """`objects` by kind, namespace and name. `requests` that write are in `writes` too."""

    objects: dict[tuple[str, str, str], Object] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)

    def have(self, *manifests: Object) -> None:
        """Have these objects, as somebody else made them."""
        for each in manifests:
            metadata = each["metadata"]
            self._put((each["kind"], metadata.get("namespace", ""), metadata["name"]), each)

    def lose(self, kind: str, name: str = "", namespace: str = "") -> None:
        """Have these objects no more."""
        for key in [each for each in self.objects if each[0] == kind and namespace in ("", each[1])]:
            if name in ("", key[2]):
                del self.objects[key]

    def named(self, kind: str, namespace: str = "") -> dict[str, Object]:
        """The objects of a kind by name."""
        return {name: each for (of, place, name), each in self.objects.items() if of == kind and namespace in ("", place)}

    def request(
        self, method: str, url: str, *, headers: dict[str, str], body: str | None, timeout: object = None
    ) -> Response:
        """Answer one request."""
        parts = urlsplit(url)
        if parts.path.startswith(STACKS):
            return super().request(method, url, headers=headers, body=body, timeout=timeout)
        self.requests.append(f"{method} {parts.path}")
        if method != "GET":
            self.writes.append(f"{method} {parts.path}")
        steps = parts.path.strip("/").split("/")
        steps = steps[2:] if steps[0] == "api" else steps[3:]
        namespace = ""
        if steps[0] == "namespaces" and len(steps) > 2:
            namespace, steps = steps[1], steps[2:]
        kind = PLURALS.get(steps[0])
        if kind is None:
            return refused(404, f"nothing is played at {parts.path}")
        if len(steps) == 1 and method == "GET":
            return self._listed(kind, namespace, parse_qs(parts.query).get("labelSelector", [""])[0])
        given = json.loads(body) if body else {}
        name = steps[1] if len(steps) > 1 else given["metadata"]["name"]
        return self._one(method, (kind, namespace, name), given)

    def _listed(self, kind: str, namespace: str, selector: str) -> Response:
        label, _, value = selector.partition("=")
        there = [each for (of, place, _), each in self.objects.items() if of == kind and namespace in ("", place)]
        found = [
            each for each in there if not label or (label in labels_of(each) and value in ("", labels_of(each)[label]))
        ]
        return good({"items": found, "metadata": {}})

    def _one(self, method: str, key: tuple[str, str, str], given: Object) -> Response:
        there = self.objects.get(key)
        if method == "POST":
            return refused(409, "already exists") if there else self._put(key, given)
        if method == "PATCH":
            return self._put(key, given)
        if there is None:
            return refused(404, "not found")
        if method == "GET":
            return good(there)
        if method == "PUT":
            stale = given["metadata"]["resourceVersion"] != there["metadata"]["resourceVersion"]
            return refused(409, "modified") if stale else self._put(key, given)
        wanted = given.get("preconditions", {}).get("uid")
        if wanted and wanted != there["metadata"]["uid"]:
            return refused(409, "the UID is another")
        return good(self.objects.pop(key))

    def _put(self, key: tuple[str, str, str], given: Object) -> Response:
        made: Any = copy.deepcopy(given)
        version = str(next(self._versions))
        before = self.objects.get(key, {"metadata": {"uid": f"uid-{version}"}})
        made["metadata"] |= {"resourceVersion": version, "uid": before["metadata"]["uid"]}
        self.objects[key] = made
        return good(made)


def labels_of(found: Object) -> dict[str, str]:
    """An object's labels."""
    labels: dict[str, str] = found["metadata"].get("labels") or {}
    return labels
