"""Consumes this stack's own queue: a feature's worker the feature's, the base's worker the base's."""

import json
import os
import signal
import threading
import time
from typing import Any

import audit
import store

QUEUE = os.environ.get("ORDERS_QUEUE_URL", "")
ME = os.environ.get("DEVSTACK_LABEL") or "base"
WAIT_SECONDS = 2
PAUSE_SECONDS = 1.0


def main() -> None:
    """Until SIGTERM. A message is deleted only after it was written down."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    if not QUEUE:
        print("ORDERS_QUEUE_URL is not set: nothing to consume", flush=True)
        ended.wait()
        return
    import boto3

    sqs = boto3.client("sqs")
    print(f"{ME} consumes {QUEUE}", flush=True)
    while not ended.is_set():
        try:
            answer = sqs.receive_message(QueueUrl=QUEUE, WaitTimeSeconds=WAIT_SECONDS, MaxNumberOfMessages=10)
            for message in answer.get("Messages", ()):
                handle(message)
                sqs.delete_message(QueueUrl=QUEUE, ReceiptHandle=message["ReceiptHandle"])
        except Exception as error:  # the queue or the database is away: the message comes again
            print(f"again in {PAUSE_SECONDS:.0f} s: {error}", flush=True)
            time.sleep(PAUSE_SECONDS)


def handle(message: dict[str, Any]) -> None:
    """One order, as SNS wraps it."""
    body = json.loads(message["Body"])
    order = json.loads(body["Message"]) if "Message" in body else body
    store.write(order, ME)
    audit.tell(order, ME)
    print(f"{ME} wrote down {order['id']}", flush=True)


if __name__ == "__main__":
    main()
