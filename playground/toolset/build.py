"""Compiles what is missing of the toolset into the cache; what is there is taken as it is."""

import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playground import tool
from playground.lock import held
from playground.progress import Progress
from playground.toolset import golang
from playground.toolset.binaries import (
    BUILDKIT,
    CHARTS,
    CLUSTER,
    ENVIRONMENT,
    FLAGS,
    HERE,
    LOAD,
    LOAD_BINARY,
    TRAEFIK2,
    Binary,
    key,
)

Rows = Sequence[Sequence[Binary]]
_one_by_one = threading.Lock()


def folder(cache: Path, rows: Rows = CLUSTER) -> Path:
    """Where these binaries belong: a folder whose name is a hash of all that determines them."""
    return cache / "toolset" / key(rows) / "bin"


def cluster_tools(cache: Path, progress: Progress) -> Path:
    """The folder with kubelab (and kubectl, which it is too), helm, helmfile and pause."""
    return _ensure(cache, CLUSTER, CLUSTER, progress)


def chart_tools(cache: Path, progress: Progress) -> Path:
    """The same folder, but only helm and helmfile are sure to be in it."""
    return _ensure(cache, CLUSTER, CHARTS, progress)


def buildkit_tools(cache: Path, progress: Progress) -> Path:
    """The folder with buildkitd and buildctl, compiled on demand only."""
    return _ensure(cache, BUILDKIT, BUILDKIT, progress)


def traefik2(cache: Path, progress: Progress) -> Path:
    """Traefik 2, compiled on demand only."""
    return _ensure(cache, TRAEFIK2, TRAEFIK2, progress) / "traefik2"


def load_tool(cache: Path, progress: Progress) -> Path:
    """The program that makes load and answers it, compiled on demand only."""
    return _ensure(cache, LOAD, LOAD, progress) / LOAD_BINARY.name


def single(cache: Path, binary: Binary, progress: Progress) -> Path:
    """One binary of the cluster's tools."""
    return _ensure(cache, CLUSTER, ((binary,),), progress) / binary.name


def _ensure(cache: Path, home: Rows, wanted: Rows, progress: Progress) -> Path:
    target = folder(cache, home)
    rows = [[binary for binary in row if not _complete(target, binary)] for row in wanted]
    rows = [row for row in rows if row]
    if not rows:
        return target
    target.mkdir(parents=True, exist_ok=True)
    with _one_by_one:
        go = golang.go(cache, progress)
    with ThreadPoolExecutor(len(rows)) as pool:
        for done in [pool.submit(_row, cache, go, target, row, progress) for row in rows]:
            done.result()
    return target


def _row(cache: Path, go: Path, target: Path, row: Sequence[Binary], progress: Progress) -> None:
    for binary in row:
        # Whoever comes second finds the binary there: another thread or process may want the same one.
        with held(cache / "locks" / f"{target.parent.name}-{binary.name}", progress):
            if not _complete(target, binary):
                _compile(cache, go, target, binary, progress)


def _compile(cache: Path, go: Path, target: Path, binary: Binary, progress: Progress) -> None:
    scratch = target / f".{binary.name}.{os.getpid()}"
    environment = {**os.environ, **ENVIRONMENT, "GOTOOLCHAIN": "local"}
    with progress.step(f"compiling {binary.name}", slow=binary.slow):
        tool.run(
            [go, "build", *FLAGS, "-ldflags", binary.ldflags, "-o", scratch, binary.package],
            cwd=HERE / binary.module,
            env=environment,
            log=cache / "logs" / f"build-{binary.name}.log",
        )
    scratch.replace(target / binary.name)
    for link in binary.links:
        (target / link).unlink(missing_ok=True)
        (target / link).symlink_to(binary.name)


def _complete(target: Path, binary: Binary) -> bool:
    return all((target / name).exists() for name in (binary.name, *binary.links))
