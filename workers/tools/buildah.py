"""buildah: builds without a daemon, in a storage of its own. The embedded default.

Images are in Docker's format, since OCI's has no SHELL and no HEALTHCHECK. No timestamp is set: with all files of one
age Python would compile every module anew at each start. RUN gets fewer capabilities than usual, because chroot
isolation shares the host's devices and root folder with it.
"""

import re
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from config.settings import Settings
from workers.faults import UserFault
from workers.tools import build_words
from workers.tools.buildah_storage import Storage
from workers.tools.builder import CA_SECRET, BuildRequest, Built
from workers.tools.process import Cancelled, Runner, ToolFailed, ToolTimeout

GRACE = 1.0  # seconds; an interrupted build leaves nothing that is worth more
PUSH_SECONDS = 300.0
QUERY_SECONDS = 30.0
CACHES_SINCE = (1, 28)  # the version that learned to keep layers in a registry
_CACHE_FAILED = re.compile(r"(?:pushing|pulling|looking for) cache|cache (?:from|to)\b")
DROPPED = ("CAP_SYS_CHROOT", "CAP_MKNOD", "CAP_NET_RAW", "CAP_AUDIT_WRITE")


@dataclass(frozen=True)
class Buildah:
    """`storage` is ours alone: what killed builds left in it is removed. `timeout` is that of one build, in seconds."""

    runner: Runner
    storage: Storage
    timeout: float
    isolation: str = "chroot"
    auth_file: Path | None = None
    insecure: bool = False
    ca_bundle: Path | None = None
    layer_cache: bool = False  # keep layers in the registry too, for storages that begin empty

    @classmethod
    def of(cls, settings: Settings, runner: Runner) -> "Buildah":
        """Where no storage is set, it lies in the work folder."""
        root = settings.buildah_storage or settings.work_dir / "buildah"
        return cls(
            runner,
            Storage(runner, root, settings.buildah_registries_conf),
            timeout=settings.build_timeout,
            isolation=settings.buildah_isolation,
            auth_file=settings.registry_auth_file,
            insecure=settings.registry_insecure,
            ca_bundle=settings.build_ca_bundle,
            layer_cache=settings.build_layer_cache,
        )

    def build(self, request: BuildRequest, cancelled: Cancelled | None = None) -> Built:
        """Build with the layers that the storage has, push by id, read the digest that the registry got."""
        started = time.monotonic()
        notes = self.runner.home / "builds" / uuid.uuid4().hex
        notes.mkdir(parents=True)
        image, digest = notes / "image", notes / "digest"
        try:
            with self.storage.in_use(cancelled):
                self._build(request, image, cancelled)
                self._push(request, image.read_text().strip(), digest, cancelled)
            found = digest.read_text().strip()
        finally:
            for file in (image, digest):
                file.unlink(missing_ok=True)
            notes.rmdir()
        return Built(found, f"{request.repository}@{found}", time.monotonic() - started)

    def bud(self, request: BuildRequest, image: Path, *, layer_cache: bool = False) -> list[str]:
        """The arguments of a build."""
        options = [
            *("bud", "--layers", "--format=docker", f"--isolation={self.isolation}"),
            *(f"--cap-drop={name}" for name in DROPPED),
            *self.registry,
            *("--retry=2", "--retry-delay=1s"),
            *([f"--cache-from={request.cache}", f"--cache-to={request.cache}"] if layer_cache else []),
            f"--iidfile={image}",
            f"--file={request.dockerfile}",
            *(f"--build-arg={name}={value}" for name, value in sorted(request.args.items())),
        ]
        if request.target:
            options.append(f"--target={request.target}")
        if self.ca_bundle is not None:
            options.append(f"--secret=id={CA_SECRET},src={self.ca_bundle}")
        return [*options, "--", str(request.context)]

    def push(self, request: BuildRequest, image: str, digest: Path) -> list[str]:
        """The arguments of a push."""
        return [
            *("push", "--quiet", *self.registry, "--retry=2", "--retry-delay=1s"),
            *(f"--digestfile={digest}", image, f"docker://{request.ref}"),
        ]

    @property
    def registry(self) -> list[str]:
        """How the registry is spoken to."""
        return [
            *([f"--authfile={self.auth_file}"] if self.auth_file is not None else []),
            *(["--tls-verify=false"] if self.insecure else []),
        ]

    def _build(self, request: BuildRequest, image: Path, cancelled: Cancelled | None) -> None:
        def run(*, layer_cache: bool) -> None:
            arguments = self.bud(request, image, layer_cache=layer_cache)
            self._run(arguments, self.timeout, request.log, cancelled)

        try:
            try:
                run(layer_cache=self.layer_cache and version(self.runner) >= CACHES_SINCE)
            except ToolFailed as error:
                if not _CACHE_FAILED.search(build_words.last_error(error.tail)):
                    raise
                run(layer_cache=False)  # a registry that does not take it: what was built stays in the storage
        except ToolFailed as error:
            raise build_words.explained(error, request.service, build_words.buildah_end) from error
        except ToolTimeout as error:
            raise too_long(request.service, self.timeout, build_words.buildah_end(error.tail)) from error

    def _push(self, request: BuildRequest, image: str, digest: Path, cancelled: Cancelled | None) -> None:
        try:
            self._run(self.push(request, image, digest), PUSH_SECONDS, request.log, cancelled)
        except ToolFailed as error:
            raise build_words.push_explained(error, request.repository) from error

    def _run(self, arguments: Sequence[str], timeout: float, log: Path | None, cancelled: Cancelled | None) -> None:
        self.runner.run(
            [*self.storage.command, *arguments],
            env=self.storage.environment, timeout=timeout, cancelled=cancelled, grace=GRACE, log=log,
        )  # fmt: skip


@cache
def version(runner: Runner) -> tuple[int, ...]:
    """Of the buildah that is installed, such as (1, 28, 2)."""
    found = re.search(r"version (\d+(?:\.\d+)*)", runner.run(["buildah", "--version"], timeout=QUERY_SECONDS).tail)
    return tuple(map(int, found[1].split("."))) if found else ()


def too_long(service: str, seconds: float, log: str) -> UserFault:
    """A build that was ended at its deadline."""
    return UserFault(
        "Build took too long",
        f"The image of `{service}` was not built within {seconds:.0f} s.",
        "Make the Dockerfile quicker (order its steps so that layers are reused), or have the limit raised.",
        log,
    )
