"""The receiver's application: `uvicorn --factory bot.app:create_app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.deliveries import Deliveries, QueueUnreachableError
from bot.webhook import Webhook
from config.settings import Settings, load

SECRET_LEAST = 8  # characters


class NoSecretError(SystemExit):
    """The receiver does not start without a secret: anybody could give it orders."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """The application; NoSecretError without a usable webhook secret."""
    given = settings or load()
    secret = given.github_webhook_secret.get_secret_value().strip()
    if len(secret) < SECRET_LEAST:
        raise NoSecretError(
            "devstack: DEVSTACK_GITHUB_WEBHOOK_SECRET is missing or shorter than "
            f"{SECRET_LEAST} characters; set it to the secret of the webhook (for example `openssl rand -hex 32`)."
        )
    deliveries = Deliveries(given.redis_url, given.deliveries_kept)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await deliveries.close()

    app = FastAPI(title="devstack", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    webhook = Webhook(secret.encode(), given.body_max, given.github_repositories, deliveries)
    app.router.routes.append(Route("/webhooks/github", webhook, methods=["POST"], include_in_schema=False))

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    async def readyz() -> Response:
        try:
            await deliveries.ready()
        except QueueUnreachableError as error:
            return JSONResponse({"status": "the queue is unreachable", "detail": str(error)}, 503)
        return JSONResponse({"status": "ok"})

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return app
