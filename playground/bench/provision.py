"""Provisioning beside the ways to do it by hand, in interleaved rounds on one cluster: seconds of helm's own commands."""

import json
import random
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from playground import backends
from playground.bench import charts
from playground.bench.figures import Row
from playground.cluster.value import Playground
from playground.demo.stage import kubectl

SECRET = "providers"  # a name
NEEDED = ("localstack", "kafka", "postgres")
TIMEOUT_SECONDS = 180.0
Say = Callable[[str], None]

SIX: tuple[Mapping[str, Any], ...] = (
    {"kind": "sqs", "name": "orders", "dlq": {"maxReceives": 5}, "env": "ORDERS_QUEUE_URL"},
    {"kind": "sqs", "name": "returns", "env": "RETURNS_QUEUE_URL"},
    {"kind": "sns", "name": "order-events", "subscribe": [{"sqs": "orders"}], "env": "ORDER_EVENTS_ARN"},
    {"kind": "secret", "name": "keys", "set": {"MODE": "preview"}, "generate": {"API_KEY": {"length": 32}}},
    {"kind": "kafka", "topic": "orders", "partitions": 3, "env": "ORDERS_TOPIC"},
    {"kind": "postgres", "database": "orders", "env": "DATABASE_URL"},
)
QUEUE: tuple[Mapping[str, Any], ...] = (SIX[1],)
# The ancestor's second and third Job: each patches one route through the API, with what is in every Python.
ROUTE = """
import json, ssl, sys, urllib.request
at = "/var/run/secrets/kubernetes.io/serviceaccount/"
url = "https://kubernetes.default.svc/apis/traefik.io/v1alpha1/namespaces/" + open(at + "namespace").read()
body = json.loads(sys.argv[1])
request = urllib.request.Request(url + "/ingressroutes/" + body["metadata"]["name"] + "?fieldManager=bench&force=true",
    data=json.dumps(body).encode(), method="PATCH", headers={"Content-Type": "application/apply-patch+yaml",
    "Authorization": "Bearer " + open(at + "token").read()})
urllib.request.urlopen(request, context=ssl.create_default_context(cafile=at + "ca.crt"), timeout=10).read()
"""


def rows() -> dict[str, Row]:
    """What is compared, and the aims. `up` and `down` are held against a release whose hook Pod does nothing."""
    listed = (
        Row("six", "six resources made: one hook, and six Jobs in sequence", 0.25),
        Row("six-down", "six resources removed: one hook, and six Jobs in sequence", 0.25),
        Row("up", "six resources made, and an empty hook Pod", 1.5),
        Row("down", "six resources removed, and an empty hook Pod", 1.5),
        Row("job", "six resources made by a hook Pod, and by a hook Job", 1.0),
        Row("feature", "two services, one queue, two routes; and with three Jobs", 0.6),
    )
    return {row.key: row for row in listed}


