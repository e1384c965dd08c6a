"""What every run needs, imported before the worker forks: its processes share these pages, and no run waits for them."""

import gc
from importlib import import_module
from typing import Any

from celery.signals import worker_before_create_process

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


def imported() -> None:
    """Import all of it. Nothing is connected by that: connections must not be shared between processes."""
    for name in MODULES:
        import_module(name)


@worker_before_create_process.connect  # type: ignore[untyped-decorator]  # celery has no types
def _frozen(**_given: Any) -> None:
    """The collector writes to every object that it looks at, and a page that was written to is shared no more."""
    gc.collect()
    gc.freeze()
