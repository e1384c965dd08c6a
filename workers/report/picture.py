"""The picture of a feature's way: hosts, services, and which of them the feature or the base answers, as Mermaid."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from model.routing import hops
from model.routing.hops import Hop, Lost
from model.routing.routing_table import Row
from workers.report.view import Arrow, Node, Picture
from workers.report.words import short

NODES_MOST = 24
ARROWS_MOST = 40
SAID_MOST = 40  # characters on an arrow

# White on a strong ground is read in light and dark mode alike.
COLOURS = {"feature": "#1a7f37", "base": "#59636e", "other": "#8250df", "failed": "#cf222e"}
_PLAIN = re.compile(r"[^A-Za-z0-9._ -]")


@dataclass
class _Drawing:
    nodes: dict[Node, int] = field(default_factory=dict)
    arrows: dict[Arrow, None] = field(default_factory=dict)

    def node(self, node: Node) -> int | None:
        """Its place; None where there is no room."""
        if node not in self.nodes and len(self.nodes) >= NODES_MOST:
            return None
        return self.nodes.setdefault(node, len(self.nodes))

    def arrow(self, start: int | None, end: int | None, said: str = "", *, lost: bool = False) -> None:
        """Only between nodes that are there."""
        if start is not None and end is not None and len(self.arrows) < ARROWS_MOST:
            self.arrows.setdefault(Arrow(start, end, said, lost))

    def done(self) -> Picture:
        return Picture(tuple(self.nodes), tuple(self.arrows))


def of_hops(walks: Iterable[tuple[str, Hop]], label: str, losses: Sequence[Lost] = ()) -> Picture:
    """Of chains of hops, each with the host where it began."""
    drawing = _Drawing()
    lost = {(by, each.missed) for each in losses for by in each.by}
    for host, root in walks:
        before: dict[int, int | None] = {}
        entry = drawing.node(Node(host, "host"))
        for path in hops.paths(root):
            hop = path[-1]
            here = drawing.node(_service(hop, label))
            before[id(hop)] = here
            if len(path) == 1:
                drawing.arrow(entry, here)
            else:
                on_base = hops.side(hop, label) == "base"
                gone = on_base and any((each.service, hop.service) in lost for each in path[:-1])
                drawing.arrow(before[id(path[-2])], here, lost=gone)
    return drawing.done()


def _service(hop: Hop, label: str) -> Node:
    side = hops.side(hop, label)
    who = {"feature": label, "base": "base", "other": hop.label, "failed": "no answer"}[side]
    return Node(hop.service, side, " ".join(each for each in (who, short(hop.commit)) if each))


def of_routes(rows: Iterable[Row], label: str = "", hosts: Sequence[str] = ()) -> Picture:
    """Of the routes alone: the previews of a feature (empty: of all), and `hosts` of the base (empty: all) without a
    header."""
    drawing = _Drawing()
    for row in rows:
        preview = row.when == "preview" and label in ("", row.label)
        plain = row.when == "plain" and (not hosts or row.host in hosts)
        if not (preview or plain) or not row.host:
            continue
        entry = drawing.node(Node(row.host, "host"))
        rest = row.rest if len(row.rest) <= SAID_MOST else f"{row.rest[: SAID_MOST - 1]}…"
        for target in row.targets:
            name = target.partition("/")[2].partition(":")[0]
            side = "base" if not row.own else "feature" if label in ("", row.label) else "other"
            drawing.arrow(entry, drawing.node(Node(name, side, row.label if row.own else "base")), rest)
    return drawing.done()


def mermaid(picture: Picture) -> str:
    """As a Mermaid flowchart. Whatever the names hold, they stay names."""
    lines = ["flowchart LR"]
    for place, node in enumerate(picture.nodes):
        text = "<br>".join(_written(each) for each in (node.name, node.note) if each)
        left, right = ("([", "])") if node.side == "host" else ("[", "]")
        lines.append(f'  n{place}{left}"{text}"{right}')
    for arrow in picture.arrows:
        said = "context lost" if arrow.lost else arrow.said
        line = "-. " if arrow.lost else "-- "
        end = " .->" if arrow.lost else " -->"
        drawn = f'{line}"{_written(said)}"{end}' if said else "-->"
        lines.append(f"  n{arrow.start} {drawn} n{arrow.end}")
    for side, colour in COLOURS.items():
        places = [f"n{place}" for place, node in enumerate(picture.nodes) if node.side == side]
        if places:
            lines.append(f"  classDef {side} fill:{colour},stroke:{colour},color:#ffffff")
            lines.append(f"  class {','.join(places)} {side}")
    return "\n".join(lines)


def _written(text: str) -> str:
    """A text within quotation marks: what is neither letter nor digit nor harmless becomes its number."""
    return _PLAIN.sub(lambda found: f"#{ord(found[0])};", text)
