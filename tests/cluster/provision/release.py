"""A release of a chart that includes the library chart, by helm itself, whose hook's pod is killed at some moment."""

import random
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from playground.bench import charts
from playground.demo.stage import Stage

MOST_SECONDS = 60


class Release:
    """In a namespace of its own, with what a bot would hand to the chart."""

    def __init__(
        self, stage: Stage, folder: Path, namespace: str, image: str, resources: Sequence[dict[str, Any]]
    ) -> None:
        self.stage, self.namespace, self.name = stage, namespace, "web"
        self.pod = f"{self.name}-provision"
        self.chart = charts.ours(folder / "web", None)
        self.values = folder / "values.yaml"
        told = {"image": image, "envFrom": [{"secretRef": {"name": "providers"}}], "deadlineSeconds": 30}
        given = {"devstack_label": "killed", "image": image, "provision": told, "resources": list(resources)}
        self.values.write_text(yaml.safe_dump(given))

    def up(self) -> list[str]:
        """Deploy."""
        return ["upgrade", "--install", self.name, str(self.chart), f"--values={self.values}", "--timeout=40s"]

    def down(self) -> list[str]:
        """Destroy."""
        return ["uninstall", self.name, "--ignore-not-found", "--timeout=40s"]

    def helm(self, arguments: Sequence[str]) -> subprocess.Popen[str]:
        """A helm that runs."""
        ground = self.stage.playground
        command = [str(ground.tools / "helm"), f"--kubeconfig={ground.kubeconfig}", f"--namespace={self.namespace}"]
        return subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def run(self, arguments: Sequence[str]) -> None:
        """helm to its end; AssertionError with its words where it fails."""
        helm = self.helm(arguments)
        said, _ = helm.communicate(timeout=MOST_SECONDS)
        assert helm.returncode == 0, said

    def killed(self, arguments: Sequence[str], after: float, *, delete: bool) -> bool:
        """helm, whose hook's pod is killed so many seconds after it was made: deleted without grace, or its process by
        SIGKILL. Whether there was something to kill."""
        helm = self.helm(arguments)
        try:
            made = self._wait_for_pod(helm)
            time.sleep(after if made else 0)
            hit = made and (self._delete() if delete else self._kill())
            helm.communicate(timeout=MOST_SECONDS)
        finally:
            helm.kill()
        return hit

    def _wait_for_pod(self, helm: subprocess.Popen[str]) -> bool:
        while helm.poll() is None:
            phase = "jsonpath={.status.phase}{.metadata.deletionTimestamp}"
            found = self.stage.kubectl("-n", self.namespace, "get", "pod", self.pod, "--ignore-not-found", "-o", phase)
            if found in ("Pending", "Running"):
                return True
        return False

    def _delete(self) -> bool:
        arguments = ("delete", "pod", self.pod, "--grace-period=0", "--force", "--ignore-not-found", "--wait=false")
        return bool(self.stage.kubectl("-n", self.namespace, *arguments).strip())

    def _kill(self) -> bool:
        hit = False
        for process in processes(self.namespace):
            subprocess.run(["kill", "-9", str(process)], check=False, capture_output=True)
            hit = True
        return hit


def processes(namespace: str) -> Iterator[int]:
    """Hooks that run in this namespace, as processes of this host."""
    mark = f'"namespace":"{namespace}"'.encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if b"hooks\0" in (folder / "cmdline").read_bytes() and mark in (folder / "environ").read_bytes():
                yield int(folder.name)
        except OSError:  # it has ended meanwhile
            continue


def moments(count: int, seed: int) -> Iterator[tuple[str, float, bool]]:
    """What is done, how many seconds after the pod was made it is killed, and how. Every fifth is a destruction."""
    chance = random.Random(seed)
    for number in range(count):
        yield ("down" if number % 5 == 4 else "up"), chance.uniform(0, 2.2), number % 2 == 0
