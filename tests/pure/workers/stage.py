"""A stage without processes: the GitHub stand-in and a cluster of Stacks in memory, and the bot's rooms between them.

What people do goes through the stand-in, what the bot did is read from it and from the Stacks. Deploys are played: the
plan has the real step that asks for trust and the real claim of services, and a deploy that succeeds at once.
"""

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import responses
from pydantic import SecretStr
from starlette.testclient import TestClient

from bot import commands
from config.settings import Settings
from model import jobs, names
from model.stack import Stack
from playground.github.app import create_app
from tests.pure.workers.kubernetes import KUBECONFIG, PlayedCluster
from tests.pure.workers.remembering import PlayedRedis
from workers import converge, intake
from workers.cluster.client import Cluster
from workers.stacks import Stacks
from workers.world import World

TOKEN = "bot-token"
BOT = "devstack-bot"
CONFIG = "services: {web: {hosts: [example.com]}, api: {hosts: [api.example.com]}}\n"
PEOPLE = {BOT: "write", "ada": "write", "grace": "maintain", "eve": "read"}


class PlayedWorld(World):
    """The world with its edges played. What is put into the queue stands in `queue`."""

    def __init__(self, settings: Settings, cluster: PlayedCluster, redis: PlayedRedis) -> None:
        super().__init__(settings)
        played = Cluster(settings)
        played._api.rest_client.pool_manager = cluster
        self.cluster = played
        self.stacks = Stacks(played)
        self.redis = redis  # type: ignore[assignment]  # a played one
        self.queue: list[tuple[str, float]] = []

    def enqueue_converge(self, stack: str, after: float = 0.0) -> None:
        """Into the list instead of Redis."""
        self.queue.append((stack, after))


class Stage:
    """People and their repositories on one side, Stacks on the other."""

    def __init__(self, folder: Path, http: TestClient, cluster: PlayedCluster, world: PlayedWorld) -> None:
        self.folder = folder
        self.http = http
        self.cluster = cluster
        self.world = world
        self.deliveries = 0
        self.refused: list[str] = []  # pieces of paths that GitHub forbids us
        self.hidden: list[str] = []  # pieces of paths that GitHub does not show us
        self.act("user", login=BOT, type="Bot", tokens=[TOKEN])

    @property
    def redis(self) -> PlayedRedis:
        """The played Redis."""
        redis: Any = self.world.redis
        assert isinstance(redis, PlayedRedis)
        return redis

    def act(self, action: str, **given: Any) -> dict[str, Any]:
        """Something that the stand-in does."""
        answer = self.http.post(f"/_standin/{action}", json=given)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def repository(self, name: str = "acme/shop", config: str = CONFIG, **roles: str) -> str:
        """A repository with a config."""
        self.act("repo", repo=name, files=encoded({".devstack.yaml": config}), roles={**PEOPLE, **roles})
        return name

    def push(self, repo: str, branch: str = "topic", text: str = "1", by: str = "ada", **files: str) -> str:
        """Push a file, and the config where it is given; the commit."""
        written = {"app.py": text, **({".devstack.yaml": files["config"]} if "config" in files else {})}
        sha: str = self.act("push", repo=repo, branch=branch, files=encoded(written), by=by)["sha"]
        return sha

    def pull(self, repo: str, branch: str = "topic", by: str = "ada", **more: Any) -> int:
        """Open a pull request, made by a push of its branch."""
        self.push(more.get("head_repo") or repo, branch, branch, by)
        number: int = self.act("pull", repo=repo, branch=branch, title="A change", by=by, **more)["number"]
        return number

    def told(self, repo: str, number: int, action: str = "synchronize") -> None:
        """A webhook about a pull request came and was decided upon."""
        self.deliveries += 1
        intake.take(self.world, jobs.PullRequestChanged(repo, number, action, f"d-{self.deliveries}"))

    def job(self, repo: str, number: int, text: str, by: str = "ada") -> jobs.CommentMade:
        """Somebody comments; the job that the receiver makes of it."""
        comment = self.act("comment", repo=repo, number=number, body=text, by=by)["id"]
        self.deliveries += 1
        return jobs.CommentMade(repo, number, comment, by, commands.parse(text), f"d-{self.deliveries}")

    def say(self, repo: str, number: int, text: str, by: str = "ada") -> jobs.CommentMade:
        """Somebody comments, and the bot takes it up."""
        job = self.job(repo, number, text, by)
        intake.take(self.world, job, first=intake.hear(self.world, job))
        return job

    def work(self) -> None:
        """Walk every Stack that waits in the queue, pauses left out."""
        waiting, self.world.queue = self.world.queue, []
        for name in dict.fromkeys(name for name, _ in waiting):
            converge.converge(self.world, name)

    def live(self, repo: str, **more: Any) -> int:
        """A pull request that was opened and deployed; its number."""
        number = self.pull(repo, **more)
        self.told(repo, number, "opened")
        self.work()
        return number

    def wish(self, repo: str, number: int, **changes: Any) -> None:
        """Change a wish behind the bot's back, as time or a person with kubectl would."""
        name = names.stack(repo, number)
        self.world.stacks.update_spec(name, lambda spec: replace(spec, **changes) if spec else None)

    def stack(self, repo: str, number: int) -> Stack:
        """A pull request's Stack, which must be there."""
        found = self.world.stacks.get(names.stack(repo, number))
        assert found is not None, f"{repo}#{number} has no Stack"
        return found

    def gone(self, repo: str, number: int) -> bool:
        """Whether there is no Stack."""
        return self.world.stacks.get(names.stack(repo, number)) is None

    def comment(self, repo: str, number: int) -> str:
        """The bot's one comment; empty where there is none."""
        mine = [each for each in self.act("state", repo=repo, number=number)["comments"] if each["by"] == BOT]
        assert len(mine) <= 1
        return str(mine[0]["body"]) if mine else ""

    def reactions(self, job: jobs.CommentMade) -> list[str]:
        """The bot's reactions to a comment."""
        said = self.act("state", repo=job.repository, number=job.number)["comments"]
        (found,) = [each for each in said if each["id"] == job.comment_id]
        return sorted(each["content"] for each in found["reactions"])

    def status(self, repo: str, number: int) -> tuple[str, str]:
        """State and words of the newest commit status."""
        found = self.act("state", repo=repo, number=number)["statuses"]
        return found[-1]["state"], found[-1]["description"]

    def asked(self, since: int = 0) -> list[str]:
        """The requests that GitHub got, as `METHOD /path`."""
        journal = self.act("journal")["requests"]
        return [f"{each['method']} {each['path']}" for each in journal[since:]]


