"""What is said of a request's way: each hop and who answered there, and who lost the context."""

from collections.abc import Iterable, Iterator, Sequence

from model.routing import hops
from model.routing.hops import Hop, Lost
from workers.report import markdown, words
from workers.report.cut import head

HOPS_SHOWN = 30  # of one way
WAYS_MOST = 12_000  # characters of all of them
LOST_SHOWN = 5
ECHO = '{"service": "orders", "version": "…", "label": "…", "commit": "…", "context": "…", "downstream": {}}'


def lost(found: Lost, header: str, label: str) -> str:
    """Who lost the context, what came of it, and what to do."""
    who, missed = " or ".join(markdown.code(each) for each in found.by), markdown.code(found.missed)
    if found.past:
        return (
            f"⚠️ {who} calls {missed} past the proxy: the header came with the call, and the base's {missed} got it although "
            f"{markdown.code(label)} has its own. Call it by its host, or set `inCluster: true` on the base's service."
        )
    return (
        f"⚠️ {who} does not hand the context on: {missed} was answered by the base although {markdown.code(label)} has its "
        f"own. Send the headers {markdown.code(header)} and `baggage` that came in along with every call to another service."
    )


def way(host: str, path: str, status: int | None, root: Hop | None, label: str, header: str = "") -> str:
    """One way: where it began, then a line for each hop. `header` where the request brought it."""
    sent = f" with {markdown.code(f'{header}: {label}')}" if header else ""
    begun = f"{markdown.code(head(f'{host}{path}', 200))}{sent}"
    if status is None:
        return f"{begun}: nobody answered in time."
    if root is None:
        return f"{begun}: {status}, and the answer does not tell of its hops."
    ways = list(hops.paths(root))
    lines = [_line(each, label) for each in ways[:HOPS_SHOWN]]
    if len(ways) > HOPS_SHOWN:
        lines.append(f"- and {len(ways) - HOPS_SHOWN} more")
    return "\n".join([f"{begun}: {status}", "", *lines])


def _line(path: Sequence[Hop], label: str) -> str:
    hop = path[-1]
    indent = "  " * (len(path) - 1)
    who = {
        "feature": f"🟢 {markdown.code(label)}",
        "base": "⚪ the base",
        "other": f"🟣 {markdown.code(hop.label)}",
        "failed": f"🔴 no answer: {markdown.code(hop.error)}",
    }[hops.side(hop, label)]
    told = [f"commit {markdown.code(words.short(hop.commit))}"] if hop.commit else []
    told += [f"version {markdown.code(head(hop.version, 40))}"] if hop.version else []
    return f"{indent}- {markdown.code(hop.service)} {', '.join([who, *told])}"


def trace(ways: Iterable[str], losses: Sequence[Lost], *, told: bool, header: str, label: str) -> str:
    """The answer to `trace`: the ways, then what is wrong with them. `told`: some answer told of its hops."""
    return "\n\n".join(_trace(ways, losses, told=told, header=header, label=label))


def _some(ways: list[str]) -> Iterator[str]:
    """As many ways as there is room for, one at least."""
    room = WAYS_MOST
    for place, each in enumerate(ways):
        room -= len(each)
        if place and room < 0:
            yield f"And {words.counted(len(ways) - place, 'more way')}."
            return
        yield each


def _trace(ways: Iterable[str], losses: Sequence[Lost], *, told: bool, header: str, label: str) -> Iterator[str]:
    yield from _some(list(ways))
    if losses:
        yield from (lost(each, header, label) for each in losses[:LOST_SHOWN])
    elif told:
        yield "The context was handed on wherever it mattered."
    else:
        yield (
            "To be seen here, a service answers with the hop echo, as JSON or in the header `x-devstack-hop`: ten lines of "
            f"Python, Go or Node, see `docs/routing.md` of devstack.\n\n{markdown.fence(ECHO, 'json')}"
        )
