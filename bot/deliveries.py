"""The ledger of deliveries and the workers' queue, in one atomic step of Redis: claimed and queued, or neither.

The message is written here in the form that Celery reads from Redis (kombu's virtual transport, message protocol 2), so
that the receiver needs to load neither. Source: Celery's documentation, "Message Protocol".
"""

import base64
import json
import os
import socket
import uuid
from typing import Any

import redis.asyncio
from redis.exceptions import RedisError

from model import jobs

CONNECTIONS = 16
WAIT_SECONDS = 2.0
_KEY = "devstack:delivery:"
_CLAIM = """
if redis.call('SET', KEYS[1], '1', 'NX', 'EX', ARGV[1]) then
  redis.call('LPUSH', KEYS[2], ARGV[2])
  return 1
end
return 0
"""


class QueueUnreachableError(Exception):
    """Redis does not answer: nothing was claimed, nothing was queued."""


class Deliveries:
    """Claims deliveries and queues their jobs."""

    def __init__(self, url: str, kept_seconds: int) -> None:
        pool = redis.asyncio.BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=WAIT_SECONDS,
            socket_timeout=WAIT_SECONDS,
            socket_connect_timeout=WAIT_SECONDS,
        )
        self._server = redis.asyncio.Redis(connection_pool=pool)
        self._claim = self._server.register_script(_CLAIM)
        self._kept = kept_seconds
        self._origin = f"receiver-{os.getpid()}@{socket.gethostname()}"

    async def take(self, delivery: str, job: jobs.Job) -> bool:
        """Claim and enqueue; False where this delivery was claimed before. QueueUnreachableError."""
        try:
            fresh = await self._claim(keys=[f"{_KEY}{delivery}", jobs.QUEUE_TALK], args=[self._kept, self.message(job)])
        except (RedisError, OSError) as error:
            raise QueueUnreachableError(str(error)) from error
        return bool(fresh)

    async def ready(self) -> None:
        """QueueUnreachableError where Redis does not answer."""
        try:
            await self._server.ping()
        except (RedisError, OSError) as error:
            raise QueueUnreachableError(str(error)) from error

    async def close(self) -> None:
        """Close the connections."""
        await self._server.aclose()

    def message(self, job: jobs.Job) -> bytes:
        """A job as one message of the queue."""
        task = str(uuid.uuid4())
        body: list[Any] = [[jobs.to_json(job)], {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]
        return json.dumps({
            "body": base64.b64encode(json.dumps(body).encode()).decode(),
            "content-encoding": "utf-8",
            "content-type": "application/json",
            "headers": {
                "lang": "py", "task": jobs.TASK_INTAKE, "id": task, "root_id": task, "parent_id": None, "group": None,
                "retries": 0, "eta": None, "expires": None, "timelimit": [None, None], "origin": self._origin,
                "ignore_result": True, "argsrepr": "(job)", "kwargsrepr": "{}",
            },
            "properties": {
                "correlation_id": task, "reply_to": "", "delivery_mode": 2, "priority": 0, "body_encoding": "base64",
                "delivery_info": {"exchange": "", "routing_key": jobs.QUEUE_TALK}, "delivery_tag": str(uuid.uuid4()),
            },
        }).encode()  # fmt: skip
