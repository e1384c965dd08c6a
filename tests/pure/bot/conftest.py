"""A receiver whose queue is replaced at its edge."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from bot import app as bot_app
from bot.deliveries import Deliveries, QueueUnreachableError
from config.settings import Settings
from model import jobs

SECRET = "a-secret-of-the-tests"


class Queue(Deliveries):
    """Redis replaced at its edge: remembers what it was given."""

    def __init__(self) -> None:
        self.taken: dict[str, jobs.Job] = {}
        self.down = False

    async def take(self, delivery: str, job: jobs.Job) -> bool:
        if self.down:
            raise QueueUnreachableError("connection refused")
        fresh = delivery not in self.taken
        self.taken.setdefault(delivery, job)
        return fresh

    async def ready(self) -> None:
        if self.down:
            raise QueueUnreachableError("connection refused")

    async def close(self) -> None: ...


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Queue:
    made = Queue()
    monkeypatch.setattr(bot_app, "Deliveries", lambda *_: made)
    return made


@pytest.fixture
def client(queue: Queue) -> Iterator[TestClient]:
    settings = Settings(
        github_webhook_secret=SECRET, body_max=100_000, github_repositories="acme/*, octocat/*, Codertocat/*"
    )
    with TestClient(bot_app.create_app(settings)) as made:
        yield made
