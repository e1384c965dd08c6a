"""What the receiver is measured against: the least that any receiver must do, and the way most are written."""

import asyncio
import hashlib
import hmac
import json
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

PATH = "/webhooks/github"
Message = MutableMapping[str, Any]


def _secret() -> bytes:
    return os.environ["DEVSTACK_GITHUB_WEBHOOK_SECRET"].encode()


def _signed(body: bytes, header: str) -> bool:
    return hmac.compare_digest("sha256=" + hmac.new(_secret(), body, hashlib.sha256).hexdigest(), header)


async def bare(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """ASGI without a framework: read the body, check the signature, keep nothing."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    header = dict(scope["headers"]).get(b"x-hub-signature-256", b"").decode()
    status = 202 if _signed(body, header) else 401
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"{}"})


def naive() -> Any:
    """FastAPI, the payload parsed whole, `SET NX` for the delivery's id, Celery's `send_task` in a thread."""
    import redis.asyncio
    from celery import Celery
    from fastapi import FastAPI, HTTPException, Request

    url = os.environ["DEVSTACK_REDIS_URL"]
    app = FastAPI()
    queue = Celery("naive", broker=url)
    ledger = redis.asyncio.Redis.from_url(url, max_connections=1000)  # its usual 100 fail at 128 connections

    @app.post(PATH, status_code=202)
    async def webhook(request: Request) -> dict[str, str]:
        body = await request.body()
        if not _signed(body, request.headers.get("x-hub-signature-256", "")):
            raise HTTPException(401)
        payload = json.loads(body)
        delivery = request.headers["x-github-delivery"]
        if await ledger.set(f"naive:{delivery}", 1, nx=True, ex=3600):
            job = {"repository": payload["repository"]["full_name"], "action": payload["action"], "delivery": delivery}
            await asyncio.to_thread(queue.send_task, "naive.intake", [job], queue="naive", ignore_result=True)
        return {"status": "taken"}

    return app
