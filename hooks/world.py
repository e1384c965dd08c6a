"""What a run works with: the environment, the cluster, the time it has, and each server's client once it is needed."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from hooks import masking
from model.secrets import Masker

if TYPE_CHECKING:
    from hooks.kube import Kube

Client = TypeVar("Client")


class World:
    """Handed to every kind. Safe for threads, but for the clients: those are as their libraries say."""

    def __init__(
        self,
        env: Mapping[str, str],
        kube: "Kube",
        *,
        deadline: float,
        settings: Mapping[str, Any],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Any] | None = None,
    ) -> None:
        """`deadline`: in seconds of `clock`. `settings`: the run's own, see `hooks.task`."""
        self.env = env
        self.kube = kube
        self.deadline = deadline
        self.settings = settings
        self.masker = Masker(masking.of_environment(env))
        self.stop = threading.Event()  # set when the run is told to end: nothing new is begun from then on
        self.owner: dict[str, Any] | None = None  # ownerReference for what a run makes for itself
        self.errands = threading.Lock()  # held by who changes the Secret of one-off Pods, see `hooks.pods`
        self.clock = clock
        self.sleep: Callable[[float], Any] = sleep or self.stop.wait
        self._clients: dict[tuple[str, str], Any] = {}
        self._locks: dict[tuple[str, str], threading.Lock] = {}
        self._values: dict[str, str] = {}
        self._lock = threading.Lock()

    @property
    def seconds_left(self) -> float:
        """Until the run must have ended; never negative."""
        return max(0.0, self.deadline - self.clock())

    def provided(self, provider: str, key: str, default: str = "") -> str:
        """`DEVSTACK_PROVIDER_<PROVIDER>_<KEY>` of the environment."""
        return self.env.get(f"DEVSTACK_PROVIDER_{provider.upper().replace('-', '_')}_{key}", default)

    def client(self, provider: str, what: str, make: Callable[[], Client]) -> Client:
        """A client, made when it is first asked for, and once only."""
        key = (provider, what)
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._clients:
                self._clients[key] = make()
            client: Client = self._clients[key]
        return client

    def keep(self, values: Mapping[str, str], public: str = "") -> None:
        """Values that the service's pods get. They are masked from now on, but for what stands in `public`."""
        for secret in masking.of_values(values.values(), public):
            self.masker.learn(secret)
        with self._lock:
            self._values.update(values)

    def values_so_far(self) -> dict[str, str]:
        """All that the service's pods get, as made in this run, else in an earlier one. Secret."""
        with self._lock:
            return dict(self._values)
