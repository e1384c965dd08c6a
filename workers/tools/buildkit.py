"""buildctl to a running buildkitd: stages side by side, a layer cache in the registry. A company's CA belongs into
buildkitd's own set-up, since BuildKit lets no build argument mount a file of the worker's."""

import json
import tempfile
from pathlib import Path

from config.settings import Settings
from workers.faults import Unavailable
from workers.tools import buildlog, process
from workers.tools.builder import BuildRequest, Built
from workers.tools.process import Cancelled, ToolFailed

CACHE_TAG = "buildcache"


class BuildKit:
    """Each build is one `buildctl build` that pushes what it made."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        auth = settings.registry_auth_file
        self._env = process.environment(settings.tools_path, {"DOCKER_CONFIG": str(auth.parent)} if auth else {})

    def build(self, request: BuildRequest, cancelled: Cancelled) -> Built:
        """Build and push; see `Builder`."""
        with tempfile.TemporaryDirectory(prefix="buildctl-") as scratch:
            metadata = Path(scratch) / "metadata.json"
            try:
                done = process.run(
                    self.argv(request, metadata), env=self._env, timeout=self._settings.build_timeout, cancelled=cancelled
                )
            except ToolFailed as failure:
                if "failed to list workers" in failure.tail or "failed to dial" in failure.tail:
                    raise Unavailable("The image builder", failure.tail[-300:]) from failure
                raise buildlog.explained(
                    request.service, failure.tail, timed_out=failure.code is None, seconds=self._settings.build_timeout
                ) from failure
            return Built(json.loads(metadata.read_text())["containerimage.digest"], done.seconds)

    def argv(self, request: BuildRequest, metadata: Path) -> list[str]:
        """The command line of a build."""
        insecure = ",registry.insecure=true" if self._settings.registry_insecure else ""
        cache = f"type=registry,ref={request.repository}:{CACHE_TAG}"
        argv = ["buildctl", "--addr", self._settings.buildkit_address, "build", "--progress", "plain",
                "--frontend", "dockerfile.v0", "--local", f"context={request.context}",
                "--local", f"dockerfile={request.dockerfile.parent}", "--opt", f"filename={request.dockerfile.name}",
                "--output", f"type=image,name={request.repository}:{request.tag},push=true{insecure}",
                "--import-cache", cache, "--export-cache", f"{cache},mode=max{insecure}",
                "--metadata-file", str(metadata)]  # fmt: skip
        if request.target:
            argv += ["--opt", f"target={request.target}"]
        for key, value in sorted(request.args.items()):
            argv += ["--opt", f"build-arg:{key}={value}"]
        return argv
