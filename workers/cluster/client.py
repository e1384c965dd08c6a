"""The one caller of the Kubernetes API: objects are plain dicts, faults are ours."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import urllib3
from kubernetes import client as kubernetes_client
from kubernetes import config as kubernetes_config

from config.settings import Settings
from workers.faults import OurFault, Unavailable

FIELD_MANAGER = "devstack"
TIMEOUT = urllib3.Timeout(connect=5, read=30)
PAGE = 500
POLL_SECONDS = 0.1
SERVER = "The cluster"


class Conflict(OurFault):
    """Somebody else changed the object meanwhile, or it exists already."""


class Forbidden(OurFault):
    """Our account may not do this; the message names what and where to mend it."""


class Rejected(OurFault):
    """The API server does not accept the object (422 or 400); the message is its own."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of object: API version as in manifests, plural name, whether it lives in a namespace."""

    api_version: str
    plural: str
    namespaced: bool = True

    def path(self, namespace: str | None = None, name: str | None = None, subresource: str = "") -> str:
        """Path of the collection, or of one object."""
        root = f"/api/{self.api_version}" if "/" not in self.api_version else f"/apis/{self.api_version}"
        parts = [root]
        if self.namespaced and namespace is not None:
            parts.append(f"namespaces/{quote(namespace, safe='')}")
        parts.append(self.plural)
        if name is not None:
            parts.append(quote(name, safe=""))
        if subresource:
            parts.append(subresource)
        return "/".join(parts)


NAMESPACES = Resource("v1", "namespaces", namespaced=False)
PODS = Resource("v1", "pods")
SECRETS = Resource("v1", "secrets")
SERVICES = Resource("v1", "services")
EVENTS = Resource("v1", "events")
DEPLOYMENTS = Resource("apps/v1", "deployments")
STATEFULSETS = Resource("apps/v1", "statefulsets")
DAEMONSETS = Resource("apps/v1", "daemonsets")
JOBS = Resource("batch/v1", "jobs")
CRONJOBS = Resource("batch/v1", "cronjobs")
STACKS = Resource("devstack.dev/v1alpha1", "stacks", namespaced=False)


