"""helmfile: the releases that a commit declares, with our values on top. Nothing of a helmfile is executed.

Our values reach a helmfile as state values (`{{ .Values.devstack_label }}`); to charts it hands on what it wants.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.settings import Settings
from workers.tools import helm_words
from workers.tools.helm import GRACE, MARGIN, kubeconfig, variables
from workers.tools.process import Cancelled, Result, Runner, ToolFailed, ToolTimeout

LIST_SECONDS = 120.0
PREPARE_SECONDS = 300.0  # for charts' dependencies, beyond helm's own timeout

CONFINED = {
    "HELMFILE_DISABLE_INSECURE_FEATURES": "true",
    "HELMFILE_DISABLE_HOOKS": "true",
    "HELMFILE_DISABLE_RUNNER_UNIQUE_ID": "true",
    "HELMFILE_UPGRADE_NOTICE_DISABLED": "true",
    "HELMFILE_DISABLE_INSECURE_TEMPLATE_FUNCTIONS": "true",
    "NO_COLOR": "1",
}


@dataclass(frozen=True)
class Helmfile:
    """`kubeconfig` is a path; empty means the cluster that this runs in."""

    runner: Runner
    kubeconfig: str = ""

    @classmethod
    def of(cls, settings: Settings, runner: Runner) -> "Helmfile":
        """As the settings say."""
        return cls(runner, kubeconfig(settings))

    def releases(self, helmfile: Path, values: Path, namespace: str, cancelled: Cancelled | None = None) -> list[str]:
        """Names of the releases that a helmfile installs with these values."""
        arguments = ["list", "--output=json", "--skip-charts"]
        result = self._helmfile(helmfile, values, namespace, arguments, LIST_SECONDS, cancelled, separate=True)
        listed = json.loads(result.output or b"[]") or []
        return [each["name"] for each in listed if each.get("enabled", True) and each.get("installed", True)]

    def sync(
        self,
        helmfile: Path,
        values: Path,
        namespace: str,
        *,
        timeout: float,
        cleanup_on_fail: bool,
        labels: Mapping[str, str] | None = None,
        skip_deps: bool = False,
        cancelled: Cancelled | None = None,
        log: Path | None = None,
    ) -> None:
        """Install or upgrade every release into `namespace` and wait until it is ready, `timeout` seconds for each.

        `labels` mark the release records. UserFault with the end of the log where it does not work, Unavailable
        where the cluster does not answer, Superseded when cancelled: helm has then marked its releases as failed.
        """
        arguments = ["sync", *self.options(timeout, cleanup_on_fail, labels or {}, skip_deps)]
        most = timeout + MARGIN + PREPARE_SECONDS
        self._helmfile(helmfile, values, namespace, arguments, most, cancelled, waiting=timeout, log=log)

    @staticmethod
    def options(timeout: float, cleanup_on_fail: bool, labels: Mapping[str, str], skip_deps: bool) -> list[str]:
        """What a sync is told besides file, values and namespace."""
        helm = ["--cleanup-on-fail"] if cleanup_on_fail else []
        if labels:
            helm.append("--labels=" + ",".join(f"{key}={value}" for key, value in sorted(labels.items())))
        return [
            *("--wait", f"--timeout={timeout:.0f}"),
            *(["--skip-deps"] if skip_deps else []),
            *([f"--sync-args={' '.join(helm)}"] if helm else []),
        ]

    def _helmfile(
        self,
        helmfile: Path,
        values: Path,
        namespace: str,
        arguments: Sequence[str],
        timeout: float,
        cancelled: Cancelled | None,
        *,
        waiting: float = 0.0,
        separate: bool = False,
        log: Path | None = None,
    ) -> Result:
        home = self.runner.home / "helmfile"
        env = {
            **variables(self.runner.home, self.kubeconfig),
            **CONFINED,
            "HELMFILE_CACHE_HOME": str(home / "cache"),
            "HELMFILE_TEMPDIR": str(values.parent),
        }
        where = [f"--file={helmfile}", f"--state-values-file={values}", f"--namespace={namespace}", "--no-color"]
        try:
            return self.runner.run(
                ["helmfile", *where, *arguments],
                cwd=helmfile.parent, env=env, timeout=timeout, cancelled=cancelled, grace=GRACE,
                separate=separate, log=log,
            )  # fmt: skip
        except ToolFailed as error:
            raise helm_words.explained(error, waiting) from error
        except ToolTimeout as error:
            raise helm_words.explained(
                ToolFailed("helmfile", 1, error.tail + "\ncontext deadline exceeded"), timeout
            ) from error
