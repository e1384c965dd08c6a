"""Whose password pods are given: the registry's own, under any of its names, and nobody else's."""

import json
from pathlib import Path

import pytest

from workers.faults import OurFault
from workers.registry import auth

ENTRY = {"auth": "YTpi"}


def given(folder: Path, registry: str, *keys: str) -> set[str]:
    """Which of the file's entries the pods get."""
    path = folder / "config.json"
    path.write_text(json.dumps({"auths": dict.fromkeys(keys, ENTRY), "credsStore": "desktop"}))
    found = auth.for_pods(path, registry)
    assert found == "" or set(json.loads(found)) == {"auths"}
    return set(json.loads(found)["auths"]) if found else set()


@pytest.mark.parametrize(
    ("registry", "keys", "expected"),
    [
        ("r.example.com", ["r.example.com", "other.example.com"], {"r.example.com"}),
        ("r.example.com:5000", ["r.example.com:5000", "r.example.com"], {"r.example.com:5000"}),
        ("r.example.com", ["https://r.example.com/v2/", "r.example.com/team"], {"https://r.example.com/v2/", "r.example.com/team"}),
        ("r.example.com/team", ["r.example.com", "r.example.com/team", "r.example.com/team/app", "r.example.com/te"],
         {"r.example.com", "r.example.com/team", "r.example.com/team/app"}),
        ("docker.io/acme", ["https://index.docker.io/v1/", "registry-1.docker.io", "docker.io/other", "quay.io"],
         {"https://index.docker.io/v1/", "registry-1.docker.io"}),
        ("r.example.com", ["example.com", "quay.io"], set()),
        ("r.example.com", [], set()),
    ],
)  # fmt: skip
def test_pods_get_the_registrys_own_entries(tmp_path: Path, registry: str, keys: list[str], expected: set[str]) -> None:
    assert given(tmp_path, registry, *keys) == expected


def test_no_file_is_no_password_and_an_unreadable_one_a_fault(tmp_path: Path) -> None:
    assert auth.for_pods(None, "r.example.com") == ""
    with pytest.raises(OurFault, match="cannot be read"):
        auth.for_pods(tmp_path / "none.json", "r.example.com")


def test_an_entry_without_a_password_is_none(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"auths": {"r.example.com": {}}}')
    assert auth.for_pods(path, "r.example.com") == ""
