"""Routes first: take them away, then wait until the proxy has let go, so that no request meets a vanished service."""

from workers.pipeline import aliases, letting_go, routing
from workers.pipeline.run import Run


def act(run: Run) -> None:
    """Remove the routes by mark, and what leads to the stack from its feature's other members; a proxy that cannot be
    reached is no reason to keep the rest."""
    watch = letting_go.before(run)
    count = routing.withdraw(run)
    if count:
        run.removed.append(f"{count} routes and middlewares")
    try:
        aliases.hand_back(run)
    finally:
        if count:
            letting_go.after(run, watch)
