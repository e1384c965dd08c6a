"""The real helm and helmfile, and what they render."""

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from playground.places import places
from playground.toolset import build

ROOT = Path(__file__).resolve().parents[2]
CHARTS = ROOT / "helm"

Rendered = list[dict[str, Any]]


@dataclass(frozen=True)
class Answer:
    """What a program said, and how it ended."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Tools:
    """helm and helmfile, each call with a home of its own."""

    folder: Path
    home: Path

    def run(self, *argv: str | Path, cwd: Path = ROOT) -> Answer:
        """Run one of the tools; its end is for the caller to judge."""
        environment = {
            "PATH": f"{self.folder}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.home),
            "HELM_CACHE_HOME": str(self.home / "cache"),
            "HELM_CONFIG_HOME": str(self.home / "config"),
            "HELM_DATA_HOME": str(self.home / "data"),
        }
        done = subprocess.run(
            [*map(str, argv)], cwd=cwd, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def values(self, values: Mapping[str, Any]) -> Path:
        """A values file."""
        path = self.home / f"values-{len(list(self.home.iterdir()))}.yaml"
        path.write_text(yaml.safe_dump(dict(values)))
        return path

    def template(
        self, chart: str | Path, values: Mapping[str, Any], *, release: str = "shop", more: Sequence[str] = ()
    ) -> Rendered:
        """The manifests of a chart."""
        answer = self.run("helm", "template", release, CHARTS / chart, "-f", self.values(values), *more)
        assert answer.code == 0, answer.err
        return documents(answer.out)

    def refusal(self, chart: str | Path, values: Mapping[str, Any]) -> str:
        """What helm says about values that it must not accept."""
        answer = self.run("helm", "template", "shop", CHARTS / chart, "-f", self.values(values))
        assert answer.code != 0, f"accepted: {values}"
        return answer.err

    def lint(self, chart: str | Path, values: Mapping[str, Any]) -> None:
        """helm's own check, warnings included."""
        answer = self.run("helm", "lint", "--strict", CHARTS / chart, "-f", self.values(values))
        assert answer.code == 0, answer.out + answer.err

    def helmfile(self, file: Path, state: Mapping[str, Any], *more: str) -> Rendered:
        """The manifests of a helmfile."""
        answer = self.run(
            "helmfile", "--file", file, "--state-values-file", self.values(state), "template", *more, cwd=file.parent
        )
        assert answer.code == 0, answer.err
        return documents(answer.out)


def documents(text: str) -> Rendered:
    """The YAML documents of a text."""
    return [document for document in yaml.load_all(text, yaml.CSafeLoader) if document]


@pytest.fixture(scope="session")
def tools_folder() -> Path:
    """Where helm and helmfile are: DEVSTACK_TOOLS_BIN, else the playground's toolset."""
    told = os.environ.get("DEVSTACK_TOOLS_BIN")
    folder = Path(told) if told else build.folder(places().cache)
    missing = [name for name in ("helm", "helmfile") if not (folder / name).exists()]
    if missing:
        pytest.fail(
            f"{' and '.join(missing)} missing in {folder}: `./scripts/test` builds them, or set DEVSTACK_TOOLS_BIN"
        )
    return folder


@pytest.fixture
def tools(tools_folder: Path, tmp_path: Path) -> Tools:
    """The tools, with a home that is this test's."""
    return Tools(tools_folder, tmp_path)


@pytest.fixture
def one() -> Callable[[Rendered, str], dict[str, Any]]:
    """The only object of a kind among rendered ones."""

    def pick(rendered: Rendered, kind: str) -> dict[str, Any]:
        (found,) = [each for each in rendered if each["kind"] == kind]
        return found

    return pick
