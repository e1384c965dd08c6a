from pathlib import Path

from model.routing import routes
from playground.bench import routing_ground as ground
from playground.bench.routing_figures import WAYS, Figures
from playground.cluster.value import Playground


def measured(*rounds: tuple[float, float, float]) -> Figures:
    """Rounds of one kind of request: p50 and p99 with one label, and what 500 add to both."""
    found = Figures()
    for p50, p99, added in rounds:
        for count, more in ((1, 0.0), (500, added)):
            found.times(count, "base", p50 + more, p99 + more)
            found.used(count, 0.0004, 100.0)
            for way in WAYS:
                found.routed(count, way, 1.0 + more)
    return found


def test_each_round_is_held_against_itself() -> None:
    # The machine became slower and slower: the medians of each side alone would tell another difference.
    found = measured((0.5, 2.0, 0.2), (5.0, 20.0, 0.1), (50.0, 200.0, 0.25))
    added = {each.part: each for each in found.added()}
    assert round(added["p50"].median, 3) == 0.2
    assert added["p50"].held
    assert (added["p99"].count, added["p99"].few) == (500, 1)


def test_what_misses_the_aims_is_said() -> None:
    found = measured((0.5, 2.0, 0.4), (0.5, 2.0, 1.1), (0.5, 2.0, 1.2))
    assert [each.held for each in found.added()] == [False, False]
    assert not found.routed_held
    assert [each["held"] for each in found.as_json()["added_ms"]] == [False, False]


def test_labels_that_are_asked_lie_evenly_among_all() -> None:
    labels = ground.labels(500)
    asked = list(ground.spaced(labels, 10))
    assert (len(set(asked)), asked[0], asked[-1]) == (10, labels[0], labels[-1])
    assert list(ground.spaced(labels[:3], 10)) == labels[:3]
    assert list(ground.spaced(labels[:1], 10)) == labels[:1]


def test_the_fast_lane_is_no_rule_that_is_issued_again_and_goes_before_all_that_are() -> None:
    nowhere = Playground("embedded", Path("kubeconfig"), "registry:5000", "http://127.0.0.1", Path(), Path(), ())
    laid = ground.Ground(nowhere, "shop", {ground.BASE: 1, ground.FEATURE: 2})
    assert routes.is_base(laid.base)
    assert not routes.is_base(laid.fast_lane)
    (lane,) = laid.fast_lane["spec"]["routes"]
    ours = [each for each in laid.features("orders-1001") if each["kind"] == "IngressRoute"]
    assert lane["priority"] > max(route["priority"] for each in ours for route in each["spec"]["routes"])
