"""A stack's routes on the Gateway API, worked out from the base's own HTTPRoutes: the second output of the route model.

They stand beside the base's HTTPRoutes, in the same namespace and at the same Gateways, so that every name in them means
the same; to the stack's Services they are let by a ReferenceGrant. Instead of a priority the Gateway API has an order:
host, path, method, number of headers, number of query parameters, age. A rule that is issued again asks for one header
more, or for a host of its own, so it goes before the base's, and all of a host's rules keep their order.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from model import names
from model.marks import LABEL_SERVICE
from model.routing import httproute
from model.routing.context import checked_header, given
from model.routing.gateway_base import Rule, check_order, check_preview, deciding, matches_of, refused, rules
from model.routing.ingress import ANSWER_HEADER, Side, answer_mark, marks
from model.routing.preview import AS_BASE, Preview
from model.routing.reissue import Backend, Manifest, Place, Refusal, RefusedError, identity
from model.routing.routes import RefusedRoutesError, base_places

GROUP = "gateway.networking.k8s.io"
ROUTES = f"{GROUP}/v1"
GRANTS = f"{GROUP}/v1beta1"


@dataclass(frozen=True, slots=True)
class _Stack:
    name: str
    label: str
    header: str
    namespace: str
    revision: str
    backends: tuple[Backend, ...]
    parents: tuple[Mapping[str, Any], ...]


def derive(
    base: Iterable[Manifest],
    *,
    stack: str,
    label: str,
    header: str,
    namespace: str,
    services: Sequence[Backend],
    parents: Sequence[Mapping[str, Any]] = (),
    revision: str = "",
    preview: Preview = AS_BASE,
) -> list[dict[str, Any]]:
    """Manifests of a stack's routes from the base's HTTPRoutes: ReferenceGrants first.

    `parents` (`name`, `namespace`, `sectionName`) are the Gateways of preview hosts, where those of the base do not take
    them, and of hosts that the base does not route. Raises RefusedRoutesError, or names.InvalidNameError.
    """
    names.checked_label(label)
    checked_header(header)
    backends = tuple(
        each if each.base else replace(each, base=base_places(each.service, each.name, label)) for each in services
    )
    wanted = _Stack(stack, label, header, namespace, revision, backends, tuple(parents))
    known = sorted(base, key=identity)
    made: list[dict[str, Any]] = []
    refusals: list[Refusal] = []
    for host in dict.fromkeys(names.checked_host(host) for each in backends for host in each.hosts):
        try:
            _check_said(preview, host)
            preview_host = names.checked_host(preview.host(label, host))
            check_preview(known, host, preview_host)
            for owner in _of_host(known, host, wanted):
                made += [_header(owner, host, wanted), _preview(owner, host, preview_host, wanted)]
        except RefusedError as error:
            refusals.append(error.refusal)
    if refusals:
        raise RefusedRoutesError(refusals)
    return [*_grants(made, wanted), *made]


def _of_host(known: Sequence[Manifest], host: str, wanted: _Stack) -> Iterator[Manifest]:
    """The HTTPRoutes that decide about a host, and a plain one for services that none of them leads to."""
    found = deciding(known, host)
    check_order(found, host)
    yield from found
    led = {backend.service for each in found for rule in rules(each) for backend in _led(rule, each, wanted) if backend}
    for backend in wanted.backends:
        if host in backend.hosts and backend.service not in led:
            yield _plain(backend, host, found, wanted)


def _check_said(preview: Preview, host: str) -> None:
    """What the operator's settings say in Traefik's words must not be left out in silence."""
    if preview != replace(AS_BASE, domains=preview.domains):
        problem = (
            "The settings for entry points, TLS and middlewares are Traefik's own and cannot be said in an HTTPRoute."
        )
        raise RefusedError(Refusal("inexpressible", host, problem))


def _plain(backend: Backend, host: str, counting: Iterable[Manifest], wanted: _Stack) -> dict[str, Any]:
    """The route of a service that the base does not route on this host, as the base's would stand in the stack's
    namespace."""
    for each in counting:
        if any(map(httproute.is_catch_all, matches_of(each))):
            problem = (
                f"`{host}` is served by a Service that is not known to be the base of `{backend.service}`. If it is, "
                f"mark its HTTPRoute with the label `{LABEL_SERVICE}: {backend.service}`."
            )
            raise refused("served-by-other", host, problem, each)
    if not wanted.parents:
        problem = f"No HTTPRoute of the base leads to `{backend.service}`, and the settings name no Gateway."
        raise RefusedError(Refusal("no-base", host, problem, object="HTTPRoute"))
    place = {"name": backend.name, "namespace": wanted.namespace}
    entry = {"name": backend.name, "namespace": backend.namespace, "port": backend.port}
    told = {"parentRefs": list(wanted.parents), "rules": [{"backendRefs": [entry]}]}
    return {"kind": "HTTPRoute", "metadata": {**place, "labels": {LABEL_SERVICE: backend.service}}, "spec": told}


def _led(rule: Rule, owner: Manifest, wanted: _Stack) -> tuple[Backend | None, ...]:
    """For each of a rule's backends the stack's service that stands in for it."""
    return tuple(_stand_in(entry, owner, wanted) for entry in rule.get("backendRefs") or ())


def _stand_in(entry: Mapping[str, Any], owner: Manifest, wanted: _Stack) -> Backend | None:
    if entry.get("kind", "Service") != "Service" or entry.get("group"):
        return None
    place = Place(entry["name"], entry.get("namespace") or owner["metadata"]["namespace"])
    marked = (owner["metadata"].get("labels") or {}).get(LABEL_SERVICE)
    for backend in wanted.backends:
        if place == Place(backend.name, backend.namespace):
            return backend
        there = [each for each in backend.base if each.namespace in ("", place.namespace)]
        if any(marked == backend.service or each.name == place.name for each in there):
            return backend
    return None


def _header(owner: Manifest, host: str, wanted: _Stack) -> dict[str, Any]:
    issued = []
    for rule in rules(owner):
        try:
            matches = httproute.with_context(rule, wanted.header, wanted.label)
        except ValueError as error:
            raise refused("inexpressible", host, f"It cannot be issued again: {error}.", owner) from error
        first, *others = httproute.apart(rule, matches)
        unnamed = {key: value for key, value in rule.items() if key != "name"}  # a rule's name stands once in a route
        issued.append(_again(rule, first, {}, owner, host, wanted))
        issued += [_again(unnamed, each, {}, owner, host, wanted) for each in others]
    if len(issued) > httproute.RULES_MAX:
        problem = f"It cannot be issued again: it would have more than {httproute.RULES_MAX} rules."
        raise refused("inexpressible", host, problem, owner)
    return _route(owner, "header", host, host, issued, owner["spec"].get("parentRefs") or (), wanted)


def _preview(owner: Manifest, host: str, preview_host: str, wanted: _Stack) -> dict[str, Any]:
    added = given(wanted.header, wanted.label)
    issued = [_again(rule, httproute.matches(rule), added, owner, host, wanted) for rule in rules(owner)]
    parents = wanted.parents or owner["spec"].get("parentRefs") or ()
    return _route(owner, "preview", host, preview_host, issued, parents, wanted)


def _again(
    rule: Rule, matches: list[dict[str, Any]], added: Mapping[str, str], owner: Manifest, host: str, wanted: _Stack
) -> Rule:
    """The rule with other matches, its backends replaced where the stack has them; whatever else it says stays."""
    led = _led(rule, owner, wanted)
    entries = [
        _redirected(entry, backend, host) if backend else entry
        for entry, backend in zip(rule.get("backendRefs") or (), led, strict=True)
    ]
    filters = list(rule.get("filters") or ())
    if added:
        filters = httproute.setting(filters, "RequestHeaderModifier", added)
    if led and all(led):
        mark = {ANSWER_HEADER: answer_mark(wanted.name, wanted.revision)}
        filters = httproute.setting(filters, "ResponseHeaderModifier", mark)
    kept = {key: value for key, value in rule.items() if key not in ("matches", "filters", "backendRefs")}
    parts = {"matches": matches, "filters": filters, "backendRefs": entries}
    return {**kept, **{key: value for key, value in parts.items() if value}}


def _redirected(entry: Mapping[str, Any], backend: Backend, host: str) -> dict[str, Any]:
    if not isinstance(backend.port, int):
        problem = f"The port `{backend.port}` of `{backend.name}` must be a number in an HTTPRoute."
        raise RefusedError(Refusal("inexpressible", host, problem, object="HTTPRoute"))
    return {**entry, "name": backend.name, "namespace": backend.namespace, "port": backend.port}


def _route(
    owner: Manifest,
    side: Side,
    host: str,
    at: str,
    issued: list[Rule],
    parents: Iterable[Mapping[str, Any]],
    wanted: _Stack,
) -> dict[str, Any]:
    hashed = names.short_hash(f"{identity(owner)}/{host}")
    name = names.joined(names.DNS_LABEL_MAX, wanted.name, owner["metadata"]["name"], hashed, side)
    labels = marks(wanted.name, wanted.label, side)
    metadata = {"name": name, "namespace": owner["metadata"]["namespace"], "labels": labels}
    spec = {"parentRefs": list(parents), "hostnames": [at], "rules": issued}
    return {"apiVersion": ROUTES, "kind": "HTTPRoute", "metadata": metadata, "spec": spec}


def _grants(made: Iterable[Manifest], wanted: _Stack) -> Iterator[dict[str, Any]]:
    """What lets routes in the base's namespaces lead to the stack's Services."""
    homes = sorted({each["metadata"]["namespace"] for each in made})
    for namespace in sorted({each.namespace for each in wanted.backends}):
        abroad = [{"group": GROUP, "kind": "HTTPRoute", "namespace": home} for home in homes if home != namespace]
        if abroad:
            name = names.joined(names.DNS_LABEL_MAX, wanted.name, "routes")
            labels = marks(wanted.name, wanted.label, "both")
            yield {
                "apiVersion": GRANTS,
                "kind": "ReferenceGrant",
                "metadata": {"name": name, "namespace": namespace, "labels": labels},
                "spec": {"from": abroad, "to": [{"group": "", "kind": "Service"}]},
            }
