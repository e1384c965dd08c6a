"""Paths inside a repository, and what git is told in its environment."""

from types import SimpleNamespace

import pytest

from workers.tools import git

ME = SimpleNamespace(username="me", password="p@ss word")


@pytest.mark.parametrize(
    ("path", "expected"),
    [(".", "."), ("", "."), ("./a//b/", "a/b"), ("a/./b", "a/b"), (".devstack.yaml", ".devstack.yaml")],
)
def test_paths_are_written_in_one_way(path: str, expected: str) -> None:
    assert git.clean(path) == expected


@pytest.mark.parametrize(
    ("folder", "target", "expected"),
    [
        (["a"], "../b/c", "b/c"),
        (["a"], "..", "."),
        ([], "..", None),
        (["a", "b"], "../../..", None),
        (["a"], "./x", "a/x"),
    ],
)
def test_links_lead_only_inside_the_repository(folder: list[str], target: str, expected: str | None) -> None:
    assert git.joined(folder, target.split("/")) == expected


def test_credentials_are_for_one_server_and_never_part_of_the_configuration() -> None:
    variables = git.login("https://git.example.com:8443/acme/x.git", ME)
    keys = {name: value for name, value in variables.items() if name.startswith("GIT_CONFIG_KEY")}
    assert "credential.https://git.example.com:8443.helper" in keys.values()
    assert not [name for name, value in variables.items() if "p@ss" in value and name != "DEVSTACK_GIT_PASSWORD"]


@pytest.mark.parametrize(("url", "who"), [("file:///srv/x", ME), ("https://git.example.com/x", None)])
def test_without_credentials_nothing_is_answered(url: str, who: object) -> None:
    variables = git.login(url, who)  # type: ignore[arg-type]  # one of them is None, the other a namespace
    assert not [value for value in variables.values() if "credential" in value or "p@ss" in value]


def test_configuration_travels_in_the_environment() -> None:
    assert git.configured({"a.b": "1", "c.d": "2"}) == {
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "a.b",
        "GIT_CONFIG_VALUE_0": "1",
        "GIT_CONFIG_KEY_1": "c.d",
        "GIT_CONFIG_VALUE_1": "2",
    }
