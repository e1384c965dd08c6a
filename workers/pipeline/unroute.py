"""Routes first: take them away, then wait until the proxy has let go, so that no request meets a vanished service."""

import time

from model import names
from workers.pipeline import probes, routing
from workers.pipeline.run import Run

LET_GO_SECONDS = 15.0
POLL_SECONDS = 0.1


def act(run: Run) -> None:
    """Remove the routes by mark; a proxy that cannot be reached is no reason to keep the rest."""
    count = routing.withdraw(run)
    if not count:
        return
    run.removed.append(f"{count} routes and middlewares")
    hosts = [host for service in run.stack.status.services for host in service.hosts]
    deadline = time.monotonic() + LET_GO_SECONDS
    while time.monotonic() < deadline and any(held(run, host) for host in hosts):
        time.sleep(POLL_SECONDS)


def held(run: Run, host: str) -> bool:
    """Whether the proxy still answers for the stack."""
    preview = names.preview_host(run.stack.spec.label, host)
    answer = probes.request(run.world.settings, preview, "/", {})
    return answer.mark.partition("@")[0] == run.stack.name
