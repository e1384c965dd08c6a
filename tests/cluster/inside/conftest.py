"""The ground for calls from within the cluster, gone again at the end."""

from collections.abc import Iterator

import pytest

from playground.cluster.value import Playground
from tests.cluster.inside import ground as grounds
from tests.cluster.inside.ground import Ground
from workers.follow import follow


@pytest.fixture(scope="module")
def inside(alone: Playground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Two bases, and a feature whose routes and aliases have just been made."""
    grounds.cleared(alone)
    try:
        made = grounds.laid(alone, tmp_path_factory.mktemp("inside"))
        follow(made.world)
        yield made
    finally:
        grounds.cleared(alone)
