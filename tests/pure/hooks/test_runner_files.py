"""Files of the repository as the chart mounts them."""

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks import files
from hooks.contract import Problem
from hooks.kube import Kube
from hooks.world import World
from model import names


def world(folder: Path) -> World:
    return World({"DEVSTACK_FILES": str(folder)}, Kube(None), deadline=0, settings={})


def test_a_file_is_read_by_its_path_in_the_repository(tmp_path: Path) -> None:
    (tmp_path / names.file_key("db/orders.sql")).write_bytes(gzip.compress("select 'ä';".encode()))
    assert files.read(world(tmp_path), "db/orders.sql") == "select 'ä';"
    assert files.there(world(tmp_path), "db/orders.sql")
    assert not files.there(world(tmp_path), "orders.sql")


def test_a_file_that_is_missing_or_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / names.file_key("a.sql")).write_bytes(b"plain")
    (tmp_path / names.file_key("b.sql")).write_bytes(gzip.compress(b"\xff\xfe"))
    (tmp_path / names.file_key("c.sql")).write_bytes(gzip.compress(b"x" * 100)[:-9])
    for path, sentence in (
        ("x.sql", "is not here"),
        ("a.sql", "cannot be read"),
        ("b.sql", "no text"),
        ("c.sql", "cut short"),
    ):
        with pytest.raises(Problem, match=f"the file `{path}` .*{sentence}"):
            files.read(world(tmp_path), path)


@given(st.lists(st.text(min_size=1, max_size=300), min_size=2, max_size=6, unique=True))
def test_keys_are_ones_that_a_configmap_takes_and_never_the_same(paths: list[str]) -> None:
    keys = [names.file_key(path) for path in paths]
    assert len(set(keys)) == len(paths)
    for key in keys:
        assert len(key) <= 253
        assert all(character.isascii() and (character.isalnum() or character in "-._") for character in key)
