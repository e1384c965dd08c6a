"""A request for a rule: what is asked to see whether a proxy still has it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.routing.context import condition
from model.routing.samples import Sample, sample
from tests.pure.model.routing.proxy import Request, holds

CONTEXT = condition("uber-ctx-key", "feature1")
KEYED = {"uber-ctx-key": "feature1"}


@pytest.mark.parametrize(
    ("match", "found"),
    [
        ("Host(`example.com`)", Sample("example.com")),
        (f"Host(`example.com`) && {CONTEXT}", Sample("example.com", headers=KEYED)),
        (f"Host(`example.com`) && PathPrefix(`/api`) && {CONTEXT}", Sample("example.com", "/api", KEYED)),
        ("Host(`a.com`) && (PathPrefix(`/a`) || PathPrefix(`/b`))", Sample("a.com", "/a")),
        ("(Host(`a.com`) && Method(`POST`)) || Host(`b.com`)", Sample("b.com")),
        ("Host(`a.com`) && !PathPrefix(`/api`)", Sample("a.com")),
        ("Host(`a.com`) && Query(`v`, `1`) && Query(`w=2`)", Sample("a.com", query="v=1&w=2")),
        ("Host(`a.com`) && PathPrefix(`/api`) && Path(`/api/x`)", Sample("a.com", "/api/x")),
    ],
)
def test_a_request_is_made_of_the_rules_own_words(match: str, found: Sample) -> None:
    assert sample(match) == found
    if "Query" not in match:
        assert holds(match, Request(found.host, found.path, headers=found.headers))


@pytest.mark.parametrize("match", ["", "Host(`a.com`", "PathPrefix(`/api`)", "Host(`a.com`) && Method(`POST`, `PUT`)"])
def test_where_none_can_be_made_there_is_none(match: str) -> None:
    assert sample(match) is None


@given(st.text(max_size=80))
def test_no_text_breaks_it(text: str) -> None:
    sample(text)
