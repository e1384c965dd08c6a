"""buildah: builds without a daemon, layers cached in its own storage and in the registry."""

import tempfile
import threading
from pathlib import Path

from config.settings import Settings
from workers.tools import buildlog, process
from workers.tools.builder import BuildRequest, Built
from workers.tools.process import Cancelled, Result, ToolFailed

CA_INSIDE = "/etc/devstack-ca.crt"  # where a build's RUN steps find the company's CA bundle
CA_VARIABLES = (
    "SSL_CERT_FILE",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "GIT_SSL_CAINFO",
)


class Buildah:
    """One storage for all builds; pushes go straight from it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._env = process.environment(
            settings.tools_path,
            {
                "BUILDAH_ISOLATION": settings.buildah_isolation,
                **(
                    {"CONTAINERS_REGISTRIES_CONF": str(settings.buildah_registries_conf)}
                    if settings.buildah_registries_conf
                    else {}
                ),
                **({"REGISTRY_AUTH_FILE": str(settings.registry_auth_file)} if settings.registry_auth_file else {}),
            },
        )
        self._pushing = threading.Semaphore(2)

    def build(self, request: BuildRequest, cancelled: Cancelled) -> Built:
        """Build and push; see `Builder`."""
        name = f"{request.repository}:{request.tag}"
        with tempfile.TemporaryDirectory(prefix="buildah-") as scratch:
            digest = Path(scratch) / "digest"
            try:
                built = self._run(self.bud(request, name), cancelled)
                with self._pushing:
                    pushed = self._run(
                        [
                            *self._buildah(),
                            "push",
                            *self._tls(),
                            "--quiet",
                            "--digestfile",
                            str(digest),
                            name,
                            f"docker://{name}",
                        ],
                        cancelled,
                    )
            except ToolFailed as failure:
                raise buildlog.explained(
                    request.service, failure.tail, timed_out=failure.code is None, seconds=self._settings.build_timeout
                ) from failure
            return Built(digest.read_text().strip(), built.seconds + pushed.seconds)

    def bud(self, request: BuildRequest, name: str) -> list[str]:
        """The command line of a build."""
        argv = [*self._buildah(), "bud", "--layers", *self._tls(), "--isolation", self._settings.buildah_isolation,
                "--format", "oci", "--file", str(request.dockerfile), "--tag", name]  # fmt: skip
        if request.target:
            argv += ["--target", request.target]
        for key, value in sorted(request.args.items()):
            argv += ["--build-arg", f"{key}={value}"]
        if self._settings.build_ca_bundle is not None:
            # Build arguments of these names are known to RUN steps and are not kept in the image.
            argv += ["--volume", f"{self._settings.build_ca_bundle}:{CA_INSIDE}:ro"]
            for variable in CA_VARIABLES:
                argv += ["--build-arg", f"{variable}={CA_INSIDE}"]
        return [*argv, str(request.context)]

    def _buildah(self) -> list[str]:
        storage = self._settings.buildah_storage
        return ["buildah", *(["--root", str(storage / "root"), "--runroot", str(storage / "run")] if storage else [])]

    def _tls(self) -> list[str]:
        return ["--tls-verify=false"] if self._settings.registry_insecure else []

    def _run(self, argv: list[str], cancelled: Cancelled) -> Result:
        return process.run(argv, env=self._env, timeout=self._settings.build_timeout, cancelled=cancelled)
