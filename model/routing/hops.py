"""The hop echo: what an answer says of the service that gave it, and of every service that one asked in turn.

A service that takes part answers with a JSON object (or puts it, on one line, into the header `x-devstack-hop`):
`{"service", "version", "label", "commit", "context", "downstream": {"<service>": {…}}}`, all texts. `label` is the stack
that it runs in, empty for the base; `context` the value of the context header that reached it. Other members do not
matter. It is data of a pull request's program: sizes are bounded here, and nothing of it is trusted to be true.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

HEADER = "x-devstack-hop"
SIZE_MOST = 65_536  # bytes of an answer that are looked at
DEPTH_MOST = 12
HOPS_MOST = 40
TEXT_MOST = 80  # characters of one text

Side = Literal["feature", "base", "other", "failed"]


@dataclass(frozen=True, slots=True)
class Hop:
    """One service's part in an answer. `context` is None where it does not say; `error` where it gave no answer."""

    service: str
    version: str = ""
    label: str = ""
    commit: str = ""
    context: str | None = None
    error: str = ""
    after: tuple["Hop", ...] = ()


@dataclass(frozen=True, slots=True)
class Lost:
    """A service of the feature that was answered by the base although the context had come as far as the hop before.

    `by`: who did not hand it on; several where the hops do not say what reached them, and then one of these did not.
    `past`: the context did reach the base's copy, so the call went past the proxy.
    """

    missed: str
    by: tuple[str, ...]
    past: bool = False


@dataclass
class _Room:
    hops: int = field(default=HOPS_MOST)


def parse(body: bytes, line: str = "") -> Hop | None:
    """The hops of an answer, of its header where there is one; None where it says nothing of the kind."""
    for said in (line, body):
        if not said or len(said) > SIZE_MOST:
            continue
        try:
            found = json.loads(said)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict) and _text(found.get("service")):
            return _hop(found, "", 1, _Room())
    return None


def _hop(found: Mapping[str, Any], name: str, depth: int, room: _Room) -> Hop:
    room.hops -= 1
    after: list[Hop] = []
    downstream = found.get("downstream")
    for key, each in downstream.items() if isinstance(downstream, dict) and depth < DEPTH_MOST else ():
        if isinstance(each, dict) and _text(key) and room.hops > 0:
            after.append(_hop(each, _text(key), depth + 1, room))
    error = _text(found.get("error"))
    return Hop(
        service=_text(found.get("service")) or name,
        version=_text(found.get("version")),
        label=_text(found.get("label")),
        commit=_text(found.get("commit")),
        context=_text(found["context"]) if isinstance(found.get("context"), str) else None,
        error=error if not found.get("service") else "",
        after=tuple(after),
    )


def _text(value: object) -> str:
    """A text on one line, without what cannot be seen; empty for anything else."""
    if not isinstance(value, str):
        return ""
    return "".join(each if each.isprintable() else " " for each in value[:TEXT_MOST]).strip()


def side(hop: Hop, label: str) -> Side:
    """Who answered there, seen from the feature of this label."""
    if hop.error:
        return "failed"
    if hop.label == label:
        return "feature"
    return "other" if hop.label else "base"


def paths(root: Hop) -> Iterator[tuple[Hop, ...]]:
    """Every hop with those before it, in the order of the calls."""
    waiting: list[tuple[Hop, ...]] = [(root,)]
    while waiting:
        path = waiting.pop()
        yield path
        waiting += [(*path, each) for each in reversed(path[-1].after)]


def lost(root: Hop, label: str, services: Collection[str]) -> Lost | None:
    """The first place where the context was lost, by an answer to a request that carried it.

    `services` are those that the feature has. What loses the context after all of them is nobody's trouble.
    """
    for path in paths(root):
        last = path[-1]
        if len(path) == 1 or last.service not in services or side(last, label) != "base":
            continue
        if last.context == label:
            return Lost(last.service, (path[-2].service,), past=True)
        by = _losing(path, label)
        if by:
            return Lost(last.service, by)
    return None


def _losing(path: tuple[Hop, ...], label: str) -> tuple[str, ...]:
    """Those between the last hop that the context reached and the first that it did not; empty where it reached none."""
    states = [_reached(hop, label) for hop in path[:-1]]
    states[0] = states[0] is not False  # it was sent with the request: only its own word says that it was stripped
    if True not in states:
        return ()
    start = len(states) - 1 - states[::-1].index(True)
    end = next((place for place in range(start, len(states)) if states[place] is False), len(states))
    return tuple(hop.service for hop in path[start:end])


def _reached(hop: Hop, label: str) -> bool | None:
    """Whether the context reached a hop; None where nothing tells."""
    if hop.label == label:
        return True  # it is only led to by the context
    return None if hop.context is None else hop.context == label
