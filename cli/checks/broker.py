"""Redis takes what we write, and does not throw it away by itself."""

import secrets
import time
from collections.abc import Iterator, Mapping
from typing import Any, cast

from redis.exceptions import RedisError

from cli.checks.finding import Finding, bad, good, warning
from cli.checks.subject import Subject

REACH = "see that DEVSTACK_REDIS_URL is right and Redis is up"
OLDEST = (5, 0)


def look(subject: Subject) -> Iterator[Finding]:
    """A value of our own, written and read; then how Redis is set up."""
    redis, key = subject.world.redis, f"devstack:doctor:{secrets.token_hex(8)}"
    started = time.monotonic()
    try:
        redis.set(key, "1", ex=10)
        redis.delete(key)
        took = time.monotonic() - started
        info = cast("Mapping[str, Any]", redis.info())
    except RedisError as error:
        yield bad(f"Redis does not take what we write: {error}", REACH)
        return
    yield from told(info, took)


def told(info: Mapping[str, Any], took: float) -> Iterator[Finding]:
    """What Redis says of itself; `took` in seconds."""
    version = str(info.get("redis_version", ""))
    if tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) < OLDEST:
        yield bad(f"Redis {version} is too old", f"have {'.'.join(map(str, OLDEST))} or newer")
    else:
        yield good(f"Redis {version} took a write in {took * 1000:.0f} ms")
    policy = str(info.get("maxmemory_policy", ""))
    if policy not in ("", "noeviction"):
        yield warning(f"Redis may drop jobs when its memory is full (`{policy}`)", "set `maxmemory-policy noeviction`")
