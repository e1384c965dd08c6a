"""helmfile: lists and syncs what a repository declares, with our values on top."""

import json
from pathlib import Path

from workers.faults import Unavailable, UserFault
from workers.tools import helm, process
from workers.tools.process import Cancelled, Result, ToolFailed

LIST_SECONDS = 60.0


class Helmfile:
    """Every release goes to the stack's namespace, whatever the helmfile says."""

    def __init__(self, env: dict[str, str]) -> None:
        self._env = env

    def releases(self, helmfile: Path, values: Path, namespace: str, cancelled: Cancelled | None = None) -> list[str]:
        """Names of the releases that the helmfile declares for these values."""
        done = self._run(helmfile, values, namespace, ["list", "--output", "json"], LIST_SECONDS, cancelled)
        return [release["name"] for release in json.loads(done.out) if release["enabled"] and release["installed"]]

    def sync(
        self,
        helmfile: Path,
        values: Path,
        namespace: str,
        *,
        timeout: int,
        cleanup_on_fail: bool,
        cancelled: Cancelled | None,
    ) -> None:
        """Install or upgrade every release and wait for its pods. UserFault where charts or pods do not come up."""
        arguments = ["sync", "--wait", "--timeout", str(timeout), "--skip-deps", "--sync-release-labels"]
        if cleanup_on_fail:
            arguments += ["--sync-args", "--cleanup-on-fail"]
        # helm waits by itself; what we add is time for several releases, one after the other.
        self._run(helmfile, values, namespace, arguments, timeout * 2 + 30, cancelled)

    def _run(
        self,
        helmfile: Path,
        values: Path,
        namespace: str,
        arguments: list[str],
        timeout: float,
        cancelled: Cancelled | None,
    ) -> Result:
        argv = [
            "helmfile",
            "--file",
            str(helmfile),
            "--namespace",
            namespace,
            "--state-values-file",
            str(values),
            *arguments,
        ]
        try:
            return process.run(
                argv, env=self._env, cwd=helmfile.parent, timeout=timeout, cancelled=cancelled, grace=helm.GRACE_SECONDS
            )
        except ToolFailed as failure:
            mapped = helm.reachable(failure)
            if isinstance(mapped, Unavailable):
                raise mapped from failure
            raise explained(failure, arguments[0]) from failure


def explained(failure: ToolFailed, verb: str) -> UserFault:
    """A failed helmfile in words for the pull request."""
    said = failure.tail
    if verb == "list":
        return UserFault(
            "The helmfile cannot be read", "helmfile refuses it; the end of its output is below.", log=said[-6000:]
        )
    if "context deadline exceeded" in said or "timed out waiting" in said or failure.code is None:
        return UserFault(
            "The pods did not become ready in time",
            "helm waited for the new pods and gave up.",
            "See why in the output and with `/devstack logs <service>`.",
            said[-6000:],
        )
    return UserFault(
        "The release failed", "helmfile could not deploy the charts; the end of its output is below.", log=said[-6000:]
    )
