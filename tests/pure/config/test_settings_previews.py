"""What an operator may say of previews and guards, and what is refused by its variable's name."""

import pytest
from pydantic import ValidationError

from config.settings import Settings
from model.routing.preview import Preview


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "PREVIEW_DOMAINS": "example.com, example2.com",
        "PREVIEW_ENTRYPOINTS": "websecure",
        "PREVIEW_TLS_SECRET": "certificates/wildcard",
        "PREVIEW_MIDDLEWARES": "devstack/login,lan@file",
        "HEADER_MIDDLEWARES": "devstack-office@kubernetescrd",
        "HEADER_ENTRYPOINTS": "internal",
    }.items():
        monkeypatch.setenv(f"DEVSTACK_{name}", value)
    assert Settings().preview == Preview(
        domains=("example.com", "example2.com"),
        entrypoints=("websecure",),
        tls=True,
        middlewares=("devstack/login", "lan@file"),
        header_middlewares=("devstack-office@kubernetescrd",),
        header_entrypoints=("internal",),
    )


def test_without_settings_previews_are_as_the_base() -> None:
    assert Settings().preview == Preview()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PREVIEW_DOMAINS", "*.example.com", "write the domain without"),
        ("PREVIEW_DOMAINS", "Example.com", "is not a host name"),
        ("PREVIEW_DOMAINS", "com", "is not a host name"),
        ("PREVIEW_DOMAINS", "a" * 60 + "." + ".".join(["b" * 50] * 3), "room for a label"),
        ("PREVIEW_TLS_SECRET", "wildcard", "namespace/name"),
        ("PREVIEW_MIDDLEWARES", "login", "namespace/name"),
        ("HEADER_MIDDLEWARES", "a/b/c", "namespace/name"),
    ],
)
def test_what_cannot_be_meant_is_refused(name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"DEVSTACK_{name}", value)
    with pytest.raises(ValidationError, match=said) as caught:
        Settings()
    assert [each["loc"] for each in caught.value.errors()] == [(name.lower(),)]
