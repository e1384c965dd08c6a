"""What is issued again, as Traefik's own objects: IngressRoutes, the Middlewares and TraefikServices that they need."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from model import names
from model.marks import LABEL_LABEL, LABEL_STACK
from model.routing import inside, references
from model.routing.context import condition, given, rank
from model.routing.preview import AS_BASE, Preview
from model.routing.preview import references as named_middlewares
from model.routing.reissue import OFFSET, OFFSET_BELOW, Manifest, Reissued, identity
from model.routing.rules import Syntax, route_names_host
from model.stack import LABEL_MANAGED

LABEL_SIDE = "devstack.dev/side"
CLASS_ANNOTATION = "kubernetes.io/ingress.class"
ANSWER_HEADER = "x-devstack-stack"  # on every answer that a stack's own service gave, with the stack's name
API_VERSION = "v1alpha1"
MANAGER = "devstack"

Side = Literal["header", "preview", "both"]
Issued = tuple[Manifest | None, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Context:
    """What a stack's objects say of it."""

    stack: str
    label: str
    header: str
    namespace: str
    api_group: str
    syntax: Syntax
    entrypoints: tuple[str, ...]
    revision: str = ""
    preview: Preview = AS_BASE
    classed: Mapping[str, str] = field(default_factory=dict)  # see `common_class`
    beside: bool = False  # each object stands in the namespace of the base's, since Traefik leads to no other one

    def place(self, owner: Manifest | None) -> str:
        """The namespace of what is issued again."""
        return str(owner["metadata"]["namespace"]) if owner and self.beside else self.namespace

    def adds_context(self, namespace: str) -> dict[str, str]:
        """The middleware by which requests for the preview host get the context."""
        return {"name": names.joined(names.DNS_LABEL_MAX, self.stack, "context"), "namespace": namespace}

    def marks_answers(self, namespace: str) -> dict[str, str]:
        """The middleware that marks the answers of the stack's own services."""
        return {"name": marking(self.stack), "namespace": namespace}


def marking(stack: str) -> str:
    """Name of the middleware that marks the answers of a stack's own services."""
    return names.joined(names.DNS_LABEL_MAX, stack, "answer")


def marks(stack: str, label: str, side: str) -> dict[str, str]:
    """The labels by which an object is found as a stack's own."""
    return {LABEL_STACK: stack, LABEL_LABEL: label, LABEL_SIDE: side, LABEL_MANAGED: MANAGER}


def answer_mark(stack: str, revision: str = "") -> str:
    """What the answers of a stack's services carry. With a new revision, an answer that carries it proves that the
    proxy works with a configuration no older than that."""
    return f"{stack}@{revision}" if revision else stack


def with_header(each: Reissued, context: Context) -> dict[str, Any]:
    """The route for requests to the base host that carry the context.

    The context is asked for first: every request to the host is tried against these rules of every live label.
    """
    match = f"{condition(context.header, context.label, each.syntax)} && {each.on_base}"
    guards = () if _is_inside(each.owner) else context.preview.header_middlewares
    return _route(each, match, each.priority, [], guards, context)


def for_preview(each: Reissued, host: str, context: Context, *, shared: bool) -> dict[str, Any]:
    """The route for requests to the preview host. `shared`: a rule of the base may hold there too, so it stands above the
    base's; else below all of them, so that requests to other hosts are not tried against it."""
    match = f"Host(`{host}`)" + (f" && {each.residue}" if each.residue else "")
    added = context.adds_context(context.place(each.owner))
    priority = each.priority if shared else each.priority - OFFSET + OFFSET_BELOW
    return _route(each, match, priority, [added], context.preview.middlewares, context)


def _route(
    each: Reissued,
    match: str,
    priority: int,
    added: list[dict[str, str]],
    guards: Sequence[str],
    context: Context,
) -> dict[str, Any]:
    ranked = priority + rank(context.label)
    route = {"match": match, "kind": "Rule", "priority": ranked, "services": list(each.services)}
    marked = [context.marks_answers(context.place(each.owner))] if each.own else []
    middlewares = [*each.middlewares, *added, *marked]
    if guards:  # what they refuse is marked too: verification sees that the route is there, and need not log in
        middlewares = [*marked, *named_middlewares(guards), *each.middlewares, *added]
    return {**route, **({"middlewares": middlewares} if middlewares else {}), **each.rest}


def objects(sides: Mapping[Side, Iterable[Issued]], context: Context) -> Iterator[dict[str, Any]]:
    """One object for each base IngressRoute, since entry points, class and TLS are an IngressRoute's own; two where the
    operator has preview hosts served in another way."""
    parts: dict[str, list[tuple[Side, Manifest | None, dict[str, Any]]]] = {}
    for side, issued in sides.items():
        for key, (owner, routes) in _by_owner(issued).items():
            spec = _spec(owner, routes, context)
            placed = spec if _is_inside(owner) else _placed(spec, side, context.preview)
            if placed is not None:
                parts.setdefault(key, []).append((side, owner, placed))
    for found in parts.values():
        (_, owner, first), *more = found
        if more and {**more[0][2], "routes": []} == {**first, "routes": []}:
            yield _named("both", owner, {**first, "routes": [*first["routes"], *more[0][2]["routes"]]}, context)
        else:
            yield from (_named(side, owner, spec, context) for side, owner, spec in found)


def _by_owner(issued: Iterable[Issued]) -> dict[str, tuple[Manifest | None, list[dict[str, Any]]]]:
    groups: dict[str, tuple[Manifest | None, list[dict[str, Any]]]] = {}
    for owner, route in issued:
        groups.setdefault(identity(owner) if owner else "", (owner, []))[1].append(route)
    return groups


