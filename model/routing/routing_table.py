"""The routes of a cluster as a table: host × condition → target, read from Traefik's objects as they are."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from model.marks import LABEL_LABEL, LABEL_STACK
from model.routing import routes, rules
from model.routing.reissue import identity
from model.routing.rules import And, Matcher, Not, Or, Rule, UnreadableRuleError

When = Literal["plain", "header", "preview"]

_HOSTS = frozenset({"host", "hostheader"})
_HEADERS = frozenset({"header", "headers", "headerregexp", "headersregexp"})


@dataclass(frozen=True, slots=True)
class Row:
    """One rule at one host. `when`: by which of a stack's routes, `plain` for the base's; `rest`: what else must hold;
    `own`: a service of the stack itself answers, not one of the base's behind it."""

    host: str  # empty: any host that the rest allows
    when: When
    rest: str
    targets: tuple[str, ...]  # namespace/name:port
    priority: int
    route: str  # namespace/name of the IngressRoute
    stack: str = ""
    label: str = ""
    own: bool = False

    @property
    def side(self) -> str:
        """`feature` or `base`."""
        return "feature" if self.own else "base"


def rows(manifests: Iterable[Mapping[str, Any]], feature_namespaces: Collection[str] = ()) -> list[Row]:
    """The table of these IngressRoutes, by host, what is tried first at the top. What a feature's own chart brings, in
    `feature_namespaces` and without our mark, is left out."""
    found = [row for each in manifests for row in _rows(each, feature_namespaces)]
    return sorted(found, key=lambda row: (row.host, -row.priority, row.route, row.rest))


def _rows(manifest: Mapping[str, Any], feature_namespaces: Collection[str]) -> Iterator[Row]:
    labels = manifest["metadata"].get("labels") or {}
    ours = routes.LABEL_SIDE in labels and labels.get(LABEL_STACK, "") != ""
    if not ours and not routes.is_base(manifest, feature_namespaces):
        return
    stack, home = labels.get(LABEL_STACK, "") if ours else "", str(manifest["metadata"]["namespace"])
    for route in manifest["spec"].get("routes") or ():
        match = str(route.get("match") or "")
        when: When = ("header" if match.startswith("(Header") else "preview") if ours else "plain"
        hosts, rest = taken_apart(match, when)
        middlewares = {each.get("name") for each in route.get("middlewares") or ()}
        for host in hosts or ("",):
            yield Row(
                host=host,
                when=when,
                rest=rest,
                targets=tuple(_target(each, home) for each in route.get("services") or ()),
                priority=int(route.get("priority") or 0) or len(match.encode()),
                route=identity(manifest),
                stack=stack,
                label=labels.get(LABEL_LABEL, "") if ours else "",
                own=bool(stack) and routes.marking(stack) in middlewares,
            )


def _target(entry: Mapping[str, Any], home: str) -> str:
    port = f":{entry['port']}" if entry.get("port") else ""
    return f"{entry.get('namespace') or home}/{entry.get('name', '')}{port}"


def taken_apart(match: str, when: When) -> tuple[tuple[str, ...], str]:
    """The hosts that a rule names, and what else it asks for; of a route by header without the part that asks for the
    context. A rule that cannot be read, or not be taken apart, is shown whole."""
    try:
        rule = rules.parse(match)
    except UnreadableRuleError:
        return (), match
    hosts = tuple(dict.fromkeys(named(rule)))
    conjuncts = list(_conjuncts(rule))
    if when == "header" and _only(conjuncts[0], _HEADERS):
        conjuncts.pop(0)  # what asks for the context stands first
    others = [each for each in conjuncts if not _only(each, _HOSTS)]
    return hosts, " && ".join(rules.operand(each) for each in others)


def named(rule: Rule) -> Iterator[str]:
    """The hosts in `Host` matchers that are not negated."""
    match rule:
        case Matcher() if rule.name.lower() in _HOSTS:
            yield from (each.lower().removesuffix(".") for each in rule.arguments)
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from named(part)
        case _:
            return


def _conjuncts(rule: Rule) -> Iterator[Rule]:
    if isinstance(rule, And):
        for part in rule.parts:
            yield from _conjuncts(part)
    else:
        yield rule


def _only(rule: Rule, matchers: Collection[str]) -> bool:
    """Whether a rule consists of such matchers alone; for hosts, of ones that are not negated."""
    match rule:
        case Matcher():
            return rule.name.lower() in matchers
        case Not(rule=inner):
            return matchers is not _HOSTS and _only(inner, matchers)
        case And(parts=parts) | Or(parts=parts):
            return all(_only(part, matchers) for part in parts)
