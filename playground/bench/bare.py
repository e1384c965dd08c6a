"""The same work by hand: git, buildah, helmfile, kubectl and curl, one after the other, on the same repositories.

Images are built in the storage that the bot's builds use, with the same options that speed them up (`--layers`). The
chart is the bot's ready-made one, told to make the routes itself, so that helm applies them along with the rest.
"""

import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import yaml

from playground.bench import sample
from playground.demo.stage import ROOT, TOKEN, Stage

TIMEOUT_SECONDS = 180.0
PAUSE_SECONDS = 0.1  # between two looks of curl
DRAIN_SECONDS = 3  # as the bot's releases have it
OLD_SECONDS = DRAIN_SECONDS + 2.0  # after this no old pod is there any more


@dataclass
class Bare:
    """One stack made by hand; `spent` has the seconds of each kind of command."""

    stage: Stage
    repository: str
    label: str
    folder: Path
    digests: dict[str, str] = field(default_factory=dict)
    spent: dict[str, float] = field(default_factory=dict)
    started: float = 0.0  # when `up` began

    @property
    def namespace(self) -> str:
        """The stack's own."""
        return f"bare-{self.repository.rpartition('/')[2]}-{self.label}"

    def up(self, sha: str, services: Sequence[str], stamp: str) -> float:
        """Fetch, build and push one after the other, deploy these services, wait for their answers; seconds."""
        self.spent = {}
        self.started = time.monotonic()
        with self._timed("fetch"):
            source = self._fetched(sha)
        for service in services:
            with self._timed("build"):
                image = self._built(source / service)
            with self._timed("push"):
                self.digests[service] = self._pushed(service, image, sha)
        with self._timed("helmfile"):
            self._helmfile(services, "sync", "--wait", "--skip-deps")
        with self._timed("curl"):
            for service in services:
                self._answered(service, f"{service}-{stamp}")
        return time.monotonic() - self.started

    def old_until(self, service: str, stamp: str) -> float:
        """After `up`: seconds from its start until a pod of the old version answered for the last time."""
        host, path = self._address(service, f"{service}-{stamp}")
        last = time.monotonic()
        end = last + OLD_SECONDS
        while (now := time.monotonic()) < end:
            if self.stage.request(host, path).status_code != httpx.codes.OK:
                last = now
            time.sleep(PAUSE_SECONDS / 4)
        return last - self.started

    def down(self) -> float:
        """Uninstall and delete the namespace, waiting until both are gone; seconds."""
        self.spent = {}
        started = time.monotonic()
        with self._timed("helmfile"):
            self._helmfile(list(self.digests), "destroy")
        with self._timed("namespace"):
            self.stage.kubectl("delete", "namespace", self.namespace, "--wait=true", "--timeout=120s")
        return time.monotonic() - started

    def forget(self) -> None:
        """Remove what is left of it after a fault."""
        self.stage.kubectl("delete", "namespace", self.namespace, "--ignore-not-found", "--timeout=120s")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _fetched(self, sha: str) -> Path:
        """The commit's files: the clone is kept between two pushes, as the bot's mirror is."""
        clone = self.folder / "clone"
        if not clone.exists():
            self._run("git", "init", "--quiet", str(clone))
        url = f"{self.stage.github.url.replace('://', f'://x-access-token:{TOKEN}@')}/{self.repository}.git"
        self._run("git", "-C", str(clone), "fetch", "--quiet", "--depth=1", url, sha)
        self._run("git", "-C", str(clone), "checkout", "--quiet", "--force", "--detach", sha)
        return clone

    def _built(self, context: Path) -> str:
        note = self.folder / "image"
        self._buildah("bud", "--layers", "--format=docker", "--isolation=chroot", f"--iidfile={note}", str(context))
        return note.read_text().strip()

    def _pushed(self, service: str, image: str, sha: str) -> str:
        note = self.folder / "digest"
        name = self._image(service)
        self._buildah("push", "--quiet", f"--digestfile={note}", image, f"docker://{name}:{sha}")
        return f"{name}@{note.read_text().strip()}"

    def _image(self, service: str) -> str:
        return f"{self.stage.playground.registry}/{self.repository}/bare-{service}"

    def _helmfile(self, services: Sequence[str], *arguments: str) -> None:
        path = self.folder / "helmfile.yaml"
        path.write_text(yaml.safe_dump({"releases": [self._release(service) for service in services]}))
        self._run(str(self.stage.playground.helmfile), "--no-color", f"--file={path}", *arguments)

    def _release(self, service: str) -> dict[str, object]:
        values = {
            "service": service,
            "fullnameOverride": f"{service}-{self.label}",
            "devstack_label": self.label,
            "images": {service: {"ref": self.digests[service]}},
            "hosts": [sample.host(self.repository, service)],
            "port": sample.PORT,
            "health": "/healthz",
            "drainSeconds": DRAIN_SECONDS,
            "routes": "all",
        }
        name = f"{service}-{self.label}"
        chart = str(ROOT / "helm" / "service")
        return {"name": name, "namespace": self.namespace, "chart": chart, "values": [values]}

    def _answered(self, service: str, stamp: str) -> None:
        """Curl the preview host until the new version answers 200."""
        host, path = self._address(service, stamp)
        command = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--noproxy", "*",
                   "--header", f"Host: {host}", f"{self.stage.playground.traefik_url}{path}"]  # fmt: skip
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while self._run(*command, ok=(0, 7, 52, 56)) != "200":
            if time.monotonic() > deadline:
                raise RuntimeError(f"{host} did not answer 200 within {TIMEOUT_SECONDS:.0f} s")
            time.sleep(PAUSE_SECONDS)

    def _address(self, service: str, stamp: str) -> tuple[str, str]:
        """The preview host, and a path there that only this version knows."""
        return f"{self.label}.{sample.host(self.repository, service)}", f"/is/{stamp}"

    def _buildah(self, *arguments: str) -> None:
        storage = self.stage.bot.environment.get("DEVSTACK_BUILDAH_STORAGE") or str(self.stage.folder / "work/buildah")
        insecure = ["--tls-verify=false"] if self.stage.playground.registry_insecure else []
        command, *rest = arguments
        self._run("buildah", f"--root={storage}", f"--runroot={storage}-run", command, *insecure, *rest)

    def _run(self, *command: str, ok: Sequence[int] = (0,)) -> str:
        env = {**self.stage.bot.environment, "KUBECONFIG": str(self.stage.playground.kubeconfig)}
        env["PATH"] = f"{self.stage.playground.tools}:{env['PATH']}"
        env["HELMFILE_UPGRADE_NOTICE_DISABLED"] = "true"
        if self.stage.playground.registries_conf is not None:
            env["CONTAINERS_REGISTRIES_CONF"] = str(self.stage.playground.registries_conf)
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=TIMEOUT_SECONDS)
        if done.returncode not in ok:
            raise RuntimeError(f"{command[0]} ended with code {done.returncode}: {(done.stderr or done.stdout)[-1500:]}")
        return done.stdout.strip()

    @contextmanager
    def _timed(self, kind: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self.spent[kind] = self.spent.get(kind, 0.0) + time.monotonic() - started
