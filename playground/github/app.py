"""The stand-in's application: REST, git, the page, the story; faults and the journal around them."""

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.concurrency import iterate_in_threadpool
from starlette.responses import Response, StreamingResponse

from playground.github import githttp, page, rest, story
from playground.github.answers import ApiError, limit_headers
from playground.github.faults import SECONDARY
from playground.github.world import GitHubWorld

JOURNAL_MOST = 20_000
Next = Callable[[Request], Awaitable[Response]]


def create_app(url: str, state: Path, *, enterprise: bool = False) -> FastAPI:
    """A stand-in that is reached at `url` and keeps its repositories beneath `state`."""
    app = FastAPI(title="GitHub stand-in", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.world = GitHubWorld(state, f"{url}/api/v3" if enterprise else url, url)
    app.state.used = 0
    app.middleware("http")(around)
    for part in (story, githttp, rest, page):
        app.include_router(part.router())
    return app


def is_api(path: str) -> bool:
    """Whether a path belongs to the REST API."""
    return path.startswith(("/repos/", "/user", "/app", "/rate_limit", "/api/v3/", "/installation"))


async def around(request: Request, call_next: Next) -> Response:
    """Faults before, headers and the journal after."""
    if not is_api(request.url.path):
        return await call_next(request)
    world: GitHubWorld = request.app.state.world
    body = await request.body()
    started = time.time()
    response = await _faulty(world) or await call_next(request)
    request.app.state.used += 1
    for name, value in limit_headers(request.app.state.used).items():
        response.headers.setdefault(name, value)
    response.headers["X-GitHub-Request-Id"] = uuid.uuid4().hex[:20].upper()
    response.headers["X-GitHub-Media-Type"] = "github.v3; format=json"
    response.headers["X-GitHub-Api-Version-Selected"] = request.headers.get("x-github-api-version", "2022-11-28")
    raw = await _body(response)
    if len(world.store.journal) < JOURNAL_MOST:
        world.store.journal.append({
            "method": request.method, "path": request.url.path.removeprefix("/api/v3"), "query": dict(request.query_params),
            "request": _json(body), "status": response.status_code, "response": _json(raw), "at": started,
            "headers": {key: value for key, value in request.headers.items() if key != "authorization"},
        })  # fmt: skip
    return Response(raw, response.status_code, dict(response.headers))


async def _faulty(world: GitHubWorld) -> Response | None:
    faults = world.faults
    if faults.slow:
        await asyncio.sleep(faults.slow)
    if faults.take("timeouts"):
        await asyncio.sleep(faults.timeout_seconds)
    if faults.take("errors"):
        return Response("<html>502 Bad Gateway</html>", 502, media_type="text/html")
    if faults.take("secondary"):
        return ApiError(403, SECONDARY, {"Retry-After": str(faults.retry_after)}).response()
    return None


async def _body(response: Response) -> bytes:
    chunks = (
        response.body_iterator if isinstance(response, StreamingResponse) or hasattr(response, "body_iterator") else None
    )
    if chunks is None:
        return bytes(response.body)
    raw = b""
    async for chunk in chunks if hasattr(chunks, "__aiter__") else iterate_in_threadpool(chunks):
        raw += chunk.encode() if isinstance(chunk, str) else bytes(chunk)
    return raw


def _json(raw: bytes) -> object:
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return raw[:200].decode(errors="replace")
