"""buildah with a storage of its own, for the few images of the playground itself."""

import os
from dataclasses import dataclass
from pathlib import Path

from playground import tool
from playground.packages import search_path


def registries_conf(registry: str) -> str:
    """Makes buildah take docker.io's images, and those of `registry`, from `registry`, which speaks plain HTTP."""
    return (
        'unqualified-search-registries = ["docker.io"]\n'
        'short-name-mode = "disabled"\n\n'
        f'[[registry]]\nlocation = "{registry}"\ninsecure = true\n\n'
        '[[registry]]\nlocation = "docker.io"\n'
        f'[[registry.mirror]]\nlocation = "{registry}"\ninsecure = true\n'
    )


@dataclass(frozen=True)
class Builder:
    """`folder` holds the storage and may be removed with all in it; `registry` is host:port."""

    folder: Path
    registry: str
    log: Path

    def import_archive(self, archive: Path, reference: str) -> None:
        """Make an image of one layer from a tar archive, and push it."""
        container = self._buildah("from", "scratch", quiet=True).strip()
        self._buildah("add", container, str(archive), "/")
        self._buildah("config", "--cmd", "bash", "--env", "PATH=" + ":".join(IMAGE_PATH), container)
        self._buildah("commit", "--rm", container, f"{self.registry}/{reference}")
        self._push(reference)

    def build(self, context: Path, reference: str) -> None:
        """Build a folder with a Dockerfile, and push the image."""
        self._buildah("bud", "--isolation", "chroot", "--pull", "--tag", f"{self.registry}/{reference}", str(context))
        self._push(reference)

    def _push(self, reference: str) -> None:
        self._buildah("push", "--tls-verify=false", f"{self.registry}/{reference}")

    def _buildah(self, *arguments: str, quiet: bool = False) -> str:
        conf = self.folder / "registries.conf"
        if not conf.exists():
            conf.parent.mkdir(parents=True, exist_ok=True)
            conf.write_text(registries_conf(self.registry))
        storage = ["--root", f"{self.folder}/storage", "--runroot", f"{self.folder}/run"]
        environment = {**os.environ, "PATH": search_path(), "CONTAINERS_REGISTRIES_CONF": str(conf)}
        return tool.run(["buildah", *storage, *arguments], env=environment, log=None if quiet else self.log)


IMAGE_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
