"""helm: what helmfile does not do for us: releases stuck halfway are mended, releases without a helmfile uninstalled."""

import json
from pathlib import Path
from typing import Any

from workers.faults import OurFault, Unavailable
from workers.tools import process
from workers.tools.process import Cancelled, Result, ToolFailed

QUICK_SECONDS = 60.0
GRACE_SECONDS = 10.0  # after SIGTERM helm writes `failed`, which the next upgrade accepts
_UNREACHABLE = ("cluster unreachable", "connection refused", "i/o timeout", "tls handshake timeout", "no such host",
                "the server is currently unable", "etcdserver: request timed out")  # fmt: skip


def environment(path_first: str, kubeconfig: str, home: Path) -> dict[str, str]:
    """The variables of helm and helmfile: our kubeconfig, folders of their own, and no code from the files they read."""
    extra = {
        "HELM_CACHE_HOME": str(home / "helm-cache"),
        "HELM_CONFIG_HOME": str(home / "helm-config"),
        "HELM_DATA_HOME": str(home / "helm-data"),
        "HELMFILE_CACHE_HOME": str(home / "helmfile-cache"),
        "HELMFILE_TEMPDIR": str(home),
        "HELMFILE_UPGRADE_NOTICE_DISABLED": "true",
        "HELMFILE_DISABLE_INSECURE_FEATURES": "true",
        "HELMFILE_DISABLE_INSECURE_TEMPLATE_FUNCTIONS": "true",
        "HELMFILE_DISABLE_HOOKS": "true",
        "NO_COLOR": "1",
    }
    if kubeconfig:
        extra["KUBECONFIG"] = kubeconfig
    env = process.environment(path_first, extra)
    for variable in ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"):
        value = __import__("os").environ.get(variable)
        if value:
            env[variable] = value
    return env


def reachable(failure: ToolFailed) -> ToolFailed | Unavailable:
    """The failure, or that the cluster could not be reached."""
    if any(sign in failure.tail.lower() for sign in _UNREACHABLE):
        return Unavailable("The cluster", failure.tail[-300:])
    return failure


class Helm:
    """Releases in the cluster."""

    def __init__(self, env: dict[str, str]) -> None:
        self._env = env

    def releases(self, namespace: str) -> list[dict[str, Any]]:
        """All releases of a namespace, in whatever state."""
        out = self._run("list", "--namespace", namespace, "--all", "--max", "0", "--output", "json").out
        found: list[dict[str, Any]] = json.loads(out or "[]")
        return found

    def present(self, namespace: str) -> set[str]:
        """Names of the releases that a namespace holds."""
        return {release["name"] for release in self.releases(namespace)}

    def deployed(self, namespace: str) -> set[str]:
        """Names of the releases that are well and deployed."""
        return {release["name"] for release in self.releases(namespace) if release["status"] == "deployed"}

    def repair(self, names: list[str], namespace: str, cancelled: Cancelled | None = None) -> list[str]:
        """Mend those of the releases that a killed helm left `pending-*`: back to the last good revision, or away where
        there is none. The names of the mended ones."""
        stuck = [
            release
            for release in self.releases(namespace)
            if release["name"] in names
            and (release["status"].startswith("pending-") or release["status"] == "uninstalling")
        ]
        for release in stuck:
            name = release["name"]
            if release["status"] in ("pending-install", "uninstalling"):
                self._run(
                    "uninstall", name, "--namespace", namespace, "--no-hooks", "--ignore-not-found", cancelled=cancelled
                )
            else:
                self._run("rollback", name, "--namespace", namespace, "--no-hooks", "--force", cancelled=cancelled)
        return [release["name"] for release in stuck]

    def uninstall(self, name: str, namespace: str, timeout: int, cancelled: Cancelled | None = None) -> bool:
        """Uninstall and wait until its objects are gone. False where there was no such release."""
        if name not in self.present(namespace):
            return False
        self._run(
            "uninstall", name, "--namespace", namespace, "--wait", "--timeout", f"{timeout}s", "--ignore-not-found",
            timeout=timeout + 15, cancelled=cancelled,
        )  # fmt: skip
        return True

    def _run(self, *arguments: str, timeout: float = QUICK_SECONDS, cancelled: Cancelled | None = None) -> Result:
        try:
            return process.run(
                ["helm", *arguments], env=self._env, timeout=timeout, cancelled=cancelled, grace=GRACE_SECONDS
            )
        except ToolFailed as failure:
            mapped = reachable(failure)
            if isinstance(mapped, Unavailable):
                raise mapped from failure
            raise OurFault(f"helm {arguments[0]}: {failure.tail[-1000:]}") from failure