@dataclass
class Provision:
    """All rounds in one namespace of their own."""

    playground: Playground
    say: Say
    found: dict[str, Row] = field(default_factory=rows)

    def play(self, rounds: int) -> dict[str, Row]:
        """Measure; what does not run is told in its row."""
        up = backends.ensure(self.playground, NEEDED)
        self.image = backends.hook_image(self.playground)
        self.pause = self._pause()
        self.namespace = f"bench-provision-{uuid.uuid4().hex[:6]}"
        try:
            self._ground(up.environment("cluster"))
            for number in range(rounds + 1):  # the first warms images and servers, and does not count
                self.say(f"round {number} of {rounds}" + ("" if number else ", to warm up"))
                self._round(number, counts=number > 0)
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            self.found["six"].faults.append(str(error)[:2000])
        finally:
            kubectl(self.playground, "delete", "namespace", self.namespace, "--wait=true", "--timeout=120s")
        return self.found

    def _round(self, number: int, *, counts: bool) -> None:
        ways: dict[str, Callable[[], tuple[float, float]]] = {
            "ours": lambda: self._release("ours", number, lambda at: charts.ours(at, None), self._values(SIX, "ours", number)),
            "job": lambda: self._release(
                "job", number, lambda at: charts.ours(at, None), self._values(SIX, "job", number, hook="job")
            ),
            "sequence": lambda: self._release(
                "seq", number, lambda at: charts.sequence(at, self._tasks(SIX, "seq", number), self.image, SECRET, None), {}
            ),
            "empty": lambda: self._release("empty", number, lambda at: charts.empty(at, self.image), {}),
            "feature": lambda: self._feature("new", number),
            "ancestor": lambda: self._feature("old", number),
        }  # fmt: skip
        names = list(ways) if number % 2 else list(reversed(ways))
        took = {name: ways[name]() for name in names}
        if not counts:
            return
        for key, one, other, phase in (
            ("six", "ours", "sequence", 0), ("six-down", "ours", "sequence", 1), ("up", "ours", "empty", 0),
            ("down", "ours", "empty", 1), ("job", "ours", "job", 0), ("feature", "feature", "ancestor", 0),
        ):  # fmt: skip
            self.found[key].ours.append(took[one][phase])
            self.found[key].bare.append(took[other][phase])

    def _release(
        self, name: str, number: int, chart: Callable[[Path], Path], values: Mapping[str, Any]
    ) -> tuple[float, float]:
        """Seconds of one release's install and uninstall."""
        release = f"{name}-{number}"
        with tempfile.TemporaryDirectory() as folder:
            path = chart(Path(folder, name))
            given = Path(folder, "values.yaml")
            given.write_text(yaml.safe_dump(dict(values)))
            _any_moment()
            up = self._helm("upgrade", "--install", release, str(path), f"--values={given}", "--wait")
            _any_moment()
            return up, self._helm("uninstall", release, "--wait")

    def _feature(self, way: str, number: int) -> tuple[float, float]:
        """Two services, one queue for the first of them, a route each: with one hook and applied routes, or three Jobs."""
        with tempfile.TemporaryDirectory() as folder:
            _any_moment()
            began = time.monotonic()
            releases = [self._part(Path(folder), way, number, service) for service in ("front", "back")]
            for release, path, values in releases:
                self._helm("upgrade", "--install", release, str(path), f"--values={values}", "--wait")
            if way == "new":
                routes = Path(folder, "routes.yaml")
                routes.write_text(
                    yaml.safe_dump_all([route(f"{way}-{service}-{number}") for service in ("front", "back")])
                )
                kubectl(self.playground, "--namespace", self.namespace, "apply", "--server-side", "-f", str(routes))
            up = time.monotonic() - began
            _any_moment()
            down = sum(self._helm("uninstall", release, "--wait") for release, _, _ in releases)
            return up, down

    def _part(self, folder: Path, way: str, number: int, service: str) -> tuple[str, Path, Path]:
        release = f"{way}-{service}-{number}"
        workload = charts.deployment(release, self.pause)
        resources = QUEUE if service == "front" else ()
        values: Mapping[str, Any] = {}
        if way == "new":
            path = charts.ours(folder / release, workload)
            values = self._values(resources, release, number)
        else:
            path = charts.sequence(
                folder / release, self._tasks(resources, release, number), self.image, SECRET, workload
            )
            told = charts.job(
                f"{release}-route", self.image, ["-c", ROUTE, json.dumps(route(release))], {}, SECRET,
                "post-install,post-upgrade", 9, ["python"],
            )  # fmt: skip
            (path / "templates" / "route.yaml").write_text(yaml.safe_dump(told))
        given = folder / f"{release}.values.yaml"
        given.write_text(yaml.safe_dump(dict(values)))
        return release, path, given

    def _values(
        self, resources: Sequence[Mapping[str, Any]], name: str, number: int, hook: str = "pod"
    ) -> Mapping[str, Any]:
        return {
            "devstack_label": f"b{number}",
            "service": name,
            "resources": [dict(each) for each in resources],
            "image": self.image,
            "provision": {"image": self.image, "hook": hook, "envFrom": [{"secretRef": {"name": SECRET}}]},
        }

    def _tasks(self, resources: Sequence[Mapping[str, Any]], name: str, number: int) -> list[Mapping[str, Any]]:
        """Each resource as a task, and so a release, of its own; all of one stack and service."""
        return [
            {
                "stack": f"bench-{name}", "label": f"q{number}", "service": name, "namespace": self.namespace,
                "release": f"{name}-{number}-{index}", "resources": [dict(each)],
            }
            for index, each in enumerate(resources)
        ]  # fmt: skip

    def _ground(self, environment: Mapping[str, str]) -> None:
        """A namespace with the providers' Secret, and an account for the ancestor's Jobs."""
        account = {"name": charts.ACCOUNT, "namespace": self.namespace}
        objects = [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}},
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": SECRET, "namespace": self.namespace},
             "stringData": dict(environment)},
            {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account},
            {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": account,
             "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
             "subjects": [{"kind": "ServiceAccount", **account}]},
        ]  # fmt: skip
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            yaml.safe_dump_all(objects, file)
            file.flush()
            kubectl(self.playground, "apply", "-f", file.name)

    def _pause(self) -> str:
        from playground.images.catalogue import PAUSE

        return f"{self.playground.registry}/{PAUSE.reference}"

    def _helm(self, *arguments: str) -> float:
        began = time.monotonic()
        command = [
            str(self.playground.tools / "helm"), f"--kubeconfig={self.playground.kubeconfig}",
            f"--namespace={self.namespace}", *arguments, "--timeout=150s",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=TIMEOUT_SECONDS)
        if done.returncode:
            raise RuntimeError(f"helm {' '.join(arguments[:3])}: {done.stderr.strip()[-1500:]}")
        return time.monotonic() - began


def _any_moment() -> None:
    """A kubelet looks once a second for containers that have ended. Whatever follows right on the end of another Pod is in
    step with that, and its figure says how many looks it took; people's deploys come at any moment."""
    time.sleep(random.random())  # noqa: S311


def route(name: str) -> dict[str, Any]:
    """A route of a service that nobody asks."""
    return {
        "apiVersion": "traefik.io/v1alpha1",
        "kind": "IngressRoute",
        "metadata": {"name": name},
        "spec": {
            "routes": [{"kind": "Rule", "match": f"Host(`{name}.example.com`)", "services": [{"name": name, "port": 80}]}]
        },
    }
