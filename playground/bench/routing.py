"""What many live labels on one base host cost: time on the way, memory, and time until a new label is routed.

A proxy of its own for each number of labels. One stream of requests at a constant rate goes to each of them in turns of half
a second: each meets the whole rate, and whatever else the machine does in a round falls on all of them.
"""

import json
import os
import random
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from model.routing.routes import ANSWER_HEADER
from playground import ports
from playground.bench import routing_ground as ground
from playground.bench.routing_figures import AT_ONCE, BEHIND, WAYS, Figures
from playground.cluster.value import Playground
from playground.routing import traefik

# As OpenTelemetry's own examples have it; nothing of it is ours.
UNRELATED = (
    "userId=alice,serverNode=DF%2028,isProduction=false,session.id=7f0c2f0e-5b1c-4a52-9a77-c2d1a6c6f0c1,region=eu-west-1"
)
TURN_SECONDS = 0.5  # of a proxy's turn in the stream: while it lasts, that one has the whole rate
KINDS = 5  # of requests: with and without a label, with and without baggage
ALLOWED = (
    "--providers.kubernetescrd.allowCrossNamespace=true", "--providers.kubernetescrd.allowExternalNameServices=true"
)  # fmt: skip
WARM_UP_SECONDS = 1.0
ASKED_LABELS = 10
SETTLE_SECONDS = 60.0
ROUTED_SECONDS = 30.0
REST_SECONDS = 2.2  # more than Traefik's pause between two changes: the next one comes upon a proxy at rest
POLL_SECONDS = 0.01
Say = Callable[[str], None]


@dataclass
class Side:
    """One number of labels: its namespace and its proxy."""

    count: int
    ground: ground.Ground
    proxy: traefik.Traefik

    @property
    def address(self) -> str:
        """Its proxy's host:port for requests."""
        return f"127.0.0.1:{self.proxy.ports['web']}"

    @property
    def labels(self) -> list[str]:
        """Those that are live."""
        return ground.labels(self.count)

    def targets(self) -> list[dict[str, Any]]:
        """The kinds of requests, the same number of each: every second is all of them."""
        chosen = list(ground.spaced(self.labels, ASKED_LABELS))
        found = []
        for label in chosen:
            ours = {ground.HEADER: label}
            member = {"baggage": f"{UNRELATED},{ground.HEADER}={label}"}
            found += [
                self._target("base", {}),
                self._target("feature", ours, label),
                self._target("base, baggage", {"baggage": UNRELATED}),
                self._target("feature, baggage", {**ours, "baggage": UNRELATED}, label),
                self._target("feature by baggage", member, label),
            ]
        return found

    def asks(self, label: str) -> str:
        """Who answers a request with this label now; empty where it is nobody."""
        connection = HTTPConnection(self.address, timeout=5)
        try:
            connection.request("GET", "/", headers={"Host": ground.HOST, ground.HEADER: label})
            answer = connection.getresponse()
            return answer.read().decode() if answer.status == HTTPStatus.OK else ""
        except OSError:
            return ""
        finally:
            connection.close()

    def _target(self, kind: str, headers: Mapping[str, str], label: str = "") -> dict[str, Any]:
        mark = f"bench-{label}" if label else ""
        return {
            "name": f"{self.count}/{kind}", "url": f"http://{self.address}", "host": ground.HOST, "headers": dict(headers),
            "says": ground.FEATURE if label else ground.BASE, "expect": {ANSWER_HEADER: mark},
        }  # fmt: skip


