"""What a run works with: the environment, the cluster, the time it has, and each server's client once it is needed."""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from model.secrets import Masker

if TYPE_CHECKING:
    from hooks.kube import Kube

Client = TypeVar("Client")


class World:
    """Handed to every kind. Safe for threads, but for the clients: those are as their libraries say."""

    def __init__(self, env: Mapping[str, str], kube: "Kube", *, deadline: float, settings: Mapping[str, Any]) -> None:
        """`deadline`: in `time.monotonic()` seconds. `settings`: the run's own, see `hooks.task`."""
        self.env = env
        self.kube = kube
        self.deadline = deadline
        self.settings = settings
        self.masker = Masker(())
        self._clients: dict[tuple[str, str], Any] = {}

    @property
    def seconds_left(self) -> float:
        """Until the run must have ended; never negative."""
        return max(0.0, self.deadline - time.monotonic())

    def provided(self, provider: str, key: str, default: str = "") -> str:
        """`DEVSTACK_PROVIDER_<PROVIDER>_<KEY>` of the environment."""
        return self.env.get(f"DEVSTACK_PROVIDER_{provider.upper().replace('-', '_')}_{key}", default)

    def client(self, provider: str, what: str, make: Callable[[], Client]) -> Client:
        """A client, made when it is first asked for."""
        key = (provider, what)
        if key not in self._clients:
            self._clients[key] = make()
        client: Client = self._clients[key]
        return client
