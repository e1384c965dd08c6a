"""The few things that the playground asks of a cluster's API, by kubectl."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playground import tool
from playground.errors import PlaygroundError
from playground.progress import Progress

REQUEST_SECONDS = 30


@dataclass(frozen=True)
class Kubectl:
    """`program` and the kubeconfig it uses; `log` takes the output of what changes something."""

    program: Path
    kubeconfig: Path
    log: Path | None = None

    def get(self, path: str) -> dict[str, Any] | None:
        """The object or list at this API path; None where it is not there or the API does not answer."""
        try:
            answer = tool.run(self._argv("get", "--raw", path), seconds=REQUEST_SECONDS)
            found: dict[str, Any] = json.loads(answer)
        except (PlaygroundError, ValueError):
            return None
        return found

    def apply(self, *sources: str | Path) -> None:
        """Apply objects server-side: YAML documents, or files with such. PlaygroundError where the API refuses."""
        for source in sources:
            arguments = self._argv("apply", "--server-side", "--force-conflicts", "--field-manager=devstack-playground")
            if isinstance(source, Path):
                tool.run([*arguments, "-f", source], log=self.log)
            else:
                tool.run([*arguments, "-f", "-"], stdin=source, log=self.log)

    def delete(self, kind: str, name: str) -> None:
        """Delete a cluster-wide object, and wait until it is gone; fine where it is not there."""
        tool.run(self._argv("delete", kind, name, "--ignore-not-found", "--wait", "--timeout=120s"), log=self.log)

    def wait_for_deployment(
        self,
        namespace: str,
        name: str,
        progress: Progress,
        *,
        answers: Callable[[], bool] = lambda: True,
        seconds: float = 120.0,
    ) -> None:
        """Wait until it `answers` and all replicas are available; PlaygroundError tells what its pods say."""
        with progress.step(f"{name} in the cluster"):
            deadline = time.monotonic() + seconds
            while not (answers() and self.is_available(namespace, name)):
                if time.monotonic() > deadline:
                    raise PlaygroundError(f"{name} is not available after {seconds:.0f} s: {self._why(namespace, name)}")
                time.sleep(0.15)

    def is_available(self, namespace: str, name: str) -> bool:
        """Whether a deployment runs as it was last asked to."""
        found = self.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}")
        if found is None:
            return False
        status = found.get("status", {})
        return bool(
            status.get("observedGeneration") == found["metadata"]["generation"]
            and status.get("availableReplicas", 0) >= found["spec"].get("replicas", 1)
            and status.get("updatedReplicas") == status.get("replicas")
        )

    def _why(self, namespace: str, name: str) -> str:
        events = self.get(f"/api/v1/namespaces/{namespace}/events") or {"items": []}
        told = [item["message"] for item in events["items"] if item["involvedObject"]["name"].startswith(name)]
        return "; ".join(told[-3:]) or "no event tells why"

    def _argv(self, *arguments: str) -> list[str | Path]:
        return [self.program, f"--kubeconfig={self.kubeconfig}", *arguments]
