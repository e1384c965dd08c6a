"""Signed webhooks, sent in order from a thread of their own, each attempt on record."""

import hashlib
import hmac
import json
import queue
import threading
import time
import uuid
from functools import cached_property
from typing import Any

import httpx

from playground.github.faults import Faults
from playground.github.store import Delivery, Hook, Repo, Store

TIMEOUT_SECONDS = 10.0


class Webhooks:
    """Sends what happens to the hooks that want it."""

    def __init__(self, store: Store, faults: Faults) -> None:
        self._store = store
        self._faults = faults
        self._queue: queue.Queue[Delivery | None] = queue.Queue()
        threading.Thread(target=self._send_all, name="webhooks", daemon=True).start()

    @cached_property
    def _client(self) -> httpx.Client:
        # Made at the first delivery, as it reads all of the host's certificates.
        return httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False)

    def emit(self, repo: Repo, event: str, payload: dict[str, Any], hook: Hook | None = None) -> None:
        """Have an event delivered to one hook, or to all that listen for it."""
        for each in [hook] if hook else repo.hooks:
            if hook or (each.active and (event in each.events or "*" in each.events)):
                self._enqueue(repo, each, event, payload)

    def redeliver(self, old: Delivery) -> Delivery:
        """Deliver again, under the same GUID."""
        again = Delivery(self._store.id(), old.guid, old.event, old.action, old.hook, old.headers, old.body, redelivery=True,
                         repository=old.repository)  # fmt: skip
        self._deliver(again)
        return again

    def _enqueue(self, repo: Repo, hook: Hook, event: str, payload: dict[str, Any]) -> None:
        body = json.dumps(payload).encode()
        guid = str(uuid.uuid4())
        headers = {
            "Accept": "*/*",
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/0000000",
            "X-GitHub-Delivery": guid,
            "X-GitHub-Event": event,
            "X-GitHub-Hook-ID": str(hook.id),
            "X-GitHub-Hook-Installation-Target-ID": str(repo.id),
            "X-GitHub-Hook-Installation-Target-Type": "repository",
            "X-Hub-Signature": "sha1=" + hmac.new(hook.secret.encode(), body, hashlib.sha1).hexdigest(),
            "X-Hub-Signature-256": "sha256=" + hmac.new(hook.secret.encode(), body, hashlib.sha256).hexdigest(),
        }
        delivery = Delivery(self._store.id(), guid, event, payload.get("action"), hook, headers, body, repository=repo)
        self._deliver(delivery)

    def _deliver(self, delivery: Delivery) -> None:
        self._store.deliveries.append(delivery)
        if self._faults.take("lost_webhooks"):
            delivery.status = "failed to connect"
            return
        self._queue.put(delivery)

    def _send_all(self) -> None:
        while (delivery := self._queue.get()) is not None:
            started = time.monotonic()
            try:
                answer = self._client.post(delivery.hook.url, content=delivery.body, headers=delivery.headers)
                delivery.answered_at = time.time()
                delivery.status_code = answer.status_code
                delivery.status = "OK" if answer.is_success else answer.reason_phrase or "Error"
                delivery.answer = answer.text[:1000]
            except httpx.HTTPError as error:
                delivery.status = type(error).__name__
            delivery.seconds = time.monotonic() - started
