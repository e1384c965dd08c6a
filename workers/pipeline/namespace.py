"""The namespace last, and only one that carries this stack's mark; elsewhere what we put there ourselves."""

from model import names
from workers.pipeline import uninstall
from workers.pipeline.run import Run


def act(run: Run) -> None:
    """Delete it and wait until it is gone."""
    name = names.namespace(run.stack.name)
    for place in uninstall.places(run):
        if place != name and run.world.namespaces.drop_pull_secrets(place, run.stack.name):
            run.removed.append(f"the registry's password in `{place}`")
    if run.world.namespaces.remove(name, run.stack.name, run.world.settings.teardown_timeout):
        run.removed.append(f"namespace `{name}`")