@dataclass
class Routing:
    """All rounds. `load` and `program`: the load tool and Traefik."""

    playground: Playground
    load: Path
    program: Path
    folder: Path
    say: Say
    counts: Sequence[int]
    rate: float
    seconds: float
    lane: bool = False
    found: Figures = field(default_factory=Figures)

    def play(self, rounds: int) -> Figures:
        """Measure; RuntimeError where one of them does not come up or an answer is wrong."""
        with ExitStack() as until:
            answers = until.enter_context(self._answers())
            sides = [self._side(until, count, answers) for count in self.counts]
            for number in range(rounds):
                self._stream(sides)
                for way in WAYS:  # each proxy is on its own here
                    with ThreadPoolExecutor(len(sides)) as pool:
                        for done in [pool.submit(self._routed, side, number, way) for side in sides]:
                            done.result()
                self.say(f"round {number + 1} of {rounds} done, load average {os.getloadavg()[0]:.1f}")
        return self.found

    def _side(self, until: ExitStack, count: int, answers: Mapping[str, int]) -> Side:
        laid = ground.Ground(self.playground, f"bench-routing-{count}-{uuid.uuid4().hex[:4]}", answers, self.lane)
        began = time.monotonic()
        until.callback(laid.clear)
        objects = laid.lay(ground.labels(count))
        self.say(f"{count} labels: {objects} objects made in {time.monotonic() - began:.0f} s")
        log = self.folder / f"traefik-{count}.log"
        proxy = traefik.running(
            self.program, self.playground.kubeconfig, log, namespaces=[laid.namespace],
            arguments=(*ALLOWED, f"--providers.kubernetescrd.ingressClass={laid.namespace}"), throttle=(),
        )  # fmt: skip
        side = Side(count, laid, until.enter_context(proxy))
        deadline = time.monotonic() + SETTLE_SECONDS
        while side.asks(side.labels[-1]) != ground.FEATURE:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{count} labels are not routed after {SETTLE_SECONDS:.0f} s; see {log}")
            time.sleep(0.1)
        return side

    def _stream(self, sides: Sequence[Side]) -> None:
        """One stream over all of them."""
        groups = [side.targets() for side in sides]
        plan = {
            "rate": self.rate, "seconds": self.seconds * len(sides), "warm_up": WARM_UP_SECONDS * len(sides),
            "timeout": 10, "block": turn(self.rate, KINDS), "groups": groups,
        }  # fmt: skip
        before = {side.count: side.proxy.cpu for side in sides}
        told = send(self.load, plan)
        asked = {side.count: sum(each["asked"] for each in told["cells"] if _count(each) == side.count) for side in sides}
        for cell in told["cells"]:
            self.found.times(_count(cell), cell["name"].partition("/")[2], cell["p50"], cell["p99"])
        for side in sides:
            self.found.used(side.count, (side.proxy.cpu - before[side.count]) / asked[side.count], side.proxy.memory)
        self.found.late.append(told["late_p99"])
        if told["kinds"]:
            raise RuntimeError(f"wrong answers: {told['kinds']}, first {told['first'][:3]}")

    def _routed(self, side: Side, number: int, way: str) -> None:
        """One more label: seconds from the first object's apply until its header leads to it.

        BEHIND: its middlewares have been there for a while, as they are where helm still makes the Services.
        """
        label = f"new-{number}"
        manifests = side.ground.features(label)
        if way == BEHIND:
            for manifest in manifests:
                if manifest["kind"] == "Middleware":
                    side.ground.apply(manifest)
            time.sleep(REST_SECONDS)  # the pause may be that of the label before
        time.sleep(REST_SECONDS + random.random())  # noqa: S311
        began = time.monotonic()
        for manifest in manifests:
            if way == AT_ONCE or manifest["kind"] != "Middleware":
                side.ground.apply(manifest)
        deadline = began + ROUTED_SECONDS
        while side.asks(label) != ground.FEATURE:
            if time.monotonic() > deadline:
                raise RuntimeError(f"{label} is not routed after {ROUTED_SECONDS:.0f} s beside {side.count} labels")
            time.sleep(POLL_SECONDS)
        self.found.routed(side.count, way, time.monotonic() - began)
        side.ground.remove(manifests)

    @contextmanager
    def _answers(self) -> Iterator[dict[str, int]]:
        """The backends of base and features, one process; the port of each."""
        base = ports.free(traefik.FIRST_PORT - 100)
        feature = ports.free(traefik.FIRST_PORT - 100, taken=[base])
        found = {ground.BASE: base, ground.FEATURE: feature}
        places = [f"{name}=127.0.0.1:{port}" for name, port in found.items()]
        process = subprocess.Popen([str(self.load), "answer", *places], start_new_session=True)
        try:
            yield found
        finally:
            process.terminate()
            process.wait(10)


def turn(rate: float, kinds: int) -> int:
    """Requests of a turn; no multiple of the kinds, so that each kind is the first of a turn in its turn."""
    count = max(int(rate * TURN_SECONDS), 1)
    return count + 1 if count % kinds == 0 else count


def send(load: Path, plan: Mapping[str, Any]) -> dict[str, Any]:
    """Send a plan's requests, and the account of it."""
    done = subprocess.run([str(load), "send"], input=json.dumps(plan), capture_output=True, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _count(cell: Mapping[str, Any]) -> int:
    return int(cell["name"].partition("/")[0])
