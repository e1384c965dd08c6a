"""Redis as far as the workers need it, in memory; it can be switched off."""

from typing import Any

from redis.exceptions import ConnectionError as Unreachable
from redis.exceptions import LockError, LockNotOwnedError


class PlayedRedis:
    """Stands in for a client. `down`: the server does not answer. Times of life are not kept."""

    def __init__(self) -> None:
        self.kept: dict[str, object] = {}
        self.held: dict[str, object] = {}
        self.down = False

    def answer(self) -> None:
        """Unreachable while the server is down."""
        if self.down:
            raise Unreachable("the played Redis is down")

    def set(self, key: str, value: object, *, nx: bool = False, ex: int | None = None) -> bool | None:
        """SET."""
        self.answer()
        if nx and key in self.kept:
            return None
        self.kept[key] = value
        return True

    def exists(self, key: str) -> int:
        """EXISTS."""
        self.answer()
        return int(key in self.kept)

    def register_script(self, script: str) -> Any:
        """No script is played: who needs one goes without Redis."""

        def run(**given: object) -> None:
            raise Unreachable("no scripts here")

        return run

    def lock(self, name: str, *, timeout: float, blocking_timeout: float | None = None) -> "PlayedLock":
        """A lock; nobody waits for one."""
        return PlayedLock(self, name)

    def lose_locks(self) -> None:
        """As when their time ran out."""
        self.held.clear()


class PlayedLock:
    """As redis.lock.Lock behaves."""

    def __init__(self, redis: PlayedRedis, name: str) -> None:
        self._redis = redis
        self._name = name
        self._mine = False

    def acquire(self, *, blocking: bool = True, blocking_timeout: float | None = None) -> bool:
        """Whether it is ours now."""
        self._redis.answer()
        if self._name in self._redis.held:
            return False
        self._redis.held[self._name] = self
        self._mine = True
        return True

    def release(self) -> None:
        """Errors as the real one's."""
        if not self._mine:
            raise LockError("Cannot release a lock that's not owned or is already unlocked.")
        self._redis.answer()
        self._mine = False
        if self._redis.held.pop(self._name, None) is not self:
            raise LockNotOwnedError("Cannot release a lock that's no longer owned")
