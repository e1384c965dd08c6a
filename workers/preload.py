"""Small when idle: what every run needs is imported before the worker forks, so that its processes share these pages
and no run waits for them; and what a run has freed goes back to the system."""

import ctypes
import gc
from importlib import import_module
from typing import Any

from celery.signals import task_postrun, worker_before_create_process

MODULES = (
    "workers.converge",
    "workers.tasks",
    "workers.cluster.client",
    "workers.cluster.namespaces",
    "workers.cluster.proof",
    "workers.cluster.routes",
    "workers.cluster.workloads",
    "workers.github",
    "workers.registry.client",
    "workers.stacks",
    "workers.tools.buildah",
    "workers.tools.git",
    "workers.tools.helm",
    "workers.tools.helmfile",
)

ARENA_MAX = -8  # M_ARENA_MAX of glibc's malloc.h
ARENAS = 2  # glibc's default is eight for each core, and every thread fills one of its own


def thrifty() -> None:
    """Have threads share the memory that is free; nothing where the C library knows no such thing."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(ARENA_MAX, ARENAS)


def imported() -> None:
    """Import all of it. Nothing is connected by that: connections must not be shared between processes."""
    for name in MODULES:
        import_module(name)


@worker_before_create_process.connect  # type: ignore[untyped-decorator]  # celery has no types
def _frozen(**_given: Any) -> None:
    """The collector writes to every object that it looks at, and a page that was written to is shared no more."""
    gc.collect()
    gc.freeze()


@task_postrun.connect  # type: ignore[untyped-decorator]  # celery has no types
def _given_back(**_given: Any) -> None:
    """What a run needed is free now, but the C library would keep it."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "malloc_trim"):
        libc.malloc_trim(0)