class Cluster:
    """Calls with the kubeconfig of the settings, or with the Pod's own account."""

    def __init__(self, settings: Settings) -> None:
        configuration = kubernetes_client.Configuration()
        try:
            if settings.kubeconfig:
                kubernetes_config.load_kube_config(config_file=settings.kubeconfig, client_configuration=configuration)
            elif Path(kubernetes_config.KUBE_CONFIG_DEFAULT_LOCATION).expanduser().exists():
                kubernetes_config.load_kube_config(client_configuration=configuration)
            else:
                kubernetes_config.load_incluster_config(client_configuration=configuration)
        except kubernetes_config.ConfigException as error:
            raise OurFault(f"no cluster to work with: {str(error).rstrip('.')}. Set DEVSTACK_KUBECONFIG.") from error
        configuration.retries = urllib3.Retry(total=0)
        self._api = kubernetes_client.ApiClient(configuration)

    def get(self, resource: Resource, name: str, namespace: str | None = None) -> dict[str, Any] | None:
        """One object; None where there is none."""
        return self._call("GET", resource.path(namespace, name), missing=True)

    def read(self, path: str) -> dict[str, Any] | None:
        """What stands at a path of the API that is no object, such as `/version`; None where there is nothing."""
        return self._call("GET", path, missing=True)

    def list(
        self, resource: Resource, namespace: str | None = None, labels: str = "", fields: str = ""
    ) -> list[dict[str, Any]]:
        """All objects that match, page by page. A kind that the cluster does not know has none."""
        found: list[dict[str, Any]] = []
        token = ""
        while True:
            query = {"limit": str(PAGE), "labelSelector": labels, "fieldSelector": fields, "continue": token}
            page = self._call("GET", resource.path(namespace), query=query, missing=True)
            if page is None:
                return found
            found += page["items"]
            token = page["metadata"].get("continue") or ""
            if not token:
                return found

    def create(self, resource: Resource, body: Mapping[str, Any], namespace: str | None = None) -> dict[str, Any]:
        """Make an object; Conflict where it exists."""
        return self._must("POST", resource.path(namespace), body=body, query={"fieldManager": FIELD_MANAGER})

    def replace(
        self, resource: Resource, name: str, body: Mapping[str, Any], namespace: str | None = None, subresource: str = ""
    ) -> dict[str, Any]:
        """Put an object in the place of the one whose resourceVersion it has; Conflict where that is not the newest."""
        path = resource.path(namespace, name, subresource)
        return self._must("PUT", path, body=body, query={"fieldManager": FIELD_MANAGER})

    def apply(self, resource: Resource, body: Mapping[str, Any], namespace: str | None = None) -> dict[str, Any]:
        """Server-side apply, in our name."""
        path = resource.path(namespace, str(body["metadata"]["name"]))
        query = {"fieldManager": FIELD_MANAGER, "force": "true"}
        return self._must("PATCH", path, body=body, query=query, content="application/apply-patch+yaml")

    def delete(self, resource: Resource, name: str, namespace: str | None = None, uid: str = "") -> bool:
        """Begin to delete an object, only the very one where `uid` is given; False where there was none."""
        options: dict[str, Any] = {"propagationPolicy": "Background"}
        if uid:
            options["preconditions"] = {"uid": uid}
        return self._call("DELETE", resource.path(namespace, name), body=options, missing=True) is not None

    def gone(self, resource: Resource, name: str, namespace: str | None = None, *, timeout: float) -> bool:
        """Wait until an object is gone; False where it is still there after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while self.get(resource, name, namespace) is not None:
            if time.monotonic() > deadline:
                return False
            time.sleep(POLL_SECONDS)
        return True

    def logs(self, namespace: str, pod: str, container: str, lines: int, *, previous: bool = False) -> str:
        """The last lines of a container; empty where it has not started."""
        query = {"container": container, "tailLines": str(lines), "previous": str(previous).lower()}
        try:
            return self._raw("GET", PODS.path(namespace, pod, "log"), query=query).decode(errors="replace")
        except (Rejected, KeyError):
            return ""

    def openapi(self, api_version: str) -> dict[str, Any] | None:
        """The description of an API group's kinds (OpenAPI 3); None where the group is not served.

        For a group whose last definition was removed the API server answers 200 with nothing, for a while.
        """
        try:
            described = self._raw("GET", f"/openapi/v3/apis/{api_version}")
        except KeyError:
            return None
        found: dict[str, Any] | None = json.loads(described) if described else None
        return found

    def resources(self) -> Iterator[Resource]:
        """All namespaced kinds that can be listed and deleted, as the cluster has them."""
        core = self._must("GET", "/api/v1")
        groups = self._must("GET", "/apis")["groups"]
        lists = [("v1", core)]
        for group in groups:
            version = group["preferredVersion"]["groupVersion"]
            found = self._call("GET", f"/apis/{version}", missing=True)
            if found is not None:
                lists.append((version, found))
        for version, found in lists:
            for each in found.get("resources", []):
                if each["namespaced"] and "/" not in each["name"] and {"list", "delete"} <= set(each["verbs"]):
                    yield Resource(version, each["name"])

    def _must(self, method: str, path: str, **given: Any) -> dict[str, Any]:
        found = self._call(method, path, **given)
        if found is None:
            raise OurFault(f"{method} {path}: the cluster knows no such kind or object (are the CRDs installed?)")
        return found

    def _call(self, method: str, path: str, *, missing: bool = False, **given: Any) -> dict[str, Any] | None:
        try:
            answer: dict[str, Any] = json.loads(self._raw(method, path, **given))
        except KeyError:
            if missing:
                return None
            raise OurFault(f"{method} {path}: not found") from None
        return answer

    def _raw(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        content: str = "application/json",
    ) -> bytes:
        """The answer's bytes. KeyError for 404, our faults for the rest."""
        headers = {"Accept": "application/json", "Content-Type": content, "User-Agent": "devstack"}
        self._api.update_params_for_auth(headers, [], ["BearerToken"], path, method, None)
        given = {key: value for key, value in (query or {}).items() if value}
        url = f"{self._api.configuration.host}{path}" + (f"?{urlencode(given)}" if given else "")
        try:
            response = self._api.rest_client.pool_manager.request(
                method, url, headers=headers, body=json.dumps(body) if body is not None else None, timeout=TIMEOUT
            )
        except urllib3.exceptions.HTTPError as error:
            raise Unavailable(SERVER, str(error)) from error
        if response.status < 400:
            return bytes(response.data)
        raise _fault(method, path, response.status, bytes(response.data))


def _fault(method: str, path: str, status: int, body: bytes) -> Exception:
    try:
        message = str(json.loads(body).get("message", ""))
    except ValueError:
        message = body[:300].decode(errors="replace")
    match status:
        case 404:
            return KeyError(path)
        case 409:
            return Conflict(message)
        case 400 | 422:
            return Rejected(f"{method} {path}: {message}")
        case 401 | 403:
            return Forbidden(f"the cluster does not allow {method} {path}: {message}. See the chart's RBAC.")
        case 429 | 500 | 502 | 503 | 504:
            return Unavailable(SERVER, f"{status} {message}")
        case _:
            return OurFault(f"{method} {path}: {status} {message}")
