"""The stage of demo, cluster tests and benchmarks: a playground with a GitHub stand-in and the bot's own processes."""

import fcntl
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml

from playground import backends
from playground import redis as redis_server
from playground.backends import Backends
from playground.cluster.value import Playground
from playground.demo.processes import Bot
from playground.errors import PlaygroundError
from playground.github.client import EVENTS, StandIn, start
from playground.ports import free

ROOT = Path(__file__).resolve().parent.parent.parent
SHOP = ROOT / "examples" / "shop"
SECRET = "playground-webhook-secret"
NAMESPACE = "devstack"  # where the bot would live, were it in the cluster
PROVIDERS = "providers"
TOKEN = "playground-bot-token"
PEOPLE = {"ada": "write", "grace": "maintain", "eve": "read"}
WAIT_SECONDS = 90.0
PORT = 18100  # looked for from here on
POLL_SECONDS = 0.1


class Timeout(AssertionError):
    """Something that should have come true did not."""


@dataclass
class Stage:
    """All that a story plays on."""

    playground: Playground
    github: StandIn
    redis: redis_server.Redis
    bot: Bot
    folder: Path
    backends: Backends | None = None  # the servers that features get things from, where the stage was asked for them
    repositories: list[str] = field(default_factory=list)

    def add_repository(self, name: str, source: Path, roles: Mapping[str, str] = PEOPLE) -> None:
        """A repository on GitHub with a folder's files, and the bot's webhook on it."""
        self.github.create_repo(name, source, {**roles, "devstack-bot": "write"})
        self.github.act("hook", repo=name, url=f"{self.bot.url}/webhooks/github", secret=SECRET, events=EVENTS)
        self.repositories.append(name)

    def request(
        self, host: str, path: str = "/", headers: Mapping[str, str] | None = None, post: Any = None
    ) -> httpx.Response:
        """A request through Traefik, as from outside; `post` is sent as JSON."""
        given = {"Host": host, **(headers or {})}
        method = "GET" if post is None else "POST"
        url = f"{self.playground.traefik_url}{path}"
        return httpx.request(method, url, headers=given, json=post, timeout=10, trust_env=False)

    def kubectl(self, *arguments: str) -> str:
        """kubectl on the playground's cluster."""
        return kubectl(self.playground, *arguments)

    def apply(self, *objects: Mapping[str, Any]) -> None:
        """Have these objects in the cluster."""
        apply(self.playground, *objects)

    def stacks(self) -> dict[str, dict[str, Any]]:
        """The Stack objects by name."""
        found = yaml.safe_load(self.kubectl("get", "stacks.devstack.dev", "-o", "yaml"))["items"]
        return {each["metadata"]["name"]: each for each in found}

    def bot_comments(self, repository: str, number: int) -> list[dict[str, Any]]:
        """The bot's comments on a pull request."""
        return [each for each in self.github.pull(repository, number)["comments"] if each["by"] == "devstack-bot"]

    def comment(self, repository: str, number: int) -> str:
        """The bot's one comment; empty where there is none yet, Timeout where there are two."""
        found = self.bot_comments(repository, number)
        if len(found) > 1:
            raise Timeout(f"{repository}#{number} has {len(found)} comments of the bot")
        return str(found[0]["body"]) if found else ""

    def wait_comment(self, repository: str, number: int, *needles: str, seconds: float = WAIT_SECONDS) -> str:
        """Wait until the comment holds all of the needles; the comment."""

        def holds() -> str | None:
            body = self.comment(repository, number)
            return body if body and all(needle in body for needle in needles) else None

        body: str = self.wait(f"the comment on {repository}#{number} to say {', '.join(needles)}", holds, seconds=seconds,
                         told=lambda: self.comment(repository, number))  # fmt: skip
        return body

    def wait_ready(self, repository: str, number: int, sha: str = "", seconds: float = WAIT_SECONDS) -> str:
        """Wait until the comment says that the stack is live (at `sha`, where given); the comment."""
        return self.wait_comment(repository, number, "is live", f"`{sha[:7]}`" if sha else "", seconds=seconds)

    def wait(
        self, what: str, look: Callable[[], Any], *, seconds: float = WAIT_SECONDS, told: Callable[[], str] = str
    ) -> Any:
        """Wait until `look` gives something; Timeout that tells what was seen last."""
        deadline = time.monotonic() + seconds
        while True:
            found = look()
            if found:
                return found
            if time.monotonic() > deadline:
                raise Timeout(f"waited {seconds:.0f} s for {what}; last seen:\n{told()}\nlogs: {self.bot.logs}")
            time.sleep(POLL_SECONDS)


def apply(playground: Playground, *objects: Mapping[str, Any]) -> None:
    """Have these objects in the cluster."""
    kubectl(playground, "apply", "--server-side", "--force-conflicts", "-f", "-", given=yaml.safe_dump_all(objects))


