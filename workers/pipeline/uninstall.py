"""Uninstall every release of the stack: those on record, those that carry its mark, those that its namespace holds."""

from concurrent.futures import ThreadPoolExecutor

from model import names
from workers.pipeline.run import Run

SIDE_BY_SIDE = 4


def act(run: Run) -> None:
    """Releases go side by side; one that cannot go does not keep the others."""
    own = names.namespace(run.stack.name)
    wanted = recorded(run) | run.world.proof.releases(run.stack.name, places(run))
    wanted |= {(name, own) for name in run.world.helm.present(own)}
    with ThreadPoolExecutor(SIDE_BY_SIDE, thread_name_prefix="uninstall") as pool:
        futures = [pool.submit(one, run, *release) for release in sorted(wanted)]
    for future in futures:
        future.result()


def recorded(run: Run) -> set[tuple[str, str]]:
    """Name and namespace of the releases on record."""
    return {
        (receipt["name"], receipt["namespace"]) for receipt in run.stack.status.receipts if receipt["kind"] == "release"
    }


def places(run: Run) -> list[str]:
    """The namespaces where the stack is or has been."""
    status = run.stack.status
    been = {receipt["namespace"] for receipt in status.receipts if receipt.get("namespace")}
    return sorted({names.namespace(run.stack.name), *been, *([status.namespace] if status.namespace else [])})


def one(run: Run, name: str, namespace: str) -> None:
    """One release; that it is gone already is fine."""
    world = run.world
    # What lies in the stack's own namespace is waited for with the namespace: helm looks only every two seconds.
    elsewhere = namespace != names.namespace(run.stack.name)
    if world.helm.uninstall(name, namespace, world.settings.teardown_timeout, None, wait=elsewhere):
        run.removed.append(f"release `{name}`")
