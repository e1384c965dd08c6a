"""The picture of a feature's way: what is in it, and that Mermaid reads it as it was meant, whatever names it holds."""

import json
import subprocess
from pathlib import Path
from typing import Any

from model.routing.hops import Hop, Lost
from model.routing.routing_table import Row
from tests.npm_package import package
from workers.report.picture import ARROWS_MOST, NODES_MOST, mermaid, of_hops, of_routes
from workers.report.view import Arrow, Node, Picture

HASH = "28302a2f6bd556bfd223acff76a1fd511bcc9e6f1cac1bad91b904469aeca102"
CHAIN = Hop("storefront", label="f1", commit="a" * 40, after=(Hop("orders"), Hop("prices", label="f2")))


def read(text: str) -> dict[str, Any]:
    """What Mermaid's own parser finds in it."""
    parser = package("@mermaid-js/tiny", "11.17.2", HASH) / "dist" / "mermaid.tiny.js"
    command = ["node", str(Path(__file__).with_name("mermaid.mjs")), str(parser)]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, f"{text}\n{done.stderr[-2000:]}"
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_hops_become_nodes_with_their_side_and_one_that_was_lost_an_arrow_of_its_own() -> None:
    picture = of_hops([("f1.example.com", CHAIN)], "f1", [Lost("orders", ("storefront",))])
    assert picture == Picture(
        (
            Node("f1.example.com", "host"),
            Node("storefront", "feature", "f1 aaaaaaa"),
            Node("orders", "base", "base"),
            Node("prices", "other", "f2"),
        ),
        (Arrow(0, 1), Arrow(1, 2, lost=True), Arrow(1, 3)),
    )
    found = read(mermaid(picture))
    assert found["type"] == "flowchart-v2"
    assert found["nodes"] == [
        ["n0", "f1.example.com", "stadium", []],
        ["n1", "storefront<br>f1 aaaaaaa", "square", ["feature"]],
        ["n2", "orders<br>base", "square", ["base"]],
        ["n3", "prices<br>f2", "square", ["other"]],
    ]
    assert found["arrows"] == [
        ["n0", "n1", "", "normal"], ["n1", "n2", "context lost", "dotted"], ["n1", "n3", "", "normal"],
    ]  # fmt: skip


def test_two_ways_to_one_service_end_in_one_node() -> None:
    orders = Hop("orders", label="f1")
    picture = of_hops([("a.com", Hop("web", after=(orders,))), ("f1.b.com", orders)], "f1")
    assert [node.name for node in picture.nodes] == ["a.com", "web", "orders", "f1.b.com"]
    assert picture.arrows == (Arrow(0, 1), Arrow(1, 2), Arrow(3, 2))


def test_routes_are_drawn_where_no_service_tells_of_its_hops() -> None:
    def row(host: str, when: Any, target: str, *, own: bool = False, rest: str = "", label: str = "f1") -> Row:
        return Row(host, when, rest, (target,), 1, "n/r", "s", label, own)

    rows = [
        row("example.com", "plain", "shop/storefront:80", label=""),
        row("other.com", "plain", "shop/other:80", label=""),
        row("example.com", "header", "x/storefront-f1:80", own=True),
        row("f1.example.com", "preview", "x/storefront-f1:80", own=True),
        row("f1.example.com", "preview", "shop/orders:80", rest="PathPrefix(`/api`)"),
        row("f2.example.com", "preview", "y/storefront-f2:80", own=True, label="f2"),
    ]
    found = read(mermaid(of_routes(rows, "f1", ["example.com"])))
    assert [node[1] for node in found["nodes"]] == [
        "example.com", "storefront<br>base", "f1.example.com", "storefront-f1<br>f1", "orders<br>base",
    ]  # fmt: skip
    assert [arrow[:3] for arrow in found["arrows"]] == [
        ["n0", "n1", ""], ["n2", "n3", ""], ["n2", "n4", "PathPrefix(`/api`)"],
    ]  # fmt: skip
    everything = read(mermaid(of_routes(rows)))
    assert len(everything["nodes"]) == 9


HOSTILE = [
    '"]; click n0 "javascript:alert(1)"', "end", "graph TD", "`code`", "```\n</details>", "%%{init: {}}%%", "%% comment",
    "<script>x</script>", "&lt;b&gt;", "#quot;", "#35;", "a#b;c", "style x:#f;", "classDef y:#fff;", "$$x$$", "1. list", "- list",
    "@acme/team #12 https://x.y", "| pipe |", "--> n9", "subgraph z", "🧺 корзина", "a" * 300, "\\n", "fa:fa-car", "n0", "__proto__",
]  # fmt: skip


def test_no_name_breaks_the_picture_or_says_anything_but_itself() -> None:
    nodes = tuple(Node(name, "feature", name) for name in HOSTILE)
    arrows = tuple(Arrow(0, place, name) for place, name in enumerate(HOSTILE))
    text = mermaid(Picture(nodes, arrows))
    assert not {"`", "@", "\n\n"} & set(text)
    assert "<script" not in text
    found = read(text)
    assert [node[1] for node in found["nodes"]] == [f"{name}<br>{name}" for name in HOSTILE]
    assert [arrow[2].strip() for arrow in found["arrows"]] == HOSTILE
    assert {tuple(node[3]) for node in found["nodes"]} == {("feature",)}


def test_it_stays_small() -> None:
    crowd = Hop("web", after=tuple(Hop(f"s{number}") for number in range(39)))
    picture = of_hops([(f"h{number}.com", crowd) for number in range(9)], "f1")
    assert len(picture.nodes) == NODES_MOST
    assert len(picture.arrows) <= ARROWS_MOST
    assert len(read(mermaid(picture))["nodes"]) == NODES_MOST
