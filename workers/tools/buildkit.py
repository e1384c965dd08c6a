"""BuildKit: buildctl asks a buildkitd, which builds, keeps the layers in the registry and pushes.

What buildkitd trusts and which mirrors it uses stands in its own `buildkitd.toml`.
"""

import json
import shutil
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from config.settings import Settings
from workers.tools import build_words
from workers.tools.buildah import too_long
from workers.tools.builder import CA_SECRET, BuildRequest, Built
from workers.tools.process import Cancelled, Runner, ToolFailed, ToolTimeout

GRACE = 3.0  # seconds in which buildctl tells buildkitd to stop
DIGEST = "containerimage.digest"


@dataclass(frozen=True)
class Buildkit:
    """`address` as in `buildctl --addr`; `timeout` is that of one build with its push, in seconds."""

    runner: Runner
    address: str
    timeout: float
    auth_file: Path | None = None
    insecure: bool = False
    ca_bundle: Path | None = None
    layer_cache: bool = True

    @classmethod
    def of(cls, settings: Settings, runner: Runner) -> "Buildkit":
        """As the settings say."""
        return cls(
            runner,
            settings.buildkit_address,
            timeout=settings.build_timeout,
            auth_file=settings.registry_auth_file,
            insecure=settings.registry_insecure,
            ca_bundle=settings.build_ca_bundle,
            layer_cache=settings.build_layer_cache,
        )

    def build(self, request: BuildRequest, cancelled: Cancelled | None = None) -> Built:
        """Build and push in one go."""
        started = time.monotonic()
        notes = self.runner.home / "builds" / uuid.uuid4().hex
        notes.mkdir(parents=True)
        metadata = notes / "metadata.json"
        try:
            if self.auth_file is not None:  # buildctl reads the registry's password and hands it to buildkitd
                (notes / "config.json").symlink_to(self.auth_file.resolve())
            self.runner.run(
                ["buildctl", *self.arguments(request, metadata)],
                env={"DOCKER_CONFIG": str(notes)},
                timeout=self.timeout, cancelled=cancelled, grace=GRACE, log=request.log,
            )  # fmt: skip
            digest = str(json.loads(metadata.read_text())[DIGEST])
        except ToolFailed as error:
            if "failed to push" in build_words.last_error(error.tail):
                raise build_words.push_explained(error, request.repository) from error
            raise build_words.explained(error, request.service, build_words.buildkit_end) from error
        except ToolTimeout as error:
            raise too_long(request.service, self.timeout, build_words.buildkit_end(error.tail)) from error
        finally:
            shutil.rmtree(notes, ignore_errors=True)
        return Built(digest, f"{request.repository}@{digest}", time.monotonic() - started)

    def arguments(self, request: BuildRequest, metadata: Path) -> list[str]:
        """The arguments of a build. A cache that cannot be written does not fail it."""
        plain_http = ",registry.insecure=true" if self.insecure else ""
        kept = f"type=registry,ref={request.cache}:{request.service}"
        caches = [f"--export-cache={kept},mode=max,ignore-error=true{plain_http}", f"--import-cache={kept}{plain_http}"]
        options = [
            *("--addr", self.address, "build", "--progress=plain", "--frontend=dockerfile.v0"),
            f"--local=context={request.context}",
            f"--local=dockerfile={request.dockerfile.parent}",
            f"--opt=filename={request.dockerfile.name}",
            *(f"--opt=build-arg:{name}={value}" for name, value in sorted(request.args.items())),
            f"--output=type=image,name={request.ref},push=true{plain_http}",
            *(caches if self.layer_cache else []),
            f"--metadata-file={metadata}",
        ]
        if request.target:
            options.append(f"--opt=target={request.target}")
        if self.ca_bundle is not None:
            options.append(f"--secret=id={CA_SECRET},src={self.ca_bundle}")
        return options
