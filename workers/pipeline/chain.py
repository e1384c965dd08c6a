"""A request's way through the services, as their answers tell it: where it may begin, and what came back from there."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from config.settings import Settings
from model import names
from model.marks import LABEL_INSIDE
from model.routing import context, hops, routing_table, rules
from model.routing.hops import Hop, Lost
from model.routing.preview import Preview
from model.stack import Phase, Role, Stack
from workers.pipeline import asking

AT_ONCE = 8
ENTRIES_MOST = 8
VERIFY_SECONDS = 1.0  # a page that takes longer is not waited for
TRACE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A host where a request may come in, and the headers that it brings; `preview`: the proxy adds the context."""

    host: str
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def preview(self) -> bool:
        """Whether the host alone says which feature is meant."""
        return not self.headers


@dataclass(frozen=True, slots=True)
class Walk:
    """What came back: status (None where nobody answered in time), the kind of content, the chain where it tells one."""

    entry: Entry
    status: int | None
    hop: Hop | None = None


def entries(
    base: Iterable[Mapping[str, Any]], label: str, header: str, hosts: Sequence[str], preview: Preview
) -> tuple[Entry, ...]:
    """The feature's own preview hosts, then the other hosts of the same base with the header: those that base routes name
    in the namespaces where the feature's hosts are routed. A base service before the feature may lose the context too."""
    own = tuple(Entry(preview.host(label, host)) for host in dict.fromkeys(hosts))
    routed: dict[str, set[str]] = {}
    for each in base:
        routed.setdefault(each["metadata"]["namespace"], set()).update(_hosts(each))
    others = {host for named in routed.values() if not named.isdisjoint(hosts) for host in named} - set(hosts)
    given = tuple(context.given(header, label).items())
    return (*own, *(Entry(host, given) for host in sorted(others)))[:ENTRIES_MOST]


def _hosts(manifest: Mapping[str, Any]) -> Iterator[str]:
    """The hosts by which people come in."""
    if LABEL_INSIDE in (manifest["metadata"].get("labels") or {}):
        return
    for route in manifest["spec"].get("routes") or ():
        try:
            for each in routing_table.named(rules.parse(route.get("match") or "")):
                yield names.checked_host(each)
        except (rules.UnreadableRuleError, names.InvalidNameError):
            continue


def members(stacks: Iterable[Stack], label: str, *, also: Collection[str] = ()) -> tuple[set[str], tuple[str, ...]]:
    """Services and hosts of a feature's live Stacks; `also` counts the Stacks of these names, whatever their phase."""
    services: set[str] = set()
    hosts: list[str] = []
    for stack in stacks:
        live = stack.status.phase is Phase.READY or stack.name in also
        if stack.spec.role is Role.FEATURE and stack.spec.label == label and live:
            services |= {each.name for each in stack.status.services}
            hosts += [host for each in stack.status.services for host in each.hosts]
    return services, tuple(dict.fromkeys(hosts))


def walk(settings: Settings, entry: Entry, path: str, seconds: float) -> Walk:
    """Ask at one place."""
    answer = asking.request(settings, entry.host, path, dict(entry.headers), seconds)
    return Walk(entry, answer.status, hops.parse(answer.body, answer.echo) if answer.status else None)


def walk_all(settings: Settings, places: Sequence[Entry], path: str, seconds: float) -> list[Walk]:
    """Ask at all of them side by side. Of the base's hosts only those count that tell of their hops."""
    if not places:
        return []
    with ThreadPoolExecutor(min(AT_ONCE, len(places)), thread_name_prefix="walk") as pool:
        walks = pool.map(lambda each: walk(settings, each, path, seconds), places)
        return [each for each in walks if each.entry.preview or each.hop]


def concerning(walks: Iterable[Walk], label: str, services: Collection[str]) -> list[Walk]:
    """The walks that tell something of the feature: its own, and those of the base that come to a service of it."""
    return [each for each in walks if each.hop and (each.entry.preview or _meets(each.hop, label, services))]


def _meets(root: Hop, label: str, services: Collection[str]) -> bool:
    return any(path[-1].service in services or path[-1].label == label for path in hops.paths(root))


def losses(walks: Iterable[Walk], label: str, services: Collection[str]) -> tuple[Lost, ...]:
    """Where the context was lost, each place once."""
    found = (hops.lost(each.hop, label, services) for each in walks if each.hop)
    return tuple(dict.fromkeys(each for each in found if each))
