"""Which header can be the context header, told when the settings are read."""

import pytest
from pydantic import ValidationError

from config.problems import ConfigError
from config.project import parse
from config.settings import Settings


@pytest.mark.parametrize("name", ["uber-ctx-key", "X-Feature", "x.y*z|~"])
def test_a_header_of_ones_own(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("DEVSTACK_CONTEXT_HEADER", name)
    assert Settings().context_header == name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "not a header name"),
        ("a`b", "not a header name"),
        ("Baggage", "meaning of its own"),
        ("host", "of its own"),
        ("Upgrade-Insecure-Requests", "of its own"),
        ("sec-fetch-mode", "of its own"),
        ("X-Forwarded-Proto", "of its own"),
        ("DNT", "of its own"),
        ("accept-language", "of its own"),
    ],
)
def test_one_that_cannot_be_it(monkeypatch: pytest.MonkeyPatch, name: str, said: str) -> None:
    monkeypatch.setenv("DEVSTACK_CONTEXT_HEADER", name)
    with pytest.raises(ValidationError, match=said):
        Settings()


@pytest.mark.parametrize("name", ["Upgrade-Insecure-Requests", "X-Forwarded-Proto", "traceparent"])
def test_what_every_browser_or_proxy_sends_is_no_repositorys_either(name: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(f"services: {{web: {{hosts: [example.com]}}}}\nheader: {name}\n")
    assert "meaning of its own" in str(refused.value)


def test_others_that_repositories_may_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVSTACK_CONTEXT_HEADERS", "x-acme-ctx, x-shop-ctx")
    assert Settings().context_headers == ("x-acme-ctx", "x-shop-ctx")
    monkeypatch.setenv("DEVSTACK_CONTEXT_HEADERS", "x-acme-ctx,cookie")
    with pytest.raises(ValidationError, match="of its own"):
        Settings()
