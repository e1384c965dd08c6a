"""What the charts say of a request's context is, letter for letter, what the bot's routes say."""

from typing import Any

import pytest
import yaml

from model.routing.context import condition
from model.routing.rules import Syntax
from tests.helm.conftest import CHARTS, Tools

pytestmark = pytest.mark.helm

LIBRARY = CHARTS / "service" / "charts" / "devstack"
SHOW = 'kind: Shown\nsaid: {{ range .Values.asked }}\n- {{ include "devstack.contextMatch" . | quote }}{{ end }}\n'

ASKED: list[tuple[str, str, Syntax]] = [
    ("uber-ctx-key", "feature1", "v3"),
    ("uber-ctx-key", "feature1", "v2"),
    ("X-Ctx.Key+a*b|c^d$e~!#%&'_", "0123456789-abcdefghijklmnopqrstuvwxyz", "v3"),
    ("k", "a", "v3"),
    ("k", "0--0", "v2"),
]


@pytest.fixture
def chart(tools: Tools) -> str:
    """A chart that shows the template's text as it is."""
    folder = tools.home / "shown"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: shown\nversion: 0.1.0\n")
    (folder / "templates" / "_context.tpl").write_text((LIBRARY / "templates" / "_context.tpl").read_text())
    (folder / "templates" / "shown.yaml").write_text(SHOW)
    return str(folder)


def test_the_charts_condition_is_the_bots(tools: Tools, chart: str) -> None:
    asked: list[dict[str, Any]] = [dict(zip(("header", "label", "syntax"), each, strict=True)) for each in ASKED]
    answer = tools.run("helm", "template", "shown", chart, "-f", tools.values({"asked": asked}))
    assert answer.code == 0, answer.err
    assert yaml.safe_load(answer.out)["said"] == [condition(*each) for each in ASKED]
