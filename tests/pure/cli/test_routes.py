"""What `devstack routes` prints of a table of routes."""

import pytest

from cli.routes import of_feature, table
from model.routing.routing_table import Row


def row(host: str, when: str, target: str, *, label: str = "", own: bool = False, rest: str = "") -> Row:
    return Row(host, when, rest, (target,), 1, "n/r", f"stack-{label}" if label else "", label, own)  # type: ignore[arg-type]  # as the table has it


ROWS = [
    row("a.com", "header", "shop/api:80", label="f1", rest="PathPrefix(`/api`)"),
    row("a.com", "header", "x/web-f1:80", label="f1", own=True),
    row("a.com", "header", "y/web-f2:80", label="f2", own=True),
    row("a.com", "plain", "shop/web:80"),
    row("b.com", "plain", "shop/[bold]b:80"),
    row("f1.a.com", "preview", "x/web-f1:80", label="f1", own=True),
]


def test_the_hosts_stand_apart_and_their_routes_in_the_order_in_which_they_are_tried(
    capsys: pytest.CaptureFixture[str],
) -> None:
    table(ROWS, "x-ctx")
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "a.com",
        "x-ctx: f1 PathPrefix(`/api`) base shop/api:80",
        "x-ctx: f1 f1 x/web-f1:80",
        "x-ctx: f2 f2 y/web-f2:80",
        "otherwise base shop/web:80",
        "b.com",
        "otherwise base shop/[bold]b:80",
        "f1.a.com",
        "preview of f1 f1 x/web-f1:80",
    ]


@pytest.mark.parametrize("named", ["f1", "stack-f1"])
def test_a_features_routes_come_with_the_bases_on_the_same_hosts(named: str) -> None:
    assert of_feature(ROWS, named) == [ROWS[0], ROWS[1], ROWS[3], ROWS[5]]
    assert of_feature(ROWS, "f3") == of_feature(ROWS, "") == []


def test_none_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    table([], "x-ctx")
    assert capsys.readouterr().out == "No routes.\n"
