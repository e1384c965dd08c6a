"""Pods that call, and the programs that they and the services run, as manifests and values."""

import json
import re
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
