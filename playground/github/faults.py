"""Faults that can be switched on: what a client must live through."""

import threading
from dataclasses import dataclass, field, fields

SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


@dataclass
class Faults:
    """Counts are of API requests still to be hit; 0 is off. `slow` is seconds added to every answer."""

    errors: int = 0  # 502
    timeouts: int = 0  # no answer for `timeout_seconds`
    secondary: int = 0  # 403 with Retry-After
    retry_after: int = 1  # seconds
    timeout_seconds: float = 30.0
    slow: float = 0.0
    lost_webhooks: int = 0  # recorded as failed, never sent
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, name: str) -> bool:
        """Whether the next request is hit by this fault; counts it."""
        with self._lock:
            left: int = getattr(self, name)
            if left > 0:
                setattr(self, name, left - 1)
            return left > 0

    def set(self, values: dict[str, float]) -> dict[str, float]:
        """Switch faults; the present state."""
        known = {each.name for each in fields(self) if not each.name.startswith("_")}
        for name, value in values.items():
            if name not in known:
                raise KeyError(name)
            setattr(self, name, value)
        return {name: getattr(self, name) for name in sorted(known)}
