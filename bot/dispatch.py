"""A job as one message of the workers' queue, in the form that Celery reads from Redis.

Written here (kombu's virtual transport, message protocol 2), so that the receiver needs to load neither Celery nor kombu.
Source: Celery's documentation, "Message Protocol".
"""

import os
import socket
from base64 import b64encode
from uuid import uuid4

from pydantic_core import to_json

from model import jobs

QUEUE = jobs.QUEUE_TALK  # priority 0 has the queue's own name as its key
ORIGIN = f"receiver-{os.getpid()}@{socket.gethostname()}"
_NOTHING_AFTER = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}


def message(job: jobs.Job) -> bytes:
    """The message that makes a worker run the intake of this job."""
    task = str(uuid4())
    return to_json({
        "body": b64encode(to_json([[job], {}, _NOTHING_AFTER])).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {
            "lang": "py", "task": jobs.TASK_INTAKE, "id": task, "root_id": task, "parent_id": None, "group": None,
            "retries": 0, "eta": None, "expires": None, "timelimit": [None, None], "origin": ORIGIN,
            "ignore_result": True, "argsrepr": "(job)", "kwargsrepr": "{}",
        },
        "properties": {
            "correlation_id": task, "reply_to": "", "delivery_mode": 2, "priority": 0, "body_encoding": "base64",
            "delivery_info": {"exchange": "", "routing_key": QUEUE}, "delivery_tag": str(uuid4()),
        },
    })  # fmt: skip
