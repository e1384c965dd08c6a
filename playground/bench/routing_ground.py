"""What routing is measured on: a namespace with one base host, and any number of labels that have a service of it.

Routes need a Service to lead to, not a pod: all features lead to one small backend on this host, the base to another.
"""

import json
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kubernetes import client as kubernetes_client
from kubernetes import config as kubernetes_config

from model.marks import LABEL_LABEL
from model.routing import routes
from playground.cluster.value import Playground

HEADER = "uber-ctx-key"
HOST = "shop.example.com"
SERVICE = "shop"
MANAGER = "devstack-bench"
GROUP = "traefik.io"
CLASS = "kubernetes.io/ingress.class"
LANE_PRIORITY = 9 * 10**15  # above all that the bot gives
AT_ONCE = 4
BASE, FEATURE = "base", "feature"  # what the backends say, and what their Services are called
TIMEOUT_SECONDS = 30


@dataclass
class Ground:
    """One namespace; `answers` has the port of each backend on this host."""

    playground: Playground
    namespace: str
    answers: Mapping[str, int]
    lane: bool = False  # whether the base has a rule of its own for requests that carry no context

    @cached_property
    def _api(self) -> Any:
        configuration = kubernetes_client.Configuration()
        kubernetes_config.load_kube_config(
            config_file=str(self.playground.kubeconfig), client_configuration=configuration
        )
        return kubernetes_client.ApiClient(configuration)

    @property
    def base(self) -> dict[str, Any]:
        """The base's own route. Its class, which the features' routes get too, keeps other proxies from reading it."""
        return self._route(SERVICE, {"match": f"Host(`{HOST}`)"}, {})

    @property
    def fast_lane(self) -> dict[str, Any]:
        """The base's rule for requests without context, tried before those of all labels; see docs/routing.md. By the
        label the bot takes it for none of the base's rules that it must issue again."""
        match = f"Host(`{HOST}`) && !HeaderRegexp(`{HEADER}`, `.`) && !HeaderRegexp(`baggage`, `{HEADER}`)"
        return self._route(f"{SERVICE}-fast", {"match": match, "priority": LANE_PRIORITY}, {LABEL_LABEL: "none"})

    def _route(self, name: str, rule: Mapping[str, Any], marks: Mapping[str, str]) -> dict[str, Any]:
        services = [{"name": BASE, "port": self.answers[BASE]}]
        metadata = {
            "name": name, "namespace": self.namespace, "annotations": {CLASS: self.namespace}, "labels": dict(marks)
        }  # fmt: skip
        spec = {"entryPoints": ["web"], "routes": [{**rule, "kind": "Rule", "services": services}]}
        return {"apiVersion": f"{GROUP}/v1alpha1", "kind": "IngressRoute", "metadata": metadata, "spec": spec}

    def features(self, label: str) -> list[dict[str, Any]]:
        """The routes of one label, as the bot derives them."""
        place = routes.Place(BASE)
        backend = routes.Backend(SERVICE, (HOST,), FEATURE, self.namespace, self.answers[FEATURE], (place,))
        return routes.derive(
            [self.base], stack=f"bench-{label}", label=label, header=HEADER, namespace=self.namespace, services=[backend]
        )

    def lay(self, labels: Iterable[str]) -> int:
        """Make all of it; how many objects the labels have."""
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}})
        for name, port in self.answers.items():
            self.apply(self._service(name, port))
        self.apply(self.base)
        if self.lane:
            self.apply(self.fast_lane)
        manifests = [manifest for label in labels for manifest in self.features(label)]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in pool.map(self.apply, manifests):
                pass
        return len(manifests)

    def clear(self) -> None:
        """Begin to remove the namespace."""
        self._call("DELETE", f"/api/v1/namespaces/{self.namespace}")

    def apply(self, manifest: Mapping[str, Any]) -> None:
        """Server-side apply, as the bot does it."""
        query = {"fieldManager": MANAGER, "force": "true"}
        self._call("PATCH", _path(manifest), query, manifest, "application/apply-patch+yaml")

    def remove(self, manifests: Iterable[Mapping[str, Any]]) -> None:
        """Delete objects, at once."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in pool.map(lambda each: self._call("DELETE", _path(each)), manifests):
                pass

    def _service(self, name: str, port: int) -> dict[str, Any]:
        spec = {"type": "ExternalName", "externalName": "127.0.0.1", "ports": [{"port": port}]}
        metadata = {"name": name, "namespace": self.namespace}
        return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}

    def _call(
        self, method: str, path: str, query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None, content: str = "application/json",
    ) -> None:  # fmt: skip
        headers = {"Accept": "application/json", "Content-Type": content}
        self._api.update_params_for_auth(headers, [], ["BearerToken"], path, method, None)
        url = f"{self._api.configuration.host}{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
        answer = self._api.rest_client.pool_manager.request(
            method, url, headers=headers, body=json.dumps(body) if body else None, timeout=TIMEOUT_SECONDS
        )
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {bytes(answer.data)[:500].decode(errors='replace')}")


def labels(count: int) -> list[str]:
    """Labels as they are by default: a repository's name and a number."""
    return [f"orders-{number}" for number in range(1001, 1001 + count)]


def spaced(of: list[str], most: int) -> Iterator[str]:
    """At most that many of a list, the first and the last among them, the others between them at even distances."""
    count = min(most, len(of))
    for number in range(count):
        yield of[round(number * (len(of) - 1) / max(count - 1, 1))]


def _path(manifest: Mapping[str, Any]) -> str:
    metadata = manifest["metadata"]
    kind = f"{manifest['kind'].lower()}s"
    if kind == "namespaces":
        return f"/api/v1/namespaces/{metadata['name']}"
    group = "/api/v1" if manifest["apiVersion"] == "v1" else f"/apis/{manifest['apiVersion']}"
    return f"{group}/namespaces/{metadata['namespace']}/{kind}/{metadata['name']}"
