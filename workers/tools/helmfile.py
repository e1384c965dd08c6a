"""helmfile: the releases that a commit declares, with our values on top. Nothing of a helmfile is executed.

Our values reach a helmfile as state values (`{{ .Values.devstack_label }}`); to charts it hands on what it wants.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from config.settings import Settings
from workers.faults import UserFault
from workers.tools import helm_words, jail
from workers.tools.helm import GRACE, IN_CLUSTER, MARGIN, kubeconfig, variables
from workers.tools.process import Cancelled, Result, Runner, ToolFailed, ToolTimeout

log = structlog.get_logger(__name__)

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

    def built(self, helmfile: Path, values: Path, namespace: str, cancelled: Cancelled | None = None) -> str:
        """The helmfile as it is with these values, templates filled in, as YAML. No `ref+…` in it is resolved yet."""
        result = self._helmfile(helmfile, values, namespace, ["build"], LIST_SECONDS, cancelled, separate=True)
        return result.output.decode(errors="replace")

    def tried(self, helmfile: Path, values: Path, cancelled: Cancelled | None = None) -> str | None:
        """The same with the values files filled in, worked out where nothing but the helmfile's repository and the
        run's own folder can be read, only helm be run and no server be reached. None where there is no such place.

        The folder of `values` must hold the repository. UserFault where it takes more than that.
        """
        programs = [Path(found).resolve() for found in map(self.runner.found, ("helmfile", "helm"))]
        if not jail.fits(programs):
            log.warning("no jail for helmfile", landlock=jail.version())
            return None
        folder = values.parent
        scratch = folder / "jail"
        scratch.mkdir(exist_ok=True)
        inside = jail.command(programs[0], read=[folder], write=[scratch], run=programs[1:])
        arguments = [*self._where(helmfile, values), "build", "--embed-values"]
        env = {
            **variables(scratch, ""),
            **CONFINED,
            "HOME": str(scratch),
            "HELMFILE_CACHE_HOME": str(scratch),
            "HELMFILE_TEMPDIR": str(scratch),
            "TMPDIR": str(scratch),
            "PATH": str(programs[1].parent),
        }
        for name in IN_CLUSTER:
            env.pop(name, None)
        try:
            result = self.runner.run(
                [*inside, *arguments],
                cwd=helmfile.parent, env=env, timeout=LIST_SECONDS, cancelled=cancelled, grace=GRACE, separate=True,
            )  # fmt: skip
        except ToolFailed as error:
            raise UserFault(
                "The helmfile cannot be run here",
                "Its values files need more than the repository and the values that they are given.",
                "They must not read files of the bot, run programs or ask servers.",
                helm_words.telling(error.tail),
            ) from error
        return result.output.decode(errors="replace")

    def releases(self, helmfile: Path, values: Path, namespace: str, cancelled: Cancelled | None = None) -> list[str]:
        """Names of the releases that a helmfile installs with these values."""
        arguments = ["list", "--output=json", "--skip-charts"]
        result = self._helmfile(helmfile, values, namespace, arguments, LIST_SECONDS, cancelled, separate=True)
        listed = json.loads(result.output or b"[]") or []
        return [each["name"] for each in listed if each.get("enabled", True) and each.get("installed", True)]

    def rendered(self, helmfile: Path, values: Path, namespace: str, cancelled: Cancelled | None = None) -> str:
        """The manifests of all releases as YAML documents, worked out without the cluster: charts that look things up there
        may come out otherwise, or not at all (UserFault)."""
        result = self._helmfile(helmfile, values, namespace, ["template"], PREPARE_SECONDS, cancelled, separate=True)
        return result.output.decode(errors="replace")

    def sync(
        self,
        helmfile: Path,
        values: Path,
        namespace: str,
        *,
        timeout: float,
        cleanup_on_fail: bool,
        waves: int = 1,
        labels: Mapping[str, str] | None = None,
        skip_deps: bool = False,
        cancelled: Cancelled | None = None,
        log: Path | None = None,
    ) -> None:
        """Install or upgrade every release into `namespace` and wait until it is ready, `timeout` seconds for each.

        `waves` is how many releases one after another may wait for each other (`needs`).
        `labels` mark the release records. UserFault with the end of the log where it does not work, Unavailable
        where the cluster does not answer, Superseded when cancelled: helm has then marked its releases as failed.
        """
        arguments = ["sync", *self.options(timeout, cleanup_on_fail, labels or {}, skip_deps)]
        most = timeout * waves + MARGIN + PREPARE_SECONDS
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

    @staticmethod
    def _where(helmfile: Path, values: Path) -> list[str]:
        return [f"--file={helmfile}", f"--state-values-file={values}", "--no-color"]

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
        where = [*self._where(helmfile, values), f"--namespace={namespace}"]
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
