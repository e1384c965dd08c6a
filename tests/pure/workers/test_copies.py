"""Where a stack's resources may copy values from: the operator's list, else the base application's namespace."""

import pytest

from config.project import parse
from workers.pipeline.describe import copies

COPIED = "services: {web: {resources: [{kind: secret, from: {namespace: other, name: k}, keys: [A]}]}}\n"


@pytest.mark.parametrize(
    ("base", "allowed", "said"),
    [
        ("", (), ["this needs to know the base application's namespace (add `base: {namespace: other}`)"]),
        ("", ("shop", "other"), []),
        ("", ("shop",), ["nothing may be copied from `other` here (this bot allows `shop`)"]),
        ("base: {namespace: other}\n", (), []),
        # A pull request can write any namespace there: where the operator has a list, the list holds.
        ("base: {namespace: other}\n", ("shop",), ["nothing may be copied from `other` here (this bot allows `shop`)"]),
    ],
)
def test_values_come_from_where_the_operator_says(base: str, allowed: tuple[str, ...], said: list[str]) -> None:
    found = [str(each) for each in copies(parse(COPIED + base), allowed)]
    path = "services.web.resources[0].from.namespace"
    assert found == [f".devstack.yaml {path}: {each}" for each in said]
