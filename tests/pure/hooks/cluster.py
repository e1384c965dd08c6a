"""The cluster's API replaced at the edge: where urllib3's pool would send a request, objects in memory answer."""

import base64
import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hooks.kube import Kube

Object = dict[str, Any]
Where = tuple[str, str, str]  # plural, namespace, name

PATH = re.compile(r"/(?:api/v1|apis/apps/v1)/namespaces/([^/]+)/([^/]+)(?:/([^/]+))?(?:/(log))?")


class Died(BaseException):
    """The process is killed at this point."""


@dataclass
class Answer:
    status: int
    data: bytes


@dataclass
class Cluster:
    """`die_at`: kill at this write (counted from 1), `after` or before it took effect. `refuse`: (verb, plural) → status.
    `ends`: how a Pod ends, as (exit code, what it printed); `status`: what a look at it finds instead."""

    objects: dict[Where, Object] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    bodies: list[Object] = field(default_factory=list)
    pods: list[Object] = field(default_factory=list)
    refuse: dict[tuple[str, str], int] = field(default_factory=dict)
    failing: list[Exception] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    ends: Callable[[Object], tuple[int, str]] = lambda pod: (0, "")
    status: Callable[[Object], Object] | None = None
    die_at: int = 0
    after: bool = False
    dead: bool = False
    writes: int = 0
    on_write: Callable[[str, Where], None] = lambda method, where: None

    def __post_init__(self) -> None:
        self._version = 0
        self._lock = threading.RLock()
        self._logs: dict[Where, str] = {}

    @property
    def kube(self) -> Kube:
        return Kube(self, lambda: "token-of-the-account")

    def request(self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        with self._lock:
            assert headers["Authorization"] == "Bearer token-of-the-account"
            if self.dead and self.die_at:
                raise Died  # a process that was killed asks nothing more
            if self.failing:
                raise self.failing.pop()
            parts = urlsplit(url)
            found = PATH.fullmatch(parts.path)
            assert found, url
            namespace, plural, name, part = found.groups()
            where = (plural, namespace, name or "")
            self.requests.append((method, parts.path))
            given = json.loads(body) if body else {}
            if method != "GET":
                self.bodies.append(given)
                self.writes += 1
                if self.writes == self.die_at and not self.after:
                    self.dead = True
                    raise Died
            answer = self._answer(method, where, part, given, parse_qs(parts.query), headers)
            if method != "GET":
                self.on_write(method, (plural, namespace, name or given["metadata"]["name"]))
                if self.writes == self.die_at and self.after:
                    self.dead = True
                    raise Died
            return answer

    def _answer(
        self, method: str, where: Where, part: str | None, given: Object, query: Mapping[str, list[str]], headers: Any
    ) -> Answer:
        plural, namespace, name = where
        verb = {"GET": "get" if name else "list", "POST": "create", "PATCH": "patch", "PUT": "update"}.get(
            method, "delete"
        )
        if status := self.refuse.get((verb, plural)):
            return _failure(status, f"{plural} refused")
        if part:
            return Answer(200, self._logs[where].encode()) if where in self._logs else _failure(404, "no log")
        if method == "GET" and not name:
            wanted = dict(each.split("=") for each in query.get("labelSelector", [""])[0].split(",") if each)
            items = [
                each for (kind, space, _), each in self.objects.items()
                if (kind, space) == (plural, namespace)
                and wanted.items() <= (each["metadata"].get("labels") or {}).items()
            ]  # fmt: skip
            return _answer({"items": items})
        if method == "POST":
            return self._created(plural, namespace, given)
        there = self.objects.get(where)
        if there is None:
            return _failure(404, f'{plural} "{name}" not found')
        if method == "GET":
            seen = {"status": self.status(there)} if plural == "pods" and self.status else {}
            return _answer({**there, **seen})
        if method == "DELETE":
            del self.objects[where]
            return _answer({"status": "Success"})
        asked = (given.get("metadata") or {}).get("resourceVersion")
        if asked and asked != there["metadata"]["resourceVersion"]:
            return _failure(409, "the object has been modified")
        assert "patch" in headers["Content-Type"] or method == "PUT"
        changed = given if method == "PUT" else _merged(there, given)
        return _answer(self.put(plural, namespace, name, {**changed, "metadata": {**changed["metadata"]}}))

    def _created(self, plural: str, namespace: str, given: Object) -> Answer:
        name = given["metadata"]["name"]
        if namespace in self.gone:
            return _failure(404, f'namespaces "{namespace}" not found')
        if (plural, namespace, name) in self.objects:
            return _failure(409, f'{plural} "{name}" already exists')
        made = self.put(plural, namespace, name, given)
        if plural == "pods":
            self.pods.append(made)
            code, printed = self.ends(made)
            self._logs[(plural, namespace, name)] = printed
            ended = {"phase": "Failed" if code else "Succeeded",
                     "containerStatuses": [{"state": {"terminated": {"exitCode": code, "reason": "Error"}}}]}  # fmt: skip
            made["status"] = ended
        return _answer(made)

    def put(self, plural: str, namespace: str, name: str, body: Object) -> Object:
        """Set an object as it is."""
        self._version += 1
        old = self.objects.get((plural, namespace, name))
        uid = old["metadata"]["uid"] if old else f"uid-{self._version}"
        meta = {**(body.get("metadata") or {}), "name": name, "resourceVersion": str(self._version), "uid": uid}
        made: Object = json.loads(json.dumps({**body, "metadata": meta}))
        self.objects[(plural, namespace, name)] = made
        return made

    def secret(self, namespace: str, name: str, **values: str) -> None:
        """A Secret of the base."""
        data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
        self.put("secrets", namespace, name, {"data": data})

    def values(self, namespace: str, name: str) -> dict[str, str] | None:
        """What a Secret holds; None where there is none."""
        found = self.objects.get(("secrets", namespace, name))
        if found is None:
            return None
        return {key: base64.b64decode(value).decode() for key, value in (found.get("data") or {}).items()}


def _merged(there: Object, patch: Object) -> Object:
    merged = dict(there)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            merged[key] = _merged(merged.get(key) or {}, value)
        else:
            merged[key] = value
    return merged


def _answer(body: Object) -> Answer:
    return Answer(200, json.dumps(body).encode())


def _failure(status: int, message: str) -> Answer:
    return Answer(status, json.dumps({"kind": "Status", "message": message}).encode())
