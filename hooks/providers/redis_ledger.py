"""What a Redis knows of the features on it: two hashes in database 0, written before anything else is made.

`devstack:owners`: name → whose it is. `devstack:databases`: number → whose it is, so that no two get the same. Entries
are JSON. They are the marks: Redis' users and keys have no place for any.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from hooks.contract import Scope

if TYPE_CHECKING:
    from redis import Redis

OWNERS = "devstack:owners"
DATABASES = "devstack:databases"


@dataclass(frozen=True, slots=True)
class Entry:
    """Whose something is. `isolation`: how it is kept apart from others, `prefix` or `database`."""

    name: str
    stack: str
    service: str
    label: str
    isolation: str

    def belongs(self, scope: Scope) -> bool:
        """Whether it is this service's, of this stack, under this label."""
        return (self.stack, self.service, self.label) == (scope.stack, scope.service, scope.label)

    def text(self) -> str:
        """As it is written."""
        return json.dumps(asdict(self), sort_keys=True)


def entry(name: str, scope: Scope, isolation: str) -> Entry:
    """This scope's."""
    return Entry(name, scope.stack, scope.service, scope.label, isolation)


def parsed(text: str | None) -> Entry | None:
    """None where there is none. What cannot be read is somebody's, and nobody's that we know."""
    if text is None:
        return None
    try:
        found = json.loads(text)
        return Entry(**{key: str(found[key]) for key in ("name", "stack", "service", "label", "isolation")})
    except (ValueError, TypeError, KeyError):
        return Entry("", "", "", "", "")


class Ledger:
    """The two hashes. Use it within `redis.answering`."""

    def __init__(self, client: "Redis") -> None:
        self._redis: Any = client  # its types tell of what it gives to asyncio as well

    def owner(self, name: str) -> Entry | None:
        """Whose this name is."""
        return parsed(self._redis.hget(OWNERS, name))

    def own(self, wanted: Entry) -> Entry:
        """Whose the name is after it was claimed: the first one's."""
        if self._redis.hsetnx(OWNERS, wanted.name, wanted.text()):
            return wanted
        return self.owner(wanted.name) or wanted

    def change(self, wanted: Entry) -> None:
        """Our own entry gets another content."""
        self._redis.hset(OWNERS, wanted.name, wanted.text())

    def disown(self, name: str) -> None:
        """The name is free."""
        self._redis.hdel(OWNERS, name)

    def owned(self, scope: Scope) -> Iterator[Entry]:
        """All that is this stack's and this service's, a database too whose name nobody owns any more."""
        names = self._redis.hgetall(OWNERS)
        claims = self._redis.hgetall(DATABASES)
        found = {each.name: each for text in (*claims.values(), *names.values()) if (each := parsed(text))}
        yield from (each for _, each in sorted(found.items()) if each.belongs(scope))

    def database(self, mine: Entry) -> int | None:
        """The number that is claimed by this entry."""
        claims: Mapping[str, str] = self._redis.hgetall(DATABASES)
        numbers = (int(number) for number, text in claims.items() if parsed(text) == mine)
        return next(numbers, None)

    def claim(self, mine: Entry) -> int | None:
        """The number of an empty database that nobody has, ours from now on; None where there is none left.

        Those in which somebody keeps keys without having claimed them are passed over; 0 is the base's.
        """
        if (number := self.database(mine)) is not None:
            return number
        taken = {0, *self._in_use()}
        for number in range(1, self.databases()):
            if number in taken or not self._redis.hsetnx(DATABASES, str(number), mine.text()):
                continue
            if number not in self._in_use():
                return number
            self._redis.hdel(DATABASES, str(number))  # somebody came in between
        return None

    def free(self) -> bool:
        """Whether there is an empty database that nobody has."""
        taken = {0, *self._in_use(), *(int(number) for number in self._redis.hkeys(DATABASES))}
        return any(number not in taken for number in range(1, self.databases()))

    def release(self, mine: Entry) -> bool:
        """Empty our database and give its number back, in one step; False where we have none."""
        from redis.exceptions import WatchError

        with self._redis.pipeline() as step:
            while True:
                try:
                    step.watch(DATABASES)
                    number = self.database(mine)
                    if number is None:
                        return False
                    step.multi()
                    step.execute_command("SELECT", number)
                    step.execute_command("FLUSHDB", "ASYNC")
                    step.execute_command("SELECT", 0)
                    step.hdel(DATABASES, str(number))
                    step.execute()
                except WatchError:
                    continue  # somebody else's claim: look again
                return True

    def databases(self) -> int:
        """How many the server has."""
        told: Mapping[str, str] = self._redis.config_get("databases")
        return int(told.get("databases", 16))

    def _in_use(self) -> set[int]:
        keyspace: Mapping[str, Any] = self._redis.info("keyspace")
        return {int(each.removeprefix("db")) for each in keyspace}
