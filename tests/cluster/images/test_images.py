"""The project's own images: built by the project's own builder, run as Pods, each answers `--version`."""

import shutil
from importlib.metadata import version
from pathlib import Path

import pytest

from config.settings import Settings
from playground.cluster.value import Playground
from playground.demo.stage import ROOT, bot_settings, kubectl
from workers.tools import builder
from workers.tools.builder import BuildRequest

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(600)]

SOURCES = ("Dockerfile", ".dockerignore", "pyproject.toml", "README.md", "LICENSE", "requirements.txt", "requirements-build.txt",
           "bot", "cli", "config", "hooks", "model", "workers", "playground", "helm")  # fmt: skip


@pytest.fixture(scope="module")
def settings(ground: Playground, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    names = {
        key.removeprefix("DEVSTACK_").lower(): value
        for key, value in bot_settings(ground, tmp_path_factory.mktemp("work")).items()
    }
    return Settings(**names)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source")
    for name in SOURCES:
        origin = ROOT / name
        if origin.is_dir():
            shutil.copytree(origin, folder / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(origin, folder / name)
    return folder


@pytest.fixture(scope="module")
def tools(ground: Playground, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An image with helm and helmfile, as a company may have one."""
    folder = tmp_path_factory.mktemp("tools")
    for name in ("helm", "helmfile"):
        shutil.copy(ground.tools / name, folder / name)
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY helm helmfile /usr/local/bin/\n")
    repository = f"{ground.registry}/devstack/tools"
    request = BuildRequest(
        service="tools", context=folder, dockerfile=folder / "Dockerfile", repository=repository, tag="test"
    )
    return builder.chosen(settings).build(request).ref


@pytest.mark.parametrize("target", ["bot", "worker"])
def test_image_builds_and_answers_version(
    target: str, ground: Playground, settings: Settings, source: Path, tools: str
) -> None:
    request = BuildRequest(
        service=target,
        context=source,
        dockerfile=source / "Dockerfile",
        repository=f"{ground.registry}/devstack/{target}",
        tag="test",
        target=target,
        args={"TOOLS": tools},
        log=source / f"{target}.log",
    )
    built = builder.chosen(settings).build(request)
    name = f"version-of-{target}"
    kubectl(ground, "run", name, f"--image={built.ref}", "--restart=Never", "--", "--version")
    try:
        kubectl(ground, "wait", f"pod/{name}", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s")
        assert kubectl(ground, "logs", name).strip() == f"devstack {version('devstack')}"
    finally:
        kubectl(ground, "delete", "pod", name, "--wait=false")
