"""The base application of the suite, once for all: which rules it has, in which objects, in either rule language."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from model.marks import LABEL_LABEL
from model.routing.rules import Syntax

BASE, TEAM = "routing-base", "routing-team"
CLASS = "routing-suite"  # no other Traefik of the cluster serves it
CLASS_ANNOTATION = "kubernetes.io/ingress.class"

SHOP = "shop.example.org"
PAIR_A, PAIR_B = "a.example.org", "b.example.org"
TENANT = "acme.tenants.example.org"
SECURE = "secure.example.org"
NEW = "new.example.org"  # no rule of the base names it

_SHOP = f"Host(`{SHOP}`)"


@dataclass(frozen=True)
class Rule:
    """`match` in version 3's language, `old` in version 2's where it reads otherwise. `to`: names of Services."""

    match: str
    to: tuple[str, ...]
    old: str = ""
    priority: int = 0
    middlewares: tuple[str, ...] = ()
    rest: Mapping[str, Any] = field(default_factory=dict)  # further fields of the only service entry
    weights: tuple[int, ...] = ()

    def text(self, syntax: Syntax) -> str:
        """The rule in a language."""
        return self.old if syntax == "v2" and self.old else self.match


@dataclass(frozen=True)
class Route:
    """One IngressRoute."""

    name: str
    rules: tuple[Rule, ...]
    namespace: str = BASE
    entrypoints: tuple[str, ...] = ("web",)
    tls: Mapping[str, Any] | None = None


ROUTES = (
    Route(
        "shop",
        (
            Rule(_SHOP, ("site",)),
            Rule(f"{_SHOP} && PathPrefix(`/orders`)", ("orders",), rest={"sticky": {"cookie": {"name": "lb"}}}),
            Rule(f"{_SHOP} && PathPrefix(`/orders`) && Method(`DELETE`)", ("audit",)),
            Rule(f"{_SHOP} && PathPrefix(`/orders/archive`)", ("archive",), priority=-1),
            Rule(f"{_SHOP} && Path(`/orders/hot`)", ("hot",), priority=5000),
            Rule(
                f"{_SHOP} && (PathPrefix(`/cart`) || PathPrefix(`/basket`))",
                ("cart",),
                old=f"{_SHOP} && PathPrefix(`/cart`, `/basket`)",
                middlewares=("strip-cart",),
            ),
            Rule(
                f"{_SHOP} && PathPrefix(`/site`) && Header(`X-Beta`, `1`)",
                ("beta",),
                old=f"{_SHOP} && PathPrefix(`/site`) && Headers(`X-Beta`, `1`)",
            ),
            Rule(
                f"{_SHOP} && PathPrefix(`/search`) && !Query(`mode`, `slow`)",
                ("search",),
                old=f"{_SHOP} && PathPrefix(`/search`) && !Query(`mode=slow`)",
            ),
            Rule(f"{_SHOP} && PathPrefix(`/docs`)", ("docs", "docs-old"), weights=(1, 0)),
            Rule(f"{_SHOP} && PathPrefix(`/pay`)", ("pay-split",), rest={"kind": "TraefikService"}),
        ),
        entrypoints=("web", "internal"),
    ),
    Route("admin", (Rule(f"{_SHOP} && PathPrefix(`/admin`)", ("admin",)),), entrypoints=("internal",)),
    Route(
        "reports",
        (Rule(f"{_SHOP} && PathPrefix(`/reports`)", ("reports",), middlewares=("strip-reports",)),),
        namespace=TEAM,
    ),
    Route(
        "tenants",
        (
            Rule(
                r"HostRegexp(`^[a-z]+\.tenants\.example\.org$`)",
                ("tenants",),
                old="HostRegexp(`{tenant:[a-z]+}.tenants.example.org`)",
            ),
        ),
    ),
    Route(
        "pair",
        (
            Rule(f"Host(`{PAIR_A}`)", ("solo",), priority=60),
            Rule(f"Host(`{PAIR_A}`) || Host(`{PAIR_B}`)", ("duo",), old=f"Host(`{PAIR_A}`, `{PAIR_B}`)", priority=50),
        ),
    ),
    Route(
        "secure",
        (Rule(f"Host(`{SECURE}`)", ("vault",)),),
        entrypoints=("secure",),
        tls={"secretName": "secure-tls", "options": {"name": "newest"}},
    ),
    Route("rest", (Rule("PathPrefix(`/`)", ("rest",), priority=1),)),
)
# What a TraefikService leads to, with its weights: the second is a canary that gets nothing yet.
SPLIT = ("pay-split", (("pay", 1), ("pay-next", 0)))
STRIPPED = {"strip-cart": (BASE, ("/cart", "/basket")), "strip-reports": (TEAM, ("/reports",))}


def backends() -> Iterator[tuple[str, str]]:
    """Name and namespace of every Service of the base."""
    for route in ROUTES:
        for rule in route.rules:
            if rule.rest.get("kind") != "TraefikService":
                yield from ((name, route.namespace) for name in rule.to)
    yield from ((name, BASE) for name, _ in SPLIT[1])


def ingress_routes(group: str, syntax: Syntax, ports: Mapping[str, int]) -> list[dict[str, Any]]:
    """The base's IngressRoutes; `ports` are those of the Services `<name>@base`."""
    return [_ingress_route(route, group, syntax, ports) for route in ROUTES]


def beside(group: str, ports: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """The other objects of the base: middlewares, a weighted service, how TLS is spoken."""
    for name, (namespace, prefixes) in STRIPPED.items():
        yield _object(group, "Middleware", name, namespace, {"stripPrefix": {"prefixes": list(prefixes)}})
    name, parts = SPLIT
    shares = [{"name": part, "port": ports[f"{part}@base"], "weight": weight} for part, weight in parts]
    yield _object(group, "TraefikService", name, BASE, {"weighted": {"services": shares}})
    yield _object(group, "TLSOption", "newest", BASE, {"minVersion": "VersionTLS13"})


def metadata(name: str, namespace: str) -> dict[str, Any]:
    """Of the suite's class, and marked as a label's own: a bot that works on this cluster takes none of it for a base."""
    marks = {"labels": {LABEL_LABEL: CLASS}, "annotations": {CLASS_ANNOTATION: CLASS}}
    return {"name": name, "namespace": namespace, **marks}


def _ingress_route(route: Route, group: str, syntax: Syntax, ports: Mapping[str, int]) -> dict[str, Any]:
    rules = [_route(rule, syntax, ports) for rule in route.rules]
    spec = {"entryPoints": list(route.entrypoints), "routes": rules, **({"tls": dict(route.tls)} if route.tls else {})}
    return _object(group, "IngressRoute", route.name, route.namespace, spec)


def _route(rule: Rule, syntax: Syntax, ports: Mapping[str, int]) -> dict[str, Any]:
    made: dict[str, Any] = {"match": rule.text(syntax), "kind": "Rule", "services": list(_entries(rule, ports))}
    if rule.priority:
        made["priority"] = rule.priority
    if rule.middlewares:
        made["middlewares"] = [{"name": name} for name in rule.middlewares]
    return made


def _entries(rule: Rule, ports: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    weights: Sequence[int | None] = rule.weights or (None,) * len(rule.to)
    for name, weight in zip(rule.to, weights, strict=True):
        port = {} if rule.rest.get("kind") == "TraefikService" else {"port": ports[f"{name}@base"]}
        yield {"name": name, **port, **({} if weight is None else {"weight": weight}), **rule.rest}


def _object(group: str, kind: str, name: str, namespace: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": f"{group}/v1alpha1", "kind": kind, "metadata": metadata(name, namespace), "spec": spec}
