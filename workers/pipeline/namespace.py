"""The namespace last, and only one that carries this stack's mark."""

from model import names
from workers.pipeline.run import Run


def act(run: Run) -> None:
    """Delete it and wait until it is gone."""
    name = names.namespace(run.stack.name)
    if run.world.namespaces.remove(name, run.stack.name, run.world.settings.teardown_timeout):
        run.removed.append(f"namespace `{name}`")
