"""The receiver as a process, and deliveries for it."""

import contextlib
import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from playground import ports

SECRET = "a-secret-of-the-tests"
PAYLOAD: dict[str, Any] = {
    "action": "created",
    "issue": {"number": 7, "pull_request": {}},
    "comment": {"id": 9, "body": "/devstack deploy --label feature1", "user": {"login": "ada"}},
    "repository": {"full_name": "acme/shop"},
}
GONE = 0  # the status of a delivery whose connection broke


def headers(body: bytes, delivery: str) -> dict[str, str]:
    """GitHub's headers of a delivery."""
    return {
        "Content-Type": "application/json",
        "X-GitHub-Event": "issue_comment",
        "X-GitHub-Delivery": delivery,
        "X-Hub-Signature-256": "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest(),
    }


class Receiver:
    """A receiver that runs; what it wrote is in `log`."""

    def __init__(self, redis_url: str, folder: Path) -> None:
        self.port = ports.free(18500)
        self.log = folder / "receiver.log"
        environment = {**os.environ, "DEVSTACK_GITHUB_WEBHOOK_SECRET": SECRET, "DEVSTACK_REDIS_URL": redis_url}
        command = [sys.executable, "-m", "bot", "--host", "127.0.0.1", "--port", str(self.port)]
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", trust_env=False, timeout=20)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while True:
            try:
                self.get("/healthz")
            except httpx.HTTPError:
                assert self.process.poll() is None, self.log.read_text()
                assert time.monotonic() < deadline
                time.sleep(0.02)
            else:
                return

    def get(self, path: str) -> httpx.Response:
        """Ask one of its pages."""
        return self.client.get(path)

    def send(self, delivery: str, payload: dict[str, Any] = PAYLOAD) -> httpx.Response:
        """Deliver a payload."""
        body = json.dumps(payload).encode()
        return self.client.post("/webhooks/github", content=body, headers=headers(body, delivery))

    def status(self, delivery: str) -> int:
        """Deliver the usual payload; GONE where there was no answer."""
        with contextlib.suppress(httpx.TransportError):
            return self.send(delivery).status_code
        return GONE

    def kill(self) -> None:
        """End it as the kernel would."""
        self.process.kill()
        self.process.wait()

    @property
    def runs(self) -> bool:
        """Whether it was neither killed nor ended."""
        return self.process.poll() is None

    def end(self) -> None:
        """Ask it to end; make it where it does not."""
        self.client.close()
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
