"""Real servers for what features need (queues, databases, brokers), in the playground's cluster, on demand.

`ensure` brings them up, `Backends.environment` tells hooks and tests how to reach them; see docs/playground.md.
"""

from playground.backends.hook import hook_image
from playground.backends.table import NAMES
from playground.backends.up import ensure, remove, states
from playground.backends.value import Backends

__all__ = ["NAMES", "Backends", "ensure", "hook_image", "remove", "states"]
