"""The table of what the cluster tier keeps in one lane is about files that are there."""

from itertools import chain
from pathlib import Path

import pytest

from tests.cluster.lanes import TOGETHER, place

CLUSTER = Path(__file__).parents[2] / "cluster"


@pytest.mark.parametrize("start", list(chain.from_iterable(TOGETHER)))
def test_every_row_names_something(start: str) -> None:
    assert (CLUSTER / start).exists()


def test_a_folder_stays_together_and_any_other_file_is_on_its_own() -> None:
    kinds = [place(f"tests/cluster/kinds/{file}.py::test_it[x]") for file in ("test_sqs", "test_kafka")]
    assert kinds[0] == kinds[1]
    assert place("tests/cluster/story/test_talk.py::test_it") == (len(TOGETHER), "tests/cluster/story/test_talk.py")


def test_what_takes_longest_comes_first() -> None:
    assert place("tests/cluster/test_demo_story.py::a") == place("tests/cluster/provision/test_life.py::b")
    assert place("tests/cluster/test_demo_story.py::a") < place("tests/cluster/doctor/test_doctor.py::c")
