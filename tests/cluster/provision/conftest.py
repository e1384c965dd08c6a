"""A stage for the stories of provisioning: a bot with little patience, real servers, and a base that has things on them."""

from collections.abc import Iterator

import pytest

from playground.cluster.value import Playground
from playground.demo import base
from playground.demo.stage import Stage
from tests.cluster.conftest import SETTINGS, clean_stage
from tests.cluster.provision import servers

PATIENCE = {"DEVSTACK_RETRIES_MAX": "1", "DEVSTACK_TEARDOWN_TIMEOUT": "20"}


@pytest.fixture(scope="module")
def stage(ground: Playground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    with clean_stage(ground, folder, needs=servers.NEEDS, **{**SETTINGS, **PATIENCE}) as made:
        base.make(made, servers.of(made))
        servers.of_the_base(servers.of(made))
        yield made
