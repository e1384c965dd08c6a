"""The routes of a feature stack as plain manifests, worked out from the base's own IngressRoutes.

For each host of a stack's service, all rules of that host are issued again: for the base host with the context header
as a further condition, and for the preview host with a middleware that adds the context. `model.routing.reissue` has the rules,
`model.routing.conflicts` what stands in their way, `model.routing.ingress` the objects, `model.routing.inside` the calls within the cluster.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from model import names
from model.marks import LABEL_LABEL
from model.routing import balancers, doubts, inside, rules
from model.routing.conflicts import check_http, check_order, check_within, meeting
from model.routing.context import checked_header
from model.routing.doubts import Unread
from model.routing.ingress import (
    ANSWER_HEADER,
    LABEL_SIDE,
    Context,
    Issued,
    Side,
    answer_mark,
    common_class,
    companions,
    for_preview,
    marking,
    middlewares,
    objects,
    with_header,
)
from model.routing.preview import AS_BASE, Preview
from model.routing.reissue import (
    Backend,
    BaseRule,
    Manifest,
    Place,
    Refusal,
    RefusedError,
    Reissued,
    check_preview,
    identity,
    is_shared,
    of_host,
)
from model.routing.rules import InvalidRuleError, Syntax, UnreadableRuleError

__all__ = [
    "ANSWER_HEADER",
    "LABEL_SIDE",
    "Backend",
    "Manifest",
    "Place",
    "Refusal",
    "RefusedRoutesError",
    "ahead",
    "answer_mark",
    "base_places",
    "derive",
    "is_base",
    "marking",
]

GROUP_OF_V2 = "traefik.containo.us"  # exists only in version 2, whose rules are written differently
WITHOUT_HTTP = ("IngressRouteTCP", "IngressRouteUDP")


class RefusedRoutesError(Exception):
    """Some hosts of the stack cannot get routes without taking something from others; `refusals` says why."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(" ".join(each.problem for each in refusals))
        self.refusals = tuple(refusals)


def base_places(service: str, name: str, label: str, namespace: str = "") -> tuple[Place, ...]:
    """The Services that by their names may be a service's base: its own name, or the feature's name without the label."""
    found = {service, names.behind(service), name.removesuffix(f"-{label}"), name.removeprefix(f"{label}-")} - {""}
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
    preview: Preview = AS_BASE,
    syntax: Syntax | None = None,
    cross_namespace: bool = True,
    borne: Collection[str] = (),
) -> list[dict[str, Any]]:
    """Manifests of a stack's routes, from the base's IngressRoutes (see `is_base`): what they need first.

    `base` may also hold TraefikServices, which are copied where a stack's service is behind one, and IngressRouteTCPs and
    IngressRouteUDPs, which may stand in the way. `revision` marks the answers beside the stack's name (`answer_mark`).
    `entrypoints` are for hosts that the base does not route yet, `preview` is what the operator's settings say besides.
    `syntax` is how the cluster's Traefik reads rules that do not say it themselves; None tells it by the API group.
    `borne` are hosts (or their preview hosts) where rules that cannot be read are no reason to stop: they are passed over.
    Without `cross_namespace` all objects stand beside those of the base, and lead nowhere else. Raises
    RefusedRoutesError, or names.InvalidNameError for a label, a header or a host that cannot stand in a rule.
    """
    names.checked_label(label)
    checked_header(header)
    spoken: Syntax = syntax or ("v2" if api_group == GROUP_OF_V2 else "v3")
    beside = not cross_namespace
    backends = [
        each if each.base else replace(each, base=base_places(each.service, each.name, label)) for each in services
    ]
    base = list(base)
    classed = common_class(base, [host for each in backends for host in each.hosts])
    context = Context(
        stack, label, header, namespace, api_group, spoken, tuple(entrypoints), revision, preview, classed, beside
    )
    others = [each for each in base if each.get("kind") in WITHOUT_HTTP]
    known, unread = _read(base, context)
    sides: dict[Side, list[Issued]] = {"header": [], "preview": []}
    issued: list[Reissued] = []
    refusals: list[Refusal] = []
    for host in dict.fromkeys(names.checked_host(host) for each in backends for host in each.hosts):
        preview_host = names.checked_host(preview.host(label, host))
        sure, unsure = doubts.decided(known, host)
        try:
            check_preview(known, host, preview_host)
            reissued = list(of_host(sure, host, backends, context.syntax))
            check_http(others, sure, host, preview_host, backends)
            check_order(sure, host, backends)
            check_within(reissued, host, context)
        except RefusedError as refused:
            refusals.append(refused.refusal)
            continue
        elsewhere = [each for each in doubts.decided(known, preview_host)[1] if not each.left_out]
        taken = [each for each in unread if not each.left_out]
        doubtful = [
            *doubts.in_the_way(unread, unsure, host, meeting(reissued, context)),
            *doubts.in_the_way(taken, elsewhere, preview_host, meeting(reissued, context, preview=True)),
        ]
        if doubtful and {host, preview_host}.isdisjoint(borne):
            refusals += doubts.few(doubtful)
            continue
        issued += reissued
        sides["header"] += [(each.owner, with_header(each, context)) for each in reissued]
        shared = is_shared(known, preview_host) or any(doubts.may_concern(each.match, preview_host) for each in taken)
        sides["preview"] += [(each.owner, for_preview(each, preview_host, context, shared=shared)) for each in reissued]
    doubtful = list(inside.in_doubt(known, unread, backends))
    if {each.host for each in doubtful}.isdisjoint(borne):
        refusals += doubts.few(doubtful)
    try:
        called = list(inside.issued(known, backends))
        check_within(called, "", context)
    except RefusedError as refused:
        refusals.append(refused.refusal)
    else:
        issued += called
        sides["header"] += [(each.owner, with_header(each, context)) for each in called]
    if refusals:
        raise RefusedRoutesError(refusals)
    made = list(objects(sides, context))
    return [*companions(made, issued, context), *made]


def ahead(
    *, stack: str, label: str, header: str, namespace: str, api_group: str = "traefik.io", revision: str = ""
) -> list[dict[str, Any]]:
    """Of what `derive` will give, the middlewares in the stack's own namespace: known before there is a Service.

    Traefik takes up the first change at once and the next after a pause. Where they come early, the routes are a first.
    """
    context = Context(stack, names.checked_label(label), checked_header(header), namespace, api_group, "v3", (), revision)
    return list(middlewares(namespace, context))


def _read(base: Iterable[Manifest], context: Context) -> tuple[list[BaseRule], list[Unread]]:
    """All rules that can be read, in an order that depends on names alone, and the others."""
    known: list[BaseRule] = []
    unread: list[Unread] = []
    shared = balancers.read(base, context.stack, context.namespace, beside=context.beside)
    for owner in sorted(base, key=identity):
        if owner.get("kind", "IngressRoute") != "IngressRoute":
            continue
        if owner["spec"].get("parentRefs"):
            continue  # holds only beneath its parent, which is refused where it concerns us
        for route in owner["spec"].get("routes") or ():
            match = route.get("match") or ""
            own: Syntax = route["syntax"] if route.get("syntax") in ("v2", "v3") else context.syntax
            try:
                known.append(BaseRule(owner, route, rules.parse(match), own, shared))
            except UnreadableRuleError as error:
                unread.append(Unread(owner, match, str(error), isinstance(error, InvalidRuleError)))
    return known, unread