def kubectl(playground: Playground, *arguments: str, given: str | None = None) -> str:
    """What kubectl prints; RuntimeError with its words where it fails."""
    command = [str(playground.kubectl), "--kubeconfig", str(playground.kubeconfig), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, input=given)
    if done.returncode:
        raise RuntimeError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def environment(playground: Playground, github: str, redis: str, work: Path, **extra: str) -> dict[str, str]:
    """The bot's environment for a playground."""
    return {
        **os.environ,
        **bot_settings(playground, work),
        "DEVSTACK_GITHUB_WEBHOOK_SECRET": SECRET,
        "DEVSTACK_GITHUB_API_URL": github,
        "DEVSTACK_GITHUB_TOKEN": TOKEN,
        "DEVSTACK_GITHUB_REQUESTS_PER_HOUR": "100000",
        "DEVSTACK_GITHUB_WRITES_PER_MINUTE": "2000",
        "DEVSTACK_REDIS_URL": redis,
        **extra,
    }


def bot_settings(playground: Playground, work: Path) -> dict[str, str]:
    """The bot's settings that a playground decides: cluster, registry, builds, routes."""
    settings = {
        "DEVSTACK_KUBECONFIG": str(playground.kubeconfig),
        "DEVSTACK_REGISTRY": playground.registry,
        "DEVSTACK_REGISTRY_INSECURE": str(playground.registry_insecure).lower(),
        "DEVSTACK_PREVIEW_BASE_URL": playground.traefik_url,
        "DEVSTACK_PROBE_ADDRESS": playground.probe_address,
        "DEVSTACK_TOOLS_PATH": str(playground.tools),
        "DEVSTACK_WORK_DIR": str(work),
    }
    if playground.buildah_root is not None:
        settings["DEVSTACK_BUILDAH_STORAGE"] = str(playground.buildah_root.parent)
    if playground.registries_conf is not None:
        settings["DEVSTACK_BUILDAH_REGISTRIES_CONF"] = str(playground.registries_conf)
    if playground.registry_auth_file is not None:
        settings["DEVSTACK_REGISTRY_AUTH_FILE"] = str(playground.registry_auth_file)
    bundle = Path("/etc/ssl/certs/ca-certificates.crt")
    if bundle.exists():
        settings["DEVSTACK_BUILD_CA_BUNDLE"] = str(bundle)
    return settings


def provided(playground: Playground, up: Backends) -> dict[str, str]:
    """Settings by which the bot's hooks reach the backends; their keys lie in a Secret beside the bot."""
    metadata = {"name": PROVIDERS, "namespace": NAMESPACE}
    apply(
        playground,
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": up.environment("cluster")},
    )
    return {
        "DEVSTACK_HOOK_IMAGE": backends.hook_image(playground),
        "DEVSTACK_PROVIDER_SECRET": PROVIDERS,
        "DEVSTACK_NAMESPACE": NAMESPACE,
    }


@contextmanager
def stage(playground: Playground, folder: Path, *, needs: Collection[str] = (), **settings: str) -> Iterator[Stage]:
    """A stage that is gone afterwards: its processes are ended; the cluster is the playground's.

    `needs`: backends that are brought up and offered to features. PlaygroundError where another stage is on: its bot
    would take up the Stacks of this one, and ask a GitHub for them that does not know them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with alone(playground):
        yield from _stage(playground, folder, needs, settings)


def _stage(playground: Playground, folder: Path, needs: Collection[str], settings: dict[str, str]) -> Iterator[Stage]:
    apply_crd(playground)
    up = backends.ensure(playground, needs) if needs else None
    if up is not None:
        settings = {**provided(playground, up), **settings}
    redis = redis_server.start(folder / "redis")
    github = None
    bot = None
    try:
        github = start(free(PORT), folder / "github", folder / "logs" / "github.log")
        github.act("user", login="devstack-bot", tokens=[TOKEN])
        env = environment(playground, github.url, redis.url, folder / "work", **settings)
        bot = Bot(env, folder / "logs", free(PORT))
        bot.start()
        yield Stage(playground, github, redis, bot, folder, up)
    finally:
        if bot is not None:
            bot.stop()
        if github is not None:
            github.stop()
        redis.stop()


@contextmanager
def alone(playground: Playground) -> Iterator[None]:
    """Be the only stage on a playground. The kernel ends this at our death."""
    path = playground.state / "stage.lock"
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PlaygroundError(f"another stage is on in this playground; it holds {path}") from None
        yield


def apply_crd(playground: Playground) -> None:
    """Install the Stack CRD."""
    crd = str(ROOT / "helm" / "bot" / "crds" / "stack.yaml")
    kubectl(playground, "apply", "--server-side", "-f", crd)
    kubectl(playground, "wait", "--for=condition=Established", "--timeout=30s", "-f", crd)


def forget(folder: Path) -> None:
    """Remove what a stage left in its folder."""
    shutil.rmtree(folder, ignore_errors=True)
