"""A base whose `orders` is called by its well-known name through Traefik, as objects of a cluster."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from config.settings import Settings
from model.marks import LABEL_INSIDE, LABEL_SERVICE, NOTE_BEHIND
from model.routing.reissue import Backend, Manifest
from model.routing.routes import derive
from tests.pure.workers.kubernetes import KUBECONFIG
from tests.pure.workers.objects import PlayedObjects
from tests.pure.workers.remembering import PlayedRedis
from tests.pure.workers.stage import PlayedWorld
from workers.cluster.client import Cluster

STACK, LABEL, HEADER, HOME = "acme-shop-7", "feature1", "uber-ctx-key", "devstack-acme-shop-7"
GATEWAY = ("10.0.0.9", 80)
ROUTE = "shop/orders-inside-80"


def service(name: str, namespace: str, labels: dict[str, str], **spec: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    ports = [{"name": "http", "port": 80, "targetPort": 8080}, {"name": "rpc", "port": 9000, "targetPort": 9000}]
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": {"ports": ports, **spec}}


def inside_route(port: int = 80, entrypoint: str = "inside", match: str = "", **entry: Any) -> dict[str, Any]:
    """As the ready-made chart makes it."""
    led = [{"name": "orders-base", "port": port, **entry}]
    return {
        "apiVersion": "traefik.io/v1alpha1",
        "kind": "IngressRoute",
        "metadata": {
            "name": f"orders-inside-{port}",
            "namespace": "shop",
            "labels": {LABEL_INSIDE: "true", LABEL_SERVICE: "orders"},
        },
        "spec": {
            "entryPoints": [entrypoint],
            "routes": [{"kind": "Rule", "match": match or "Host(`orders`) || Host(`orders.shop`)", "services": led}],
        },
    }


def base(*routes: dict[str, Any]) -> list[dict[str, Any]]:
    """Services and in-cluster routes; of no port but 80 unless told so."""
    named = service(
        "orders",
        "shop",
        {LABEL_INSIDE: "true", LABEL_SERVICE: "orders"},
        type="ExternalName",
        externalName="traefik-inside.traefik.svc.cluster.local",
    )
    named["metadata"]["annotations"] = {NOTE_BEHIND: "orders-base"}
    return [
        named,
        service("orders-base", "shop", {LABEL_SERVICE: "orders"}),
        service("traefik-inside", "traefik", {}, clusterIP=GATEWAY[0]),
        *(routes or [inside_route()]),
    ]


def backend(*inside: str) -> Backend:
    """The stack's own."""
    return Backend("orders", (), f"orders-{LABEL}", HOME, 80, inside=inside or (ROUTE,), ports=(80, "http", 9000, "rpc"))


def derived(objects: list[dict[str, Any]], **more: Any) -> list[dict[str, Any]]:
    """The stack's routes: it has no host."""
    routes: list[Manifest] = [each for each in objects if each["kind"] == "IngressRoute"]
    return derive(
        routes,
        stack=STACK,
        label=LABEL,
        header=HEADER,
        namespace=HOME,
        services=[replace(backend(), **more)],
        revision="1",
    )


def world(folder: Path, *objects: dict[str, Any]) -> tuple[PlayedWorld, PlayedObjects]:
    """The worker's rooms on a cluster that has these objects."""
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(KUBECONFIG)
    cluster = PlayedObjects()
    cluster.have(*objects)
    settings = Settings(kubeconfig=str(kubeconfig), work_dir=folder, traefik_api_group="traefik.io", traefik_syntax="v3")
    made = PlayedWorld(settings, cluster, PlayedRedis())
    played = Cluster(settings)
    played._api.rest_client.pool_manager = cluster
    made.cluster = played
    return made, cluster
