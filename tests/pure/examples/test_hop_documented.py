"""The ten lines in the docs are those of the examples, and what they give is what we read."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from model.routing import hops
from model.routing.hops import Hop

ROOT = Path(__file__).resolve().parents[3]
SECTION = (ROOT / "docs" / "routing.md").read_text().partition("## Proof, trace and diagram\n")[2].partition("\n## ")[0]


def fenced(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
    return str(found)


@pytest.mark.parametrize(("language", "file"), [("go", "go/main.go"), ("js", "node/main.mjs")])
def test_the_documented_lines_are_the_examples(language: str, file: str) -> None:
    example = (ROOT / "examples" / "hop" / file).read_text()
    lines = [line for line in fenced(language).splitlines() if not line.startswith("response.")]
    assert len(lines) <= 10
    assert [line for line in lines if line not in example.splitlines()] == []


def test_the_documented_python_gives_an_echo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEVSTACK_LABEL", "f1")
    monkeypatch.delenv("DEVSTACK_COMMIT", raising=False)
    known: dict[str, Any] = {"os": os}
    exec(fenced("python"), known)  # noqa: S102 - our own docs
    echo = known["hop"]("web", "f1", {"orders": known["hop"]("orders", "", {})})
    assert hops.parse(json.dumps(echo).encode()) == Hop(
        "web", label="f1", context="f1", after=(Hop("orders", label="f1", context=""),)
    )


def test_the_documented_object_is_one_that_we_read() -> None:
    found = hops.parse(fenced("json").encode())
    assert found is not None
    assert (found.service, found.label, found.after[0]) == ("storefront", "feature1", Hop("orders", context=""))
