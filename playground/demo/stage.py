"""The stage of demo, cluster tests and benchmarks: a playground with a GitHub stand-in and the bot's own processes."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import yaml

from playground import backends
from playground import redis as redis_server
from playground.backends import Backends
from playground.cluster.value import Playground
from playground.demo.processes import Bot
from playground.github.client import EVENTS, StandIn, start
from playground.lock import held_at_once
from playground.ports import free

ROOT = Path(__file__).resolve().parent.parent.parent
SHOP = ROOT / "examples" / "shop"
SECRET = "playground-webhook-secret"
NAMESPACE = "devstack"  # where the bot would live, were it in the cluster
PROVIDERS = "providers"
TOKEN = "playground-bot-token"
BOT = "devstack-bot"
USER, APP = "user", "app"
SLUG = "devstack"
APP_ID = 7
PEOPLE = {"ada": "write", "grace": "maintain", "eve": "read"}
WAIT_SECONDS = 90.0
PORT = 18100  # looked for from here on
POLL_SECONDS = 0.2


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
    login: str = BOT  # of the bot on GitHub

    def add_repository(self, name: str, source: Path, roles: Mapping[str, str] = PEOPLE) -> None:
        """A repository on GitHub with a folder's files, and the bot's webhook on it."""
        self.github.create_repo(name, source, {**roles, BOT: "write"})
        self.github.act("hook", repo=name, url=f"{self.bot.url}/webhooks/github", secret=SECRET, events=EVENTS)
        self.repositories.append(name)

    def request(
        self, host: str, path: str = "/", headers: Mapping[str, str] | None = None, post: Any = None
    ) -> httpx.Response:
        """See `request`."""
        return request(self.playground, host, path, headers, post)

    def kubectl(self, *arguments: str) -> str:
        """kubectl on the playground's cluster."""
        return kubectl(self.playground, *arguments)

    def apply(self, *objects: Mapping[str, Any]) -> None:
        """Have these objects in the cluster."""
        apply(self.playground, *objects)

    def stacks(self) -> dict[str, dict[str, Any]]:
        """The Stack objects by name; over one connection that is kept, as stories ask for them again and again."""
        found = self._objects.list_cluster_custom_object("devstack.dev", "v1alpha1", "stacks")["items"]
        return {each["metadata"]["name"]: each for each in found}

    @cached_property
    def _objects(self) -> Any:
        from kubernetes import client, config

        return client.CustomObjectsApi(config.new_client_from_config(str(self.playground.kubeconfig)))

    def bot_comments(self, repository: str, number: int) -> list[dict[str, Any]]:
        """The bot's comments on a pull request."""
        return [each for each in self.github.pull(repository, number)["comments"] if each["by"] == self.login]

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


def request(
    playground: Playground, host: str, path: str = "/", headers: Mapping[str, str] | None = None, post: Any = None
) -> httpx.Response:
    """A request through Traefik, as from outside; `post` is sent as JSON."""
    given = {"Host": host, **(headers or {})}
    method = "GET" if post is None else "POST"
    url = f"{playground.traefik_url}{path}"
    return httpx.request(method, url, headers=given, json=post, timeout=10, trust_env=False)


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


def provided(playground: Playground, needs: Collection[str]) -> tuple[Backends, dict[str, str]]:
    """Backends, and the settings by which the bot's hooks reach them; their keys lie in a Secret beside the bot."""
    with ThreadPoolExecutor(1, thread_name_prefix="hook-image") as pool:
        image = pool.submit(backends.hook_image, playground)  # built while the servers start
        up = backends.ensure(playground, needs)
    metadata = {"name": PROVIDERS, "namespace": NAMESPACE}
    apply(
        playground,
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": up.environment("cluster")},
    )
    return up, {
        "DEVSTACK_HOOK_IMAGE": image.result(),
        "DEVSTACK_PROVIDER_SECRET": PROVIDERS,
        "DEVSTACK_NAMESPACE": NAMESPACE,
        "DEVSTACK_FROM_NAMESPACES": "shop",
    }


@contextmanager
def stage(
    playground: Playground, folder: Path, *, needs: Collection[str] = (), account: str = USER, **settings: str
) -> Iterator[Stage]:
    """A stage that is gone afterwards: its processes are ended; the cluster is the playground's.

    `needs`: backends that are brought up and offered to features. `account`: whether the bot signs in as a USER or as an
    APP. PlaygroundError where another stage is on: its bot would take up the Stacks of this one, and ask a GitHub for
    them that does not know them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with alone(playground):
        yield from _stage(playground, folder, needs, settings, account=account)


def _stage(
    playground: Playground, folder: Path, needs: Collection[str], settings: dict[str, str], *, account: str
) -> Iterator[Stage]:
    apply_crd(playground)
    up, by_backends = provided(playground, needs) if needs else (None, {})
    settings = {**by_backends, **settings}
    redis = redis_server.start(folder / "redis")
    github = None
    bot = None
    try:
        github = start(free(PORT), folder / "github", folder / "logs" / "github.log")
        login, signed_in = ACCOUNTS[account](github)
        env = environment(playground, github.url, redis.url, folder / "work", **settings, **signed_in)
        bot = Bot(env, folder / "logs", free(PORT))
        bot.start()
        yield Stage(playground, github, redis, bot, folder, up, login=login)
    finally:
        if bot is not None:
            bot.stop()
        if github is not None:
            github.stop()
        redis.stop()


def user(github: StandIn) -> tuple[str, dict[str, str]]:
    """Have the bot's account on GitHub; its login, and the settings to sign in as it."""
    github.act("user", login=BOT, tokens=[TOKEN])
    return BOT, {"DEVSTACK_GITHUB_TOKEN": TOKEN}


def app(github: StandIn) -> tuple[str, dict[str, str]]:
    """Have the bot's App on GitHub, installed on every repository; its login, and the settings to sign in as it."""
    from cryptography.hazmat.primitives import serialization as forms
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption())
    public = key.public_key().public_bytes(forms.Encoding.PEM, forms.PublicFormat.SubjectPublicKeyInfo)
    github.act("app", id=APP_ID, slug=SLUG, public_key=public.decode())
    settings = {"DEVSTACK_GITHUB_APP_ID": str(APP_ID), "DEVSTACK_GITHUB_APP_PRIVATE_KEY": private.decode()}
    return f"{SLUG}[bot]", settings


ACCOUNTS = {USER: user, APP: app}


def alone(playground: Playground) -> AbstractContextManager[None]:
    """Be the only stage on a playground."""
    return held_at_once(playground.state / "stage.lock", "another stage is on in this playground")


def apply_crd(playground: Playground) -> None:
    """Install the Stack CRD."""
    crd = str(ROOT / "helm" / "bot" / "crds" / "stack.yaml")
    kubectl(playground, "apply", "--server-side", "-f", crd)
    kubectl(playground, "wait", "--for=condition=Established", "--timeout=30s", "-f", crd)


def forget(folder: Path) -> None:
    """Remove what a stage left in its folder."""
    shutil.rmtree(folder, ignore_errors=True)
