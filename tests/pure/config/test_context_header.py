"""Which header can be the context header, told when the settings are read."""

import pytest
from pydantic import ValidationError

from config.settings import Settings


@pytest.mark.parametrize("name", ["uber-ctx-key", "X-Feature", "x.y*z|~"])
def test_a_header_of_ones_own(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("DEVSTACK_CONTEXT_HEADER", name)
    assert Settings().context_header == name


@pytest.mark.parametrize(
    ("name", "said"),
    [("", "not a header name"), ("a`b", "not a header name"), ("Baggage", "meaning of its own"), ("host", "of its own")],
)
def test_one_that_cannot_be_it(monkeypatch: pytest.MonkeyPatch, name: str, said: str) -> None:
    monkeypatch.setenv("DEVSTACK_CONTEXT_HEADER", name)
    with pytest.raises(ValidationError, match=said):
        Settings()
