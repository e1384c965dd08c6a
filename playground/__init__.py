"""A real cluster with Traefik, a registry and Redis, for demo, tests and play.

`start` gives a `Playground`, `status` looks at it, `stop` removes it; see docs/playground.md.
"""

from playground.cluster.value import Playground
from playground.errors import PlaygroundError
from playground.lifecycle import Status, start, status, stop

__all__ = ["Playground", "PlaygroundError", "Status", "start", "status", "stop"]
