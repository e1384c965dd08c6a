"""The servers that the kinds are tested on: the playground's, or those of an environment that was given."""

import json
import os

import pytest

from playground.backends import NAMES, Backends, ensure
from playground.cluster.value import Playground

GIVEN = "DEVSTACK_TEST_PROVIDED"  # the environment of hooks as JSON, for servers that are up already
MARKER = "backends"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{MARKER}(*names): the backends that these tests need; without it, all")


def wanted(session: pytest.Session) -> set[str]:
    """Those that the session's tests are marked with; all where one that takes `provided` is not."""
    asked: set[str] = set()
    for item in session.items:
        if "kinds" in item.path.parent.parts:
            marks = list(item.iter_markers(MARKER))
            asked |= {name for mark in marks for name in mark.args} if marks else set(NAMES)
    return asked or set(NAMES)


@pytest.fixture(scope="session")
def backends(ground: Playground, request: pytest.FixtureRequest) -> Backends:
    return ensure(ground, wanted(request.session))


@pytest.fixture(scope="session")
def provided(request: pytest.FixtureRequest) -> dict[str, str]:
    """What the operator tells hooks, as a process of this host needs it."""
    given = os.environ.get(GIVEN)
    if given:
        told: dict[str, str] = json.loads(given)
        return told
    started: Backends = request.getfixturevalue("backends")
    return started.environment("loopback")
