"""Traefik's own definitions tell its versions apart."""

from typing import Any

import pytest
import yaml

from playground.places import places
from playground.progress import silent
from playground.toolset import router
from playground.toolset.router import Major
from workers.cluster.dialect import NEW, OLD, Dialect, decide

pytestmark = pytest.mark.helm


def served(major: Major, *groups: str) -> dict[str, Any]:
    """The OpenAPI documents that an API server makes of a version's definitions."""
    found: dict[str, Any] = {}
    for each in yaml.load_all(router.definitions(places().cache, silent(), major).read_text(), yaml.CSafeLoader):
        spec = each["spec"]
        if spec["group"] in groups:
            (version,) = spec["versions"]
            kind = {"group": spec["group"], "version": version["name"], "kind": spec["names"]["kind"]}
            schema = {**version["schema"]["openAPIV3Schema"], "x-kubernetes-group-version-kind": [kind]}
            schemas = found.setdefault(spec["group"], {"components": {"schemas": {}}})["components"]["schemas"]
            schemas[spec["names"]["kind"]] = schema
    return found


@pytest.mark.parametrize(
    ("definitions", "said"),
    [
        (served(3, NEW), Dialect(NEW, "v3", (NEW,))),
        (served(2, NEW, OLD), Dialect(NEW, "v2", (NEW, OLD))),
        (served(2, OLD), Dialect(OLD, "v2", (OLD,))),
        ({**served(2, OLD), **served(3, NEW)}, Dialect(NEW, "v3", (NEW,))),
    ],
    ids=["version 3", "version 2.11", "version 2.9", "version 3 after an upgrade"],
)
def test_the_definitions_tell_group_and_language(definitions: dict[str, Any], said: Dialect) -> None:
    assert decide(definitions) == said
