"""The ledger of deliveries and the workers' queue, in one atomic step of Redis: claimed and queued, or neither.

Deliveries that come while Redis is being asked go to it together in the next round trip, and each learns its own fate.
"""

import asyncio
from dataclasses import dataclass

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from bot.dispatch import QUEUE, message
from model import jobs

WAIT_SECONDS = 2.0  # for one answer of Redis; asked twice at most, well below the ten seconds that GitHub waits
CONNECTIONS = 4
TOGETHER_MOST = 64  # deliveries in one round trip
_KEY = "devstack:delivery:"

# Queued before it is claimed: where the queue cannot be written to, the script ends there and has claimed nothing.
_CLAIM = """
local fresh = {}
for i = 2, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 1 then
    fresh[i - 1] = 0
  else
    redis.call('LPUSH', KEYS[1], ARGV[i])
    redis.call('SET', KEYS[i], '1', 'EX', ARGV[1])
    fresh[i - 1] = 1
  end
end
return fresh
"""


class QueueUnreachableError(Exception):
    """Redis does not answer, or refuses to write."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    key: str
    message: bytes
    fresh: asyncio.Future[bool]


class Deliveries:
    """Claims deliveries and queues their jobs."""

    def __init__(self, url: str, kept_seconds: int) -> None:
        pool = redis.asyncio.BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=WAIT_SECONDS,
            socket_timeout=WAIT_SECONDS,
            socket_connect_timeout=WAIT_SECONDS,
            retry=Retry(NoBackoff(), 1),
        )
        self._server = redis.asyncio.Redis(connection_pool=pool)
        self._claim = self._server.register_script(_CLAIM)
        self._kept = kept_seconds
        self._waiting: list[_Waiting] = []
        self._sender: asyncio.Task[None] | None = None

    async def take(self, delivery: str, job: jobs.Job) -> bool:
        """Claim and enqueue; False where this delivery was claimed before. QueueUnreachableError."""
        waiting = _Waiting(f"{_KEY}{delivery}", message(job), asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._sender is None:
            self._sender = asyncio.create_task(self._send())
        return await waiting.fresh

    async def ready(self) -> None:
        """QueueUnreachableError where Redis does not answer."""
        try:
            await self._server.ping()
        except (RedisError, OSError) as error:
            raise QueueUnreachableError(str(error)) from error

    async def close(self) -> None:
        """Close the connections, after the last delivery has its answer."""
        if self._sender is not None:
            await asyncio.wait([self._sender])
        await self._server.aclose()

    async def _send(self) -> None:
        together: list[_Waiting] = []
        problem = "the receiver ended"
        try:
            while self._waiting:
                together, self._waiting = self._waiting[:TOGETHER_MOST], self._waiting[TOGETHER_MOST:]
                keys = [QUEUE, *(each.key for each in together)]
                answers = await self._claim(keys=keys, args=[self._kept, *(each.message for each in together)])
                for each, fresh in zip(together, answers, strict=True):
                    if not each.fresh.done():
                        each.fresh.set_result(bool(fresh))
        except (RedisError, OSError) as error:
            problem = str(error) or type(error).__name__
        finally:
            # Nobody is left without an answer, nor waits for a second time out of the same cause.
            for each in (*together, *self._waiting):
                if not each.fresh.done():
                    each.fresh.set_exception(QueueUnreachableError(problem))
            self._waiting = []
            self._sender = None
