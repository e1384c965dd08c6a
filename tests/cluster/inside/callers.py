"""Pods that call, and the programs that they and the services run, as manifests and values."""

import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playground.cluster.value import Playground
from playground.demo.stage import kubectl
from playground.images import catalogue

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Call:
    """One call: `way` is one of `calling.WAYS`."""

    host: str
    headers: dict[str, str] = field(default_factory=dict)
    way: str = "plain"
    port: int = 80


def program(name: str) -> str:
    """A program of this folder with all that it imports from here, for `python3 -c`."""
    text = (HERE / f"{name}.py").read_text()
    own = re.sub(r"^from tests\.\S+ import \([^)]*\)\n", "", text, flags=re.MULTILINE)
    return (HERE / "http2.py").read_text() + own


def image(playground: Playground) -> str:
    """Python, as the playground has it."""
    return f"{playground.registry}/{catalogue.PYTHON.reference}"


def pod(playground: Playground, name: str, namespace: str) -> dict[str, Any]:
    """A Pod to call from."""
    container = {"name": "caller", "image": image(playground), "command": ["sleep", "3600"]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"containers": [container], "terminationGracePeriodSeconds": 0, "enableServiceLinks": False},
    }


def call(playground: Playground, namespace: str, caller: str, *calls: Call) -> list[str]:
    """What the calls came to, from within a Pod."""
    asked = json.dumps([vars(each) for each in calls])
    run = ("python3", "-c", program("calling"), asked)
    found: list[str] = json.loads(kubectl(playground, "exec", "--namespace", namespace, caller, "--", *run))
    return found


@dataclass
class Told:
    """What a call was answered, all the while: status (0 where nobody answered) and body."""

    call: Call
    answers: list[tuple[int, str]] = field(default_factory=list)

    @property
    def failed(self) -> list[tuple[int, str]]:
        """Those that are no success."""
        return [each for each in self.answers if not 200 <= each[0] < 300]

    @property
    def bodies(self) -> list[str]:
        """What was said, without what was said again at once."""
        said = [body for _, body in self.answers]
        return [each for position, each in enumerate(said) if position == 0 or said[position - 1] != each]


@contextmanager
def steadily(
    playground: Playground, namespace: str, caller: str, rate: int, seconds: float, *calls: Call
) -> Iterator[Sequence[Told]]:
    """`rate` calls a second, all together, from within a Pod, for `seconds` at most; told when the block is left."""
    asked = json.dumps([{"host": each.host, "headers": each.headers} for each in calls])
    text = (HERE / "steady.py").read_text()
    run = ["python3", "-u", "-c", text, str(rate), str(seconds), asked]
    entrance = [str(playground.kubectl), "--kubeconfig", str(playground.kubeconfig)]
    command = [*entrance, "exec", "-i", f"--namespace={namespace}", caller, "--", *run]
    told = tuple(Told(each) for each in calls)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == "begun\n"
            yield told
            process.stdin.close()  # the end of its input ends it
            found = process.stdout.read()
        except BaseException:
            process.kill()
            raise
    for each, answers in zip(told, json.loads(found), strict=True):
        each.answers += [(status, body) for status, body in answers]
