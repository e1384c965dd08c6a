"""A pull request of a service that lists resources, and what is seen of it in the cluster."""

import json
from typing import Any

import yaml

from model import names
from playground.backends import hook_image
from playground.demo.stage import Stage
from tests.cluster.story.people import APP, Repository

# The hooks' image has Python and the databases' drivers: as good for a service as any.
DOCKERFILE = 'FROM {image}\nENTRYPOINT []\nCOPY app.py migrate.py /\nCMD ["python3", "-u", "/app.py"]\n'
MIGRATE = """import os, psycopg

with psycopg.connect(os.environ["DATABASE_URL"]) as database:
    database.execute("CREATE TABLE IF NOT EXISTS of_the_migration (id int)")
print("migrated")
"""
Resource = dict[str, Any]

QUEUE: Resource = {"kind": "sqs", "name": "orders", "dlq": {"maxReceives": 5}, "env": "ORDERS_QUEUE_URL"}
TOPIC: Resource = {"kind": "sns", "name": "order-events", "subscribe": [{"sqs": "orders"}], "env": "ORDER_EVENTS_ARN"}
KEYS: Resource = {
    "kind": "secret", "from": {"namespace": "shop", "name": "keys"}, "keys": ["API_KEY"], "set": {"MODE": "preview"},
    "generate": {"SESSION_KEY": {"length": 40}},
}  # fmt: skip
EVENTS: Resource = {"kind": "kafka", "topic": "orders", "partitions": 2, "env": "ORDERS_TOPIC"}
DATABASE: Resource = {
    "kind": "postgres", "database": "orders", "template": "orders_template", "env": "DATABASE_URL",
    "migrate": {"command": ["python3", "/migrate.py"]},
}  # fmt: skip
CACHE: Resource = {"kind": "redis", "name": "orders"}
ALL = (QUEUE, TOPIC, KEYS, EVENTS, DATABASE, CACHE)
VARIABLES = ("ORDERS_QUEUE_URL", "ORDER_EVENTS_ARN", "API_KEY", "MODE", "SESSION_KEY", "ORDERS_TOPIC", "DATABASE_URL",
             "REDIS_URL", "REDIS_PREFIX")  # fmt: skip


def described(host: str, *resources: Resource, **more: Any) -> bytes:
    """A `.devstack.yaml` of one service with these resources."""
    service: dict[str, Any] = {"hosts": [host], "health": "/", "watch": ["app.py", "Dockerfile"]}
    if resources:
        service["resources"] = list(resources)
    return yaml.safe_dump({"services": {"web": service}, "deploy": "open", **more}, sort_keys=False).encode()


class Feature:
    """One pull request of a repository of its own."""

    def __init__(self, stage: Stage, name: str, *resources: Resource, **more: Any) -> None:
        self.stage = stage
        self.repo = Repository(stage, name, deploy="command")
        self.more = more  # keys of `.devstack.yaml` besides its service
        if more:
            stage.github.push(self.repo.name, "main", {".devstack.yaml": described(self.repo.host, **more)}, "ada")
        self.push(*resources, version="first")
        self.number = self.repo.pull("topic")
        self.label = names.label(self.repo.name, self.number)

    def push(self, *resources: Resource, version: str = "") -> str:
        """Another list of resources, and another program where there is a version."""
        files = {".devstack.yaml": described(self.repo.host, *resources, **self.more)}
        if version:
            image = hook_image(self.stage.playground)
            files |= {"app.py": APP.replace("VERSION", version).encode(), "migrate.py": MIGRATE.encode(),
                      "Dockerfile": DOCKERFILE.format(image=image).encode()}  # fmt: skip
        return self.stage.github.push(self.repo.name, "topic", files, "ada")

    def deploy(self) -> None:
        """`/devstack deploy` once more, to its end."""
        before = self.status()
        self.repo.say(self.number, "/devstack deploy")
        self.stage.wait("another run", lambda: self.status().get("configHash") not in ("", before.get("configHash")),
                        told=lambda: self.comment)  # fmt: skip
        self.stage.wait_ready(self.repo.name, self.number)

    def ready(self, sha: str = "") -> str:
        """Wait until it is live; the comment."""
        return self.stage.wait_ready(self.repo.name, self.number, sha)

    def says(self, *needles: str, seconds: float = 90) -> str:
        """Wait for the comment to say all of this."""
        return self.stage.wait_comment(self.repo.name, self.number, *needles, seconds=seconds)

    def close(self) -> None:
        """Close it and wait until it is gone."""
        self.repo.close(self.number)
        self.says("was removed")
        self.repo.wait_gone(self.number)

    @property
    def comment(self) -> str:
        """The bot's comment."""
        return self.stage.comment(self.repo.name, self.number)

    @property
    def release(self) -> str:
        """Its helm release."""
        return names.release("web", self.label)

    @property
    def namespace(self) -> str:
        """Its own namespace."""
        return names.namespace(names.stack(self.repo.name, self.number))

    def status(self) -> dict[str, Any]:
        """Of its Stack."""
        stack: Any = self.repo.stack(self.number)
        found: dict[str, Any] = (stack or {}).get("status", {})
        return found

    def recorded(self) -> dict[str, str]:
        """Names of resources that its Stack has on record, with their states."""
        receipts = (each for each in self.status().get("receipts", ()) if each["kind"] == "resource")
        return {each["name"]: each["receipt"]["state"] for each in receipts}

    def kubectl(self, *arguments: str) -> str:
        """kubectl in its namespace."""
        return self.stage.kubectl("-n", self.namespace, *arguments)

    def pods(self) -> list[str]:
        """uids of the pods that serve."""
        found = json.loads(self.kubectl("get", "pods", "-l", "devstack.dev/service=web,!devstack.dev/hook", "-o", "json"))
        return [pod["metadata"]["uid"] for pod in found["items"] if not pod["metadata"].get("deletionTimestamp")]

    def environment(self) -> dict[str, str]:
        """What the program in the pod is really told."""
        script = "import json, os; print(json.dumps(dict(os.environ)))"
        told: dict[str, str] = json.loads(
            self.kubectl("exec", f"deployment/{self.release}", "--", "python3", "-c", script)
        )
        return told

    def has(self, kind: str, name: str) -> bool:
        """Whether its namespace has this object."""
        return bool(self.kubectl("get", kind, name, "--ignore-not-found", "-o", "name").strip())


def keys_of_the_base(stage: Stage, api_key: str) -> None:
    """The Secret of the base that features copy a key of."""
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys", "namespace": "shop"}}
    stage.apply({**secret, "stringData": {"API_KEY": api_key, "NOT_COPIED": "stays-with-the-base"}})
