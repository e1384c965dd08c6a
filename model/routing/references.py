"""Carry a Traefik route from its namespace into another one: every name that it holds is said in full.

Source of the rules for names: Traefik's Kubernetes CRD provider. A name with `@` names its provider and stays as it is.
"""

from collections.abc import Mapping
from typing import Any

ROUTE_FIELDS = ("syntax", "observability")  # what a route keeps besides rule, priority, services and middlewares
OWN_TO_EXTERNAL_NAMES = ("healthCheck", "passiveHealthCheck")  # Traefik drops a route whose ordinary Service has them


def named(entry: Mapping[str, Any], home: str) -> dict[str, Any]:
    """A reference (`name`, `namespace`) that means the same from everywhere; `home` is where it was written."""
    if "@" in entry["name"]:
        return dict(entry)
    return {**entry, "namespace": entry.get("namespace") or home}


def service(entry: Mapping[str, Any], home: str, *, beside: bool = False) -> dict[str, Any]:
    """A route's service entry that means the same from everywhere; `beside`: it stays in its own namespace, from where
    Traefik may not be led to another one, not even by the full name of a servers' transport."""
    carried = named(entry, home)
    if "middlewares" in entry:
        carried["middlewares"] = [named(each, home) for each in entry["middlewares"]]
    transport = entry.get("serversTransport", "")
    if transport and "@" not in transport and not beside:
        carried["serversTransport"] = f"{home}-{transport}".replace(".", "-") + "@kubernetescrd"
    return carried


def redirected(
    entry: Mapping[str, Any], home: str, name: str, namespace: str, port: int | str, *, beside: bool = False
) -> dict[str, Any]:
    """The service entry with another Service in its place; how it is talked to stays."""
    kept = {key: value for key, value in service(entry, home, beside=beside).items() if key not in OWN_TO_EXTERNAL_NAMES}
    return {**kept, "name": name, "namespace": namespace, "port": port}


def middlewares(route: Mapping[str, Any], home: str) -> list[dict[str, Any]]:
    """A route's middlewares, each named in full."""
    return [named(each, home) for each in route.get("middlewares") or ()]


def tls(spec: Mapping[str, Any], home: str) -> dict[str, Any] | None:
    """The TLS part of an IngressRoute without its Secret, which Traefik has loaded already and finds by host name.

    The options must stay: two routers of one host with different options make Traefik fall back to its default.
    """
    if spec.get("tls") is None:
        return None
    carried = {key: value for key, value in spec["tls"].items() if key in ("certResolver", "domains", "options")}
    if carried.get("options"):
        carried["options"] = named(carried["options"], home)
    return carried
