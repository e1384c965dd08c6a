"""What `trace` answers, and the warning of a lost context."""

from dataclasses import replace

from model.routing.hops import Hop, Lost
from tests.pure.report.views import NOW, ready
from workers.faults import OurFault, Remaining, Unavailable
from workers.report import sentences
from workers.report.render import render

CHAIN = Hop("storefront", "2", "f1", "b" * 40, after=(Hop("orders", commit="a" * 40), Hop("prices", error="refused")))
LOST = Lost("orders", ("storefront",))


def answer(root: Hop | None, *losses: Lost, status: int | None = 200) -> str:
    ways = [sentences.way("f1.example.com", "/basket", status, root, "f1")]
    return sentences.trace(ways, losses, told=root is not None, header="uber-ctx-key", label="f1")


def test_a_trace_names_every_hop_and_who_lost_the_context() -> None:
    assert answer(CHAIN, LOST) == (
        "`f1.example.com/basket`: 200\n"
        "\n"
        "- `storefront` 🟢 `f1`, commit `bbbbbbb`, version `2`\n"
        "  - `orders` ⚪ the base, commit `aaaaaaa`\n"
        "  - `prices` 🔴 no answer: `refused`\n"
        "\n"
        "⚠️ `storefront` does not hand the context on: `orders` was answered by the base although `f1` has its own. Send the "
        "headers `uber-ctx-key` and `baggage` that came in along with every call to another service."
    )


def test_a_trace_without_a_loss_says_so_and_one_without_an_echo_says_how_to_get_one() -> None:
    assert answer(CHAIN).endswith("\n\nThe context was handed on wherever it mattered.")
    silent = answer(None)
    assert silent.startswith("`f1.example.com/basket`: 200, and the answer does not tell of its hops.\n\nTo be seen here")
    assert '```json\n{"service": "orders"' in silent
    assert "docs/routing.md" in silent
    assert "nobody answered in time" in answer(None, status=None)


def test_a_call_past_the_proxy_has_its_own_remedy() -> None:
    said = sentences.lost(replace(LOST, past=True), "uber-ctx-key", "f1")
    assert "`storefront` calls `orders` past the proxy" in said
    assert "`inCluster: true`" in said
    two = sentences.lost(replace(LOST, by=("a", "b")), "uber-ctx-key", "f1")
    assert two.startswith("⚠️ `a` or `b` does not hand the context on")


def test_a_programs_words_stay_words() -> None:
    evil = Hop("x` @acme/team <b>", "`v`", "@l", "```c", error="", after=(Hop("y", error="</details>\n# no"),))
    told = ready.answers[1]
    body = render(replace(ready, answers=(replace(told, answer=answer(evil, Lost("` @z", ("` #1",)))),), updated_at=NOW))
    assert "</details>\n# no" not in body
    outside = "".join(part for place, part in enumerate(body.partition("Last commands")[2].split("`")) if place % 2 == 0)
    for piece in ("@acme", "<b>", "# no"):
        assert piece not in outside


def test_a_long_way_is_cut() -> None:
    crowd = Hop("web", after=tuple(Hop(f"s{number}") for number in range(39)))
    said = answer(crowd)
    assert said.count("\n  - ") == 29
    assert "- and 10 more" in said


def test_many_ways_are_cut() -> None:
    crowd = Hop(
        "w" * 80, "v" * 80, "l" * 80, after=tuple(Hop(f"{number}" * 40, "v" * 80, "l" * 80) for number in range(39))
    )
    ways = [sentences.way(f"h{number}.example.com", "/", 200, crowd, "f1") for number in range(8)]
    said = sentences.trace(ways, (), told=True, header="x", label="f1")
    assert len(said) < 25_000
    assert "\n\nAnd 7 more ways.\n\n" in said
    assert "h0.example.com" in said


def test_what_is_left_is_named_by_kind_and_name() -> None:
    fault = Remaining(["namespace devstack-x", "deployments ns/web-f1", "release record ns/sh.helm.release.v1.web.v1",
                       "image registry.example:5000/acme/shop/web:content-1"])  # fmt: skip
    assert sentences.causes(fault) == (
        "still there: namespace `devstack-x`",
        "still there: deployments `ns/web-f1`",
        "still there: release record `ns/sh.helm.release.v1.web.v1`",
        "still there: image `acme/shop/web:content-1`",
    )
    many = sentences.causes(Remaining([f"pods ns/{number}" for number in range(23)]))
    assert (len(many), many[-1]) == (21, "and 3 more things")
    assert sentences.causes(Unavailable("the registry")) == ("the registry did not answer",)
    assert sentences.causes(OurFault("secret detail")) == ("it failed on our side, the logs say why",)
