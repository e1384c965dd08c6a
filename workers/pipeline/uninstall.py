"""Uninstall every release of the stack: those on record and those that its namespace holds."""

from concurrent.futures import ThreadPoolExecutor

from model import names
from workers.pipeline.run import Run

SIDE_BY_SIDE = 4


def act(run: Run) -> None:
    """Releases go side by side; one that cannot go does not keep the others."""
    own = names.namespace(run.stack.name)
    wanted = {
        (receipt["name"], receipt["namespace"]) for receipt in run.stack.status.receipts if receipt["kind"] == "release"
    }
    wanted |= {(name, own) for name in run.world.helm.present(own)}
    with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="uninstall") as pool:
        futures = [pool.submit(one, run, *release) for release in sorted(wanted)]
    for future in futures:
        future.result()


def one(run: Run, name: str, namespace: str) -> None:
    """One release; that it is gone already is fine."""
    world = run.world
    # What lies in the stack's own namespace is waited for with the namespace: helm looks only every two seconds.
    elsewhere = namespace != names.namespace(run.stack.name)
    if world.helm.uninstall(name, namespace, world.settings.teardown_timeout, None, wait=elsewhere):
        run.removed.append(f"release `{name}`")
