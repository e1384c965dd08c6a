"""The hop echo: read from whatever a program answers, and where along it the context was lost."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.routing import hops
from model.routing.hops import Hop, Lost

FULL = {
    "service": "storefront",
    "version": "2",
    "label": "f1",
    "commit": "bbb",
    "context": "f1",
    "path": "/basket",
    "downstream": {"orders": {"service": "orders", "label": "", "context": "", "downstream": {}}},
}


def hop(service: str, label: str = "", *after: Hop, context: str | None = None) -> Hop:
    return Hop(service, label=label, context=context, after=after)


def test_an_answer_names_every_hop() -> None:
    orders = Hop("orders", context="")
    assert hops.parse(json.dumps(FULL).encode()) == Hop("storefront", "2", "f1", "bbb", "f1", after=(orders,))


def test_the_header_serves_where_the_body_is_a_page() -> None:
    assert hops.parse(b"<html>", json.dumps(FULL)) == hops.parse(json.dumps(FULL).encode())
    both = hops.parse(b'{"service": "body"}', '{"service": "header"}')
    assert both is not None
    assert both.service == "header"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>", b"null", b"[]", b"7", b'"storefront"', b"{}", b'{"status": "ok"}', b'{"service": 7}', b'{"service": " "}',
        b'{"service": "x"', b"\xff\xfe{", b"[" * 60_000, b'{"a":' * 10_000, b'{"service": "x", "n": ' + b"9" * 5000 + b"}",
        b'{"service": "x", "pad": "' + b"x" * hops.SIZE_MOST + b'"}',
    ],
)  # fmt: skip
def test_anything_else_is_no_echo(body: bytes) -> None:
    assert hops.parse(body) is None


@pytest.mark.parametrize("member", ["version", "label", "commit", "context", "downstream", "error"])
@pytest.mark.parametrize("value", [None, 7, [], {}, [["x"]], True, {"x": 1}, {"": {}}, {"x": {"downstream": [1]}}])
def test_members_of_a_wrong_kind_are_left_out(member: str, value: Any) -> None:
    found = hops.parse(json.dumps({"service": "web", member: value}).encode())
    assert found is not None
    assert (found.service, found.version, found.label, found.commit, found.context) == ("web", "", "", "", None)


def test_sizes_are_bounded() -> None:
    deep: dict[str, Any] = {"service": "s"}
    for _ in range(200):
        deep = {"service": "s", "downstream": {"s": deep}}
    wide = {"service": "w" * 5000, "downstream": {f"s{number}": {"service": f"s{number}"} for number in range(500)}}
    found = hops.parse(json.dumps(deep).encode())
    assert found is not None
    assert max(len(path) for path in hops.paths(found)) == hops.DEPTH_MOST
    found = hops.parse(json.dumps(wide).encode())
    assert found is not None
    assert len(list(hops.paths(found))) == hops.HOPS_MOST
    assert len(found.service) == hops.TEXT_MOST


def test_what_cannot_be_seen_is_taken_out_of_names() -> None:
    assert hops.parse(json.dumps({"service": "a\n\x1b[31mb\u202e"}).encode()) == Hop("a  [31mb")


def test_a_hop_without_an_answer_is_named_by_its_caller() -> None:
    found = hops.parse(b'{"service": "web", "downstream": {"orders": {"error": "refused"}}}')
    assert found is not None
    assert found.after == (Hop("orders", error="refused"),)
    assert [hops.side(each, "f1") for each in (found, found.after[0])] == ["base", "failed"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["service", "downstream", "label", "error"]) | st.text(), inner)
    ),
    max_leaves=20,
)


@given(JSON, st.binary())
def test_no_answer_makes_it_fail(value: Any, noise: bytes) -> None:
    for body in (json.dumps(value).encode(), noise):
        found = hops.parse(body, noise.decode("latin-1"))
        if found is not None:
            hops.lost(found, "f1", {"orders", found.service})


STORE, ORDERS = "storefront", "orders"


@pytest.mark.parametrize(
    ("root", "found"),
    [
        # handed on all the way
        (hop(STORE, "f1", hop(ORDERS, "f1")), None),
        (hop(STORE, "", hop(ORDERS, "f1")), None),
        # the feature does not have what the base answered
        (hop(STORE, "f1", hop("prices", "")), None),
        # lost at the first service, be it the feature's or the base's
        (hop(STORE, "f1", hop(ORDERS, "")), Lost(ORDERS, (STORE,))),
        (hop(STORE, "", hop(ORDERS, "")), Lost(ORDERS, (STORE,))),
        # … in the middle: by its own word, by its own label, or one of two
        (hop(STORE, "", hop("mid", "", hop(ORDERS, ""), context="f1"), context="f1"), Lost(ORDERS, ("mid",))),
        (hop(STORE, "", hop("mid", "", hop(ORDERS, ""), context=""), context="f1"), Lost(ORDERS, (STORE,))),
        (hop(STORE, "", hop("mid", "f1", hop(ORDERS, ""))), Lost(ORDERS, ("mid",))),
        (hop(STORE, "f1", hop("mid", "", hop(ORDERS, ""))), Lost(ORDERS, (STORE, "mid"))),
        # lost once, found again by a feature's own hop, lost again: each is told when it comes first
        (hop(STORE, "f1", hop("mid", "", hop("back", "f1", hop(ORDERS, "")), context="")), Lost(ORDERS, ("back",))),
        # what loses it after all of the feature's services is nobody's trouble
        (hop(STORE, "f1", hop(ORDERS, "f1", hop("mid", "", context=""))), None),
        # the header did arrive at the base's copy: the call did not come through the proxy
        (hop(STORE, "f1", hop(ORDERS, "", context="f1")), Lost(ORDERS, (STORE,), past=True)),
        # it was stripped before the first hop, so nobody here has lost it
        (hop(STORE, "", hop(ORDERS, "", context=""), context=""), None),
        # the first hop is not for this to judge: probes ask for it
        (hop(ORDERS, ""), None),
        # another feature's copy, and no answer at all
        (hop(STORE, "f1", hop(ORDERS, "f2")), None),
        (hop(STORE, "f1", Hop(ORDERS, error="refused")), None),
        # the first in the order of the calls
        (hop(STORE, "f1", hop("mid", "f1", hop(ORDERS, "")), hop(ORDERS, "")), Lost(ORDERS, ("mid",))),
    ],
)
def test_who_lost_the_context(root: Hop, found: Lost | None) -> None:
    assert hops.lost(root, "f1", {STORE, ORDERS}) == found
