"""helm: what is there, what is stuck, and its removal. One call costs some 60 to 150 ms, so one list serves many."""

import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.settings import Settings
from workers.faults import Fault, Unavailable
from workers.tools import helm_words
from workers.tools.process import Cancelled, Result, Runner, ToolFailed, ToolTimeout

GRACE = 10.0  # seconds from SIGTERM to SIGKILL: helm needs them to write down that the release failed
QUERY_SECONDS = 60.0
REPAIR_SECONDS = 120.0
MARGIN = 30.0  # seconds that the process gets beyond helm's own timeout
IN_CLUSTER = ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT")


@dataclass(frozen=True, slots=True)
class Release:
    """A release as helm lists it."""

    name: str
    namespace: str
    revision: int
    status: str  # deployed, failed, pending-install, pending-upgrade, pending-rollback, uninstalling, superseded …
    chart: str

    @property
    def pending(self) -> bool:
        """Whether helm was killed in the middle: it then refuses every further upgrade."""
        return self.status.startswith("pending-")


def variables(home: Path, kubeconfig: str) -> dict[str, str]:
    """What helm, and helmfile before it, see: the cluster, and folders of ours without plugins."""
    inside = {name: os.environ[name] for name in IN_CLUSTER if name in os.environ}
    return {
        **inside,
        **({"KUBECONFIG": kubeconfig} if kubeconfig else {}),
        "HELM_CACHE_HOME": str(home / "helm" / "cache"),
        "HELM_CONFIG_HOME": str(home / "helm" / "config"),
        "HELM_DATA_HOME": str(home / "helm" / "data"),
        "HELM_PLUGINS": str(home / "helm" / "plugins"),
        "HELM_DRIVER": "secret",
    }


@dataclass(frozen=True)
class Helm:
    """`kubeconfig` is a path; empty means the cluster that this runs in."""

    runner: Runner
    kubeconfig: str = ""

    @classmethod
    def of(cls, settings: Settings, runner: Runner) -> "Helm":
        """As the settings say."""
        return cls(runner, kubeconfig(settings))

    def list(self, namespace: str, cancelled: Cancelled | None = None) -> Sequence[Release]:
        """All releases of a namespace in whatever state; none where there is no such namespace."""
        return releases(self._helm(["list", "--all", "--max=0", f"--namespace={namespace}", "--output=json"], cancelled))

    def present(self, namespace: str) -> set[str]:
        """Names of all releases of a namespace, in whatever state."""
        return {release.name for release in self.list(namespace)}

    def deployed(self, namespace: str) -> set[str]:
        """Names of the releases of a namespace whose last deployment went well."""
        return {release.name for release in self.list(namespace) if release.status == "deployed"}

    def repair(
        self,
        names: Collection[str],
        namespace: str,
        cancelled: Cancelled | None = None,
        listed: Sequence[Release] | None = None,
    ) -> Sequence[str]:
        """Free releases that a killed helm left behind; the names of those that were stuck. `listed` is what `list` says.

        What was being upgraded is rolled back to the last revision that was deployed; what was being installed, or
        removed, is removed without its hooks: the provisioners' work stays for the next install.
        """
        stuck = [
            release
            for release in (self.list(namespace, cancelled) if listed is None else listed)
            if release.name in names and (release.pending or release.status == "uninstalling")
        ]
        for release in stuck:
            good = self._last_deployed(release, cancelled) if release.pending else None
            where = f"--namespace={namespace}"
            if good is None:
                arguments = ["uninstall", release.name, where, "--no-hooks", "--ignore-not-found"]
            else:
                arguments = ["rollback", release.name, str(good), where, "--no-hooks", "--cleanup-on-fail"]
            self._helm(arguments, cancelled, REPAIR_SECONDS)
        return [release.name for release in stuck]

    def uninstall(
        self, name: str, namespace: str, timeout: float, cancelled: Cancelled | None = None, *, wait: bool = True
    ) -> bool:
        """Uninstall with hooks, `timeout` seconds at most. False if it was gone.

        Unless `wait`, it is not waited for until all objects and their pods are gone: for whoever deletes their
        namespace next.
        """
        arguments = ["uninstall", name, f"--namespace={namespace}", f"--timeout={timeout:.0f}s"]
        if wait:
            arguments += ["--wait", "--cascade=foreground"]
        try:
            self._helm(arguments, cancelled, timeout + MARGIN)
        except ToolFailed as error:
            if helm_words.no_such_release(error.tail):
                return False
            raise
        return True

    def _last_deployed(self, release: Release, cancelled: Cancelled | None) -> int | None:
        history = json.loads(
            self._helm(["history", release.name, f"--namespace={release.namespace}", "--output=json"], cancelled).output
        )
        good = [int(each["revision"]) for each in history if each["status"] in {"deployed", "superseded"}]
        return max(good, default=None)

    def _helm(self, arguments: Sequence[str], cancelled: Cancelled | None, timeout: float = QUERY_SECONDS) -> Result:
        try:
            return self.runner.run(
                ["helm", *arguments],
                env=variables(self.runner.home, self.kubeconfig),
                timeout=timeout, cancelled=cancelled, grace=GRACE, separate=True,
            )  # fmt: skip
        except ToolFailed as error:
            raise unreachable(error) from error
        except ToolTimeout as error:
            raise Unavailable(helm_words.CLUSTER, str(error)) from error


def unreachable(error: ToolFailed) -> Fault:
    """Unavailable where the cluster did not answer, else the fault itself."""
    if helm_words.silent(error.tail):
        return Unavailable(helm_words.CLUSTER, error.tail[-300:])
    return error


def releases(result: Result) -> list[Release]:
    """Helm's list, read."""
    listed: list[Mapping[str, Any]] = json.loads(result.output or b"[]")
    return [
        Release(
            name=each["name"],
            namespace=each["namespace"],
            revision=int(each["revision"]),
            status=each["status"],
            chart=each["chart"],
        )
        for each in listed
    ]


def kubeconfig(settings: Settings) -> str:
    """The configured kubeconfig, else the one of the person, else that of the pod (empty)."""
    home = Path.home() / ".kube" / "config"
    if settings.kubeconfig or IN_CLUSTER[0] in os.environ or not home.exists():
        return settings.kubeconfig
    return str(home)
