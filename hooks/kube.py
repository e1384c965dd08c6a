"""The cluster's API, as far as a hook needs it: a dozen requests over one connection pool.

Not the `kubernetes` package: its import costs 0.23 s of CPU and 43 MB, urllib3's 0.07 s and 22 MB, in a pod that lives
for two seconds, and botocore brings urllib3 anyway.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlencode

from hooks.contract import Problem, Unreachable

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
API = "the cluster's API"
CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0

MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"

GROUPS = {"deployments": "/apis/apps/v1", "statefulsets": "/apis/apps/v1", "daemonsets": "/apis/apps/v1"}
CORE = "/api/v1"
VERBS = {"GET": "get", "POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}

Object = dict[str, Any]


class Conflict(Exception):
    """The object exists already, or somebody else has changed it since it was read."""


class NotThere(Problem):
    """What was to be changed does not exist, or its namespace does not."""


class Forbidden(Problem):
    """The hook's account may not do this."""


class NoCluster(Problem):
    """This run has no cluster to talk to."""


class Response(Protocol):
    """What of urllib3's answer is read."""

    status: int

    @property
    def data(self) -> bytes:
        """The body."""
        ...


class Pool(Protocol):
    """urllib3's connection pool, as far as it is used."""

    def request(self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str]) -> Response:
        """Send one request and read all of its answer."""
        ...


class Kube:
    """One API server. Safe for threads. Raises Problem (not allowed, not accepted), Conflict, NotThere, Unreachable."""

    def __init__(self, pool: Pool | None, token: Callable[[], str] = str) -> None:
        """`pool` is None where there is no cluster. `token` is asked for each request: kubelets renew it."""
        self._pool = pool
        self._token = token

    def get(self, plural: str, namespace: str, name: str) -> Object | None:
        """The object, or None where there is none."""
        return self._parsed("GET", plural, namespace, name)

    def list(self, plural: str, namespace: str, labels: Mapping[str, str] | None = None) -> list[Object]:
        """All objects of the namespace that carry these labels."""
        selector = ",".join(f"{key}={value}" for key, value in (labels or {}).items())
        found = self._parsed("GET", plural, namespace, query={"labelSelector": selector} if selector else {})
        return list((found or {}).get("items") or [])

    def create(self, plural: str, namespace: str, body: Object) -> Object:
        """The object as it was made. Conflict where it exists."""
        return self._written("POST", plural, namespace, body=body)

    def replace(self, plural: str, namespace: str, name: str, body: Object) -> Object:
        """Put another in its place. Conflict where the body's resourceVersion is an old one."""
        return self._written("PUT", plural, namespace, name, body=body)

    def merge(self, plural: str, namespace: str, name: str, patch: Object) -> Object:
        """Merge a patch into it: null removes a key. Conflict where the patch's resourceVersion is an old one."""
        return self._written("PATCH", plural, namespace, name, body=patch, content=MERGE)

    def strategic(self, plural: str, namespace: str, name: str, patch: Object) -> Object:
        """Merge a patch into it, lists by their items' names."""
        return self._written("PATCH", plural, namespace, name, body=patch, content=STRATEGIC)

    def delete(self, plural: str, namespace: str, name: str, *, grace: int | None = None) -> bool:
        """Whether there was one. `grace`: seconds that a Pod gets to end by itself."""
        options: Object = {"propagationPolicy": "Background"}
        if grace is not None:
            options["gracePeriodSeconds"] = grace
        return self._parsed("DELETE", plural, namespace, name, body=options) is not None

    def logs(self, namespace: str, pod: str, lines: int) -> str:
        """The last lines that a Pod printed; empty where there are none (any more)."""
        none_at = (404, 400)  # it is gone; it has not started
        answer = self._send("GET", "pods", namespace, pod, "log", query={"tailLines": str(lines)}, none_at=none_at)
        return "" if answer is None else answer.decode(errors="replace")

    def _parsed(
        self, method: str, plural: str, namespace: str, name: str = "", *,
        body: Object | None = None, query: Mapping[str, str] | None = None,
    ) -> Object | None:  # fmt: skip
        answer = self._send(method, plural, namespace, name, body=body, query=query, none_at=(404,))
        return None if answer is None else _json(answer)

    def _written(
        self, method: str, plural: str, namespace: str, name: str = "", *,
        body: Object, content: str = "application/json",
    ) -> Object:  # fmt: skip
        return _json(self._send(method, plural, namespace, name, body=body, content=content) or b"{}")

    def _send(
        self, method: str, plural: str, namespace: str, name: str = "", part: str = "", *,
        body: Object | None = None, content: str = "application/json", query: Mapping[str, str] | None = None,
        none_at: tuple[int, ...] = (),
    ) -> bytes | None:  # fmt: skip
        if self._pool is None:
            raise NoCluster("this run has no cluster to talk to", "It must run in a Pod with a ServiceAccount.")
        from urllib3.exceptions import HTTPError

        path = "/".join(
            [GROUPS.get(plural, CORE), "namespaces", namespace, plural, *(quote(each) for each in (name, part) if each)]
        )
        headers = {
            "Accept": "application/json",
            "Content-Type": content,
            "Authorization": f"Bearer {self._token()}",
            "User-Agent": "devstack-hooks",
        }
        try:
            answer = self._pool.request(
                method,
                f"{path}?{urlencode(query)}" if query else path,
                body=None if body is None else json.dumps(body).encode(),
                headers=headers,
            )
            data = answer.data
        except HTTPError as error:
            raise Unreachable(API, type(error).__name__) from error
        if answer.status < 300:
            return data
        if answer.status in none_at:
            return None
        verb = "list" if method == "GET" and not name else VERBS[method]
        raise _refusal(answer.status, data, verb, f"{plural}/{part}" if part else plural, namespace, name)


def in_cluster(env: Mapping[str, str], account: Path = ACCOUNT) -> Kube:
    """The API of the cluster that this Pod runs in; one that answers NoCluster where it runs in none."""
    host = env.get("KUBERNETES_SERVICE_HOST")
    if not host or not (account / "token").is_file():
        return Kube(None)
    import urllib3

    pool = urllib3.HTTPSConnectionPool(
        f"[{host}]" if ":" in host else host,
        int(env.get("KUBERNETES_SERVICE_PORT", "443")),
        ca_certs=str(account / "ca.crt"),
        maxsize=8,
        timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        retries=False,
    )
    return Kube(pool, lambda: (account / "token").read_text().strip())


def _refusal(status: int, data: bytes, verb: str, plural: str, namespace: str, name: str) -> Exception:
    message = str(_json(data).get("message") or "")[:300]
    which = f"{plural} `{name}`" if name else plural
    if status == 401:
        return Problem(f"{API} does not accept the hook's account", "Its ServiceAccount may have been made anew: retry.")
    if status == 403 and "being terminated" in message:
        return Problem(f"the namespace `{namespace}` is being deleted", "Wait until it is gone, then deploy again.")
    if status == 403:
        return Forbidden(
            f"the hook may not {verb} {which} in the namespace `{namespace}`",
            f"Its ServiceAccount needs a Role there with the verb `{verb}` on `{plural}`.",
        )
    if status == 404:
        there = f"{which} in the namespace `{namespace}`" if name else f"the namespace `{namespace}`"
        return NotThere(f"{there} does not exist")
    if status == 409:
        return Conflict(message or which)
    if status == 429 or status >= 500:
        return Unreachable(API, f"status {status}")
    return Problem(f"{API} refuses to {verb} {which}: {message or f'status {status}'}")


def _json(data: bytes) -> Object:
    try:
        found = json.loads(data)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
