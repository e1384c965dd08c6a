"""The proof as a matrix, and that a crowd of services does not make the comment too long."""

from dataclasses import replace

from model.routing.hops import Hop
from tests.pure.report.views import proof, ready, service
from workers.report import matrix
from workers.report.cut import size
from workers.report.picture import of_hops
from workers.report.render import LIMIT, render
from workers.report.view import Node, Picture, Probe


def test_only_what_was_asked_has_a_column_and_what_was_not_has_a_dash() -> None:
    probes = (*proof("a.com", other="f2"), Probe("b.com", "base", "base", True, "plain", "b.com"))
    found = matrix.of(probes, "x-ctx")
    assert found.titles == ("no header", "`x-ctx`", "`baggage`", "preview host", "unknown label", "another feature")
    assert [(host, cells[0], cells[-1]) for host, cells in found.rows] == [
        ("a.com", "✅ base", "✅ f2"),
        ("b.com", "✅ base", "–"),
    ]
    assert matrix.of(probes[:1], "x-ctx").titles == ("no header",)
    assert matrix.of((), "x-ctx").rows == ()


def test_what_was_answered_wrongly_is_told_with_what_was_right() -> None:
    (row,) = matrix.of([Probe("a.com", "f1", "nobody | x", False, "header", "a.com")], "x").rows
    assert row == ("a.com", ("❌ nobody \\| x instead of f1",))


def test_probes_of_an_older_record_stand_in_a_list() -> None:
    old = Probe("a.com with `x: 1`", "f1", "f1", ok=True)
    assert matrix.of([old], "x").rows == ()
    text = render(replace(ready, probes=(old,)))
    assert "| a.com with `x: 1` | f1 | ✅ f1 |" in text
    assert "| Host |" not in text


def test_the_matrix_is_folded_when_all_is_well_and_open_when_not() -> None:
    assert "<details><summary>Ready in" in render(ready)
    wrong = replace(ready.probes[0], ok=False, got="nobody")
    text = render(replace(ready, probes=(wrong, *ready.probes[1:])))
    assert "<details open><summary>Ready in" in text
    assert "❌ nobody instead of base" in text


def test_a_crowd_of_services_fits() -> None:
    hosts = [f"service-number-{number}.department.example.com" for number in range(300)]
    crowd = replace(
        ready,
        answers=(),
        services=tuple(service(f"service-number-{number}", host) for number, host in enumerate(hosts)),
        probes=proof(*hosts, other="feature2"),
        picture=of_hops([(host, Hop("x" * 80, label="y" * 80, commit="z" * 80)) for host in hosts], "feature1"),
        preview_urls=tuple(f"http://feature1.{host}/" for host in hosts),
        base_urls=tuple(f"http://{host}/" for host in hosts),
    )
    text = render(crowd)
    assert size(text) <= LIMIT
    assert text.startswith("<!-- devstack:comment v1 acme/shop#7 -->\n### 🟢 `feature1` is live")
    assert text.count("```") % 2 == 0
    assert text.count("<details") == text.count("</details>")


def test_a_long_picture_goes_before_anything_that_is_said() -> None:
    strange = Picture(
        tuple(Node(f"{number}" + "é" * 78, "feature", "é" * 80) for number in range(24)), ready.picture.arrows
    )
    assert "flowchart LR" in render(replace(ready, picture=strange, answers=()))
    said = replace(ready, picture=strange, answers=(), notes=tuple(f"note {number} {'x' * 180}" for number in range(290)))
    text = render(said)
    assert size(text) <= LIMIT
    assert text.count("\n- note ") == 290
    assert "flowchart LR" not in text


def test_what_could_not_be_asked_is_not_counted_as_proven_and_says_why() -> None:
    why = "`gateway:80` is out of the bot's reach"
    blind = [Probe("orders", "base", why, True, case, "orders (in-cluster)", asked=False) for case in ("plain", "header")]
    found = matrix.of([*proof("a.com"), *blind], "x-ctx")
    assert found.rows[1] == ("orders (in-cluster)", ("❔ not asked", "❔ not asked", "–", "–", "–"))
    assert found.unasked == (("orders (in-cluster)", why),)
    text = render(replace(ready, probes=(*proof("a.com"), *blind)))
    assert ", proven by 5 requests, 1 name not proven</summary>" in text
    assert "\n- orders (in-cluster) is not proven: `gateway:80` is out of the bot's reach\n" in text
    alone = render(replace(ready, probes=tuple(blind)))
    assert "proven by" not in alone
    assert ", 1 name not proven</summary>" in alone
