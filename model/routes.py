"""The routes of a feature stack as plain manifests, worked out from the base's own IngressRoutes.

For each host of a stack's service, all rules of that host are issued again: for the base host with the context header
as a further condition, and for the preview host with a middleware that adds the context. `model.reissue` has the rules.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from model import names, references, rules
from model.marks import LABEL_LABEL, LABEL_STACK
from model.reissue import (
    Backend,
    BaseRule,
    Manifest,
    Place,
    Refusal,
    RefusedError,
    Reissued,
    check_preview,
    identity,
    of_host,
)
from model.rules import Syntax, UnreadableRuleError
from model.stack import LABEL_MANAGED

__all__ = [
    "ANSWER_HEADER",
    "Backend",
    "Manifest",
    "Place",
    "Refusal",
    "RefusedRoutesError",
    "answer_mark",
    "base_places",
    "derive",
    "is_base",
]

LABEL_SIDE = "devstack.dev/side"
CLASS_ANNOTATION = "kubernetes.io/ingress.class"
ANSWER_HEADER = "x-devstack-stack"  # on every answer that a stack's own service gave, with the stack's name
GROUP_OF_V2 = "traefik.containo.us"  # exists only in version 2, whose rules are written differently
API_VERSION = "v1alpha1"
MANAGER = "devstack"

Side = Literal["header", "preview"]

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_|~-]{1,64}")


class RefusedRoutesError(Exception):
    """Some hosts of the stack cannot get routes without taking something from others; `refusals` says why."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(" ".join(each.problem for each in refusals))
        self.refusals = tuple(refusals)


@dataclass(frozen=True, slots=True)
class _Context:
    stack: str
    label: str
    header: str
    namespace: str
    api_group: str
    entrypoints: tuple[str, ...]
    revision: str = ""

    @property
    def syntax(self) -> Syntax:
        return "v2" if self.api_group == GROUP_OF_V2 else "v3"

    @property
    def adds_context(self) -> dict[str, str]:
        return {"name": names.joined(names.DNS_LABEL_MAX, self.stack, "context"), "namespace": self.namespace}

    @property
    def marks_answers(self) -> dict[str, str]:
        return {"name": names.joined(names.DNS_LABEL_MAX, self.stack, "answer"), "namespace": self.namespace}


def base_places(service: str, name: str, label: str, namespace: str = "") -> tuple[Place, ...]:
    """The Services that by their names may be a service's base: its own name, or the feature's name without the label."""
    found = {service, name.removesuffix(f"-{label}"), name.removeprefix(f"{label}-")} - {""}
    return tuple(Place(each, namespace) for each in sorted(found))


def is_base(manifest: Manifest, feature_namespaces: Collection[str] = ()) -> bool:
    """Whether an IngressRoute belongs to the base: it is no feature's, by its mark or by its namespace."""
    metadata = manifest["metadata"]
    return not (metadata.get("labels") or {}).get(LABEL_LABEL) and metadata["namespace"] not in feature_namespaces


def derive(
    base: Iterable[Manifest],
    *,
    stack: str,
    label: str,
    header: str,
    namespace: str,
    services: Sequence[Backend],
    api_group: str = "traefik.io",
    entrypoints: Sequence[str] = ("web",),
    revision: str = "",
) -> list[dict[str, Any]]:
    """Manifests of a stack's routes, from the base's IngressRoutes (see `is_base`): the middlewares first.

    `revision` marks the answers beside the stack's name (`answer_mark`). `entrypoints` are for hosts that the base does
    not route yet. Raises RefusedRoutesError, or
    names.InvalidNameError for a label, a header or a host that cannot stand in a rule.
    """
    names.checked_label(label)
    checked_header(header)
    context = _Context(stack, label, header, namespace, api_group, tuple(entrypoints), revision)
    backends = [
        each if each.base else replace(each, base=base_places(each.service, each.name, label)) for each in services
    ]
    known, unreadable = _read(base, context.syntax)
    sides: dict[Side, list[tuple[Manifest | None, dict[str, Any]]]] = {"header": [], "preview": []}
    refusals: list[Refusal] = []
    for host in dict.fromkeys(names.checked_host(host) for each in backends for host in each.hosts):
        preview_host = names.checked_host(names.preview_host(label, host))
        try:
            _check_readable(unreadable, host)
            check_preview(known, host, preview_host)
            reissued = list(of_host(known, host, backends, context.syntax))
        except RefusedError as refused:
            refusals.append(refused.refusal)
            continue
        sides["header"] += [(each.owner, _with_header(each, context)) for each in reissued]
        sides["preview"] += [(each.owner, _for_preview(each, preview_host, context)) for each in reissued]
    if refusals:
        raise RefusedRoutesError(refusals)
    objects = [manifest for side, issued in sides.items() for manifest in _objects(issued, side, context)]
    return [*_middlewares(context), *objects] if objects else []


def answer_mark(stack: str, revision: str = "") -> str:
    """What the answers of a stack's services carry. With a new revision, an answer that carries it proves that the
    proxy works with a configuration no older than that."""
    return f"{stack}@{revision}" if revision else stack


def checked_header(name: str) -> str:
    """`name` if it is an HTTP header name that can stand in a rule; else names.InvalidNameError."""
    if not _HEADER.fullmatch(name):
        raise names.InvalidNameError(f"`{name}` is not a header name")
    return name


