"""The receiver's application: `uvicorn --factory bot.app:create_app`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import ValidationError
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bot.deliveries import Deliveries, QueueUnreachableError
from bot.webhook import Webhook
from config.settings import Settings, load

WEBHOOK_PATH = "/webhooks/github"
SECRET_LEAST = 8  # characters


class Receiver(FastAPI):
    """FastAPI, but for deliveries: they go straight to their endpoint.

    FastAPI's layers took a quarter of a delivery's time and had nothing to add: the endpoint reads its own body.
    """

    webhook: Webhook

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["path"] == WEBHOOK_PATH and scope["method"] == "POST":
            await self.webhook(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class CannotStart(SystemExit):
    """The receiver does not start with what it was given; the message says what to set."""


def loaded() -> Settings:
    """The settings from the environment; CannotStart names each variable that is wrong."""
    try:
        return load()
    except ValidationError as error:
        wrong = [f"DEVSTACK_{'_'.join(map(str, each['loc'])).upper()}: {each['msg']}" for each in error.errors()]
        raise CannotStart("\n".join(["devstack: these settings are wrong:", *wrong])) from error


def create_app(settings: Settings | None = None) -> Receiver:
    """The application; CannotStart without a usable webhook secret or queue."""
    given = settings or loaded()
    secret = given.github_webhook_secret.get_secret_value().strip()
    if len(secret) < SECRET_LEAST:  # without one anybody could give orders
        raise CannotStart(
            "devstack: DEVSTACK_GITHUB_WEBHOOK_SECRET is missing or shorter than "
            f"{SECRET_LEAST} characters; set it to the secret of the webhook (for example `openssl rand -hex 32`)."
        )
    try:
        deliveries = Deliveries(given.redis_url, given.deliveries_kept)
    except ValueError as error:
        raise CannotStart(f"devstack: DEVSTACK_REDIS_URL is no address of a Redis: {error}") from error

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await deliveries.close()

    app = Receiver(title="devstack", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.webhook = Webhook(secret.encode(), given.body_max, given.github_repositories, deliveries)
    # For other methods than POST, which it answers with 405.
    app.router.routes.append(Route(WEBHOOK_PATH, app.webhook, methods=["POST"], include_in_schema=False))

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