@contextmanager
def staged(folder: Path, **settings: Any) -> Iterator[Stage]:
    """A stage for one test."""
    kubeconfig = folder / "kubeconfig"
    kubeconfig.write_text(KUBECONFIG)
    chosen = Settings(
        github_api_url="http://github.test",
        github_token=SecretStr(TOKEN),
        github_requests_per_hour=1_000_000,
        github_writes_per_minute=1_000_000,
        kubeconfig=str(kubeconfig),
        work_dir=folder / "work",
        **settings,
    )
    app = create_app("http://github.test", folder / "github")
    cluster, redis = PlayedCluster(), PlayedRedis()
    with (
        TestClient(app, base_url="http://github.test") as http,
        responses.RequestsMock(assert_all_requests_are_fired=False) as mock,
    ):
        made = Stage(folder, http, cluster, PlayedWorld(chosen, cluster, redis))
        play_github(mock, made)
        yield made


def play_github(mock: responses.RequestsMock, stage: Stage) -> None:
    """Lead every request that leaves through `requests` to the stand-in in this process."""

    def answered(request: Any) -> tuple[int, dict[str, str], bytes]:
        path = request.url.partition("github.test")[2].removeprefix(":80")
        if any(piece in path for piece in stage.refused):
            return 403, {}, b'{"message": "Resource not accessible by integration"}'
        if any(piece in path for piece in stage.hidden):
            return 404, {}, b'{"message": "Not Found"}'
        answer = stage.http.request(request.method, path, headers=dict(request.headers), content=request.body)
        return answer.status_code, dict(answer.headers), answer.content

    for method in ("GET", "POST", "PATCH", "PUT", "DELETE"):
        mock.add_callback(method, re.compile(r"http://github\.test"), callback=answered)


def encoded(files: dict[str, str]) -> dict[str, str]:
    """Files as the stand-in takes them."""
    return {path: base64.b64encode(text.encode()).decode() for path, text in files.items()}