def _read(base: Iterable[Manifest], syntax: Syntax) -> tuple[list[BaseRule], list[tuple[str, str, str]]]:
    """All rules that can be read, in an order that depends on names alone, and (owner, rule, why) of the others."""
    known: list[BaseRule] = []
    unreadable: list[tuple[str, str, str]] = []
    for owner in sorted(base, key=identity):
        if owner["spec"].get("parentRefs"):
            continue  # holds only beneath its parent, which is refused where it concerns us
        for route in owner["spec"].get("routes") or ():
            match = route.get("match") or ""
            own: Syntax = route["syntax"] if route.get("syntax") in ("v2", "v3") else syntax
            try:
                known.append(BaseRule(owner, route, rules.parse(match), own))
            except UnreadableRuleError as error:
                unreadable.append((identity(owner), match, str(error)))
    return known, unreadable


def _check_readable(unreadable: Iterable[tuple[str, str, str]], host: str) -> None:
    """A rule that we cannot read is in the way where it may concern the host; elsewhere it is none of our business."""
    for owner, match, why in unreadable:
        said = match.lower()
        if host in said or "hostregexp" in said or "host" not in said:
            raise RefusedError(Refusal("unreadable", host, f"The rule `{match}` cannot be read: {why}.", owner))


def _with_header(each: Reissued, context: _Context) -> dict[str, Any]:
    matcher = "Headers" if each.syntax == "v2" else "Header"
    return _route(each, f"{each.on_base} && {matcher}(`{context.header}`, `{context.label}`)", [], context)


def _for_preview(each: Reissued, host: str, context: _Context) -> dict[str, Any]:
    match = f"Host(`{host}`)" + (f" && {each.residue}" if each.residue else "")
    return _route(each, match, [context.adds_context], context)


def _route(each: Reissued, match: str, added: list[dict[str, str]], context: _Context) -> dict[str, Any]:
    route = {"match": match, "kind": "Rule", "priority": each.priority, "services": list(each.services)}
    middlewares = [*each.middlewares, *added, *([context.marks_answers] if each.own else [])]
    return {**route, **({"middlewares": middlewares} if middlewares else {}), **each.rest}


def _objects(
    issued: Iterable[tuple[Manifest | None, dict[str, Any]]], side: Side, context: _Context
) -> Iterator[dict[str, Any]]:
    """One object for each base IngressRoute, since entry points, class and TLS are an IngressRoute's own."""
    groups: dict[str, tuple[Manifest | None, list[dict[str, Any]]]] = {}
    for owner, route in issued:
        groups.setdefault(identity(owner) if owner else "", (owner, []))[1].append(route)
    for owner, routes in groups.values():
        yield _own(routes, side, context) if owner is None else _like(owner, routes, side, context)


def _own(routes: list[dict[str, Any]], side: Side, context: _Context) -> dict[str, Any]:
    spec = {**({"entryPoints": list(context.entrypoints)} if context.entrypoints else {}), "routes": routes}
    return _manifest("IngressRoute", names.joined(names.DNS_LABEL_MAX, context.stack, side), side, spec, context)


def _like(owner: Manifest, routes: list[dict[str, Any]], side: Side, context: _Context) -> dict[str, Any]:
    """An IngressRoute beside a base one: same entry points, same class, same way of TLS."""
    metadata, base = owner["metadata"], owner["spec"]
    spec = {key: base[key] for key in ("entryPoints", "ingressClassName") if base.get(key)}
    tls = references.tls(base, metadata["namespace"])
    spec |= {"routes": routes, **({} if tls is None else {"tls": tls})}
    hashed = names.short_hash(identity(owner))  # the same name may stand in several namespaces
    name = names.joined(names.DNS_LABEL_MAX, context.stack, metadata["name"], hashed, side)
    manifest = _manifest("IngressRoute", name, side, spec, context)
    chosen = (metadata.get("annotations") or {}).get(CLASS_ANNOTATION)
    if chosen:
        manifest["metadata"]["annotations"] = {CLASS_ANNOTATION: chosen}
    return manifest


def _middlewares(context: _Context) -> Iterator[dict[str, Any]]:
    """What a request for a preview host is given on its way (the plain header and W3C baggage), and an answer's mark."""
    given = {context.header: context.label, "baggage": f"{context.header}={context.label}"}
    yield _headers(context.adds_context, "preview", {"customRequestHeaders": given}, context)
    yield _headers(
        context.marks_answers,
        "both",
        {"customResponseHeaders": {ANSWER_HEADER: answer_mark(context.stack, context.revision)}},
        context,
    )


def _headers(named: dict[str, str], side: str, headers: dict[str, Any], context: _Context) -> dict[str, Any]:
    return _manifest("Middleware", named["name"], side, {"headers": headers}, context)


def _manifest(kind: str, name: str, side: str, spec: dict[str, Any], context: _Context) -> dict[str, Any]:
    labels = {
        LABEL_STACK: context.stack,
        LABEL_LABEL: context.label,
        LABEL_SIDE: side,
        LABEL_MANAGED: MANAGER,
    }
    metadata: dict[str, Any] = {"name": name, "namespace": context.namespace, "labels": labels}
    return {"apiVersion": f"{context.api_group}/{API_VERSION}", "kind": kind, "metadata": metadata, "spec": spec}