def _is_inside(owner: Manifest | None) -> bool:
    """Whether a route is for calls from within the cluster: what guards the outside does not concern it."""
    return owner is not None and inside.is_inside(owner)


def foremost(routes: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Of routes with one and the same rule the one that counts: Traefik calls a router after its object and its rule, so
    the last of them would take the place of the others, whatever their priorities."""
    highest: dict[str, dict[str, Any]] = {}
    for route in routes:
        other = highest.get(route["match"])
        if other is None or other["priority"] < route["priority"]:
            highest[route["match"]] = route
    yield from highest.values()


def common_class(base: Iterable[Manifest], hosts: Collection[str] = ()) -> dict[str, str]:
    """The one ingress class that all IngressRoutes of the base name, by field or annotation; empty where they differ.

    A Traefik that serves one class alone serves no object without a class. Where there are routes for the stack's own
    `hosts`, those of their namespaces count: other applications of the cluster may be behind another Traefik.
    """
    found = [each for each in base if each.get("kind", "IngressRoute") == "IngressRoute"]
    homes = {each["metadata"]["namespace"] for each in found if any(route_names_host(each, host) for host in hosts)}
    named = [_class(each) for each in found if not homes or each["metadata"]["namespace"] in homes]
    return named[0] if named and all(each == named[0] for each in named) else {}


def _class(owner: Manifest) -> dict[str, str]:
    found = {
        "ingressClassName": owner["spec"].get("ingressClassName"),
        CLASS_ANNOTATION: (owner["metadata"].get("annotations") or {}).get(CLASS_ANNOTATION),
    }
    return {key: value for key, value in found.items() if value}


def _in_class(manifest: dict[str, Any], classed: Mapping[str, str]) -> dict[str, Any]:
    if field_value := classed.get("ingressClassName"):
        manifest["spec"]["ingressClassName"] = field_value
    if annotated := classed.get(CLASS_ANNOTATION):
        manifest["metadata"]["annotations"] = {CLASS_ANNOTATION: annotated}
    return manifest


def _placed(spec: dict[str, Any], side: Side, preview: Preview) -> dict[str, Any] | None:
    """The spec at the entry points and with the TLS that the operator chose; None where the header counts nowhere."""
    if side == "preview":
        return {**spec, **preview.places(spec)}
    entrypoints = preview.header_places(spec.get("entryPoints") or ())
    if entrypoints is None:
        return None
    return {**spec, **({"entryPoints": list(entrypoints)} if entrypoints else {})}


def _spec(owner: Manifest | None, issued: list[dict[str, Any]], context: Context) -> dict[str, Any]:
    """The spec of an IngressRoute like a base one: same entry points, same way of TLS."""
    routes = list(foremost(issued))
    if owner is None:
        return {**({"entryPoints": list(context.entrypoints)} if context.entrypoints else {}), "routes": routes}
    base = owner["spec"]
    tls = references.tls(base, owner["metadata"]["namespace"])
    spec = {"entryPoints": base["entryPoints"]} if base.get("entryPoints") else {}
    return {**spec, "routes": routes, **({} if tls is None else {"tls": tls})}


def _named(side: Side, owner: Manifest | None, spec: dict[str, Any], context: Context) -> dict[str, Any]:
    """The IngressRoute, in the same class as the base's."""
    pieces = [context.stack, *(() if side == "both" else (side,))]
    if owner is None:
        name = names.joined(names.DNS_LABEL_MAX, *pieces, *(("new",) if side == "both" else ()))
        return _in_class(_manifest("IngressRoute", name, context.namespace, side, spec, context), context.classed)
    hashed = names.short_hash(identity(owner))  # the same name may stand in several namespaces
    name = names.joined(names.DNS_LABEL_MAX, context.stack, owner["metadata"]["name"], hashed, *pieces[1:])
    return _in_class(_manifest("IngressRoute", name, context.place(owner), side, spec, context), _class(owner))


def companions(made: Iterable[Manifest], issued: Iterable[Reissued], context: Context) -> Iterator[dict[str, Any]]:
    """What routes need in their namespaces: copies of TraefikServices; what a request for a preview host is given on its
    way (the context in both forms); an answer's mark."""
    copies = {(copy["namespace"], copy["name"]): copy for each in issued for copy in each.copies}
    for copy in copies.values():
        yield _manifest("TraefikService", copy["name"], copy["namespace"], "both", copy["spec"], context)
    for namespace in sorted({each["metadata"]["namespace"] for each in made}):
        yield from middlewares(namespace, context)


def middlewares(namespace: str, context: Context) -> Iterator[dict[str, Any]]:
    """The stack's own in one namespace; nothing of the base or of its services is in them."""
    added = given(context.header, context.label)
    mark = {ANSWER_HEADER: answer_mark(context.stack, context.revision)}
    yield _headers(context.adds_context(namespace), "preview", {"customRequestHeaders": added}, context)
    yield _headers(context.marks_answers(namespace), "both", {"customResponseHeaders": mark}, context)


def _headers(named: dict[str, str], side: str, headers: dict[str, Any], context: Context) -> dict[str, Any]:
    return _manifest("Middleware", named["name"], named["namespace"], side, {"headers": headers}, context)


def _manifest(kind: str, name: str, namespace: str, side: str, spec: dict[str, Any], context: Context) -> dict[str, Any]:
    labels = marks(context.stack, context.label, side)
    metadata: dict[str, Any] = {"name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": f"{context.api_group}/{API_VERSION}", "kind": kind, "metadata": metadata, "spec": spec}
