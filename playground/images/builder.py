"""buildah with a storage of its own, for the few images of the playground itself."""

import os
from dataclasses import dataclass
from pathlib import Path

from playground import tool
from playground.packages import search_path

# Handed to builds as the secret `ca-bundle`, for companies whose package mirrors have certificates of their own.
CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")


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
    """`folder` holds the storage and may be removed with all in it; `registry` is host:port.

    `conf`: where base images come from (a registries.conf), where that is not `registry` itself.
    """

    folder: Path
    registry: str
    log: Path
    conf: Path | None = None
    insecure: bool = True
    auth_file: Path | None = None

    def import_archive(self, archive: Path, reference: str) -> None:
        """Make an image of one layer from a tar archive, and push it."""
        container = self._buildah("from", "scratch", quiet=True).strip()
        self._buildah("add", container, str(archive), "/")
        self._buildah("config", "--cmd", "bash", "--env", "PATH=" + ":".join(IMAGE_PATH), container)
        self._buildah("commit", "--rm", container, f"{self.registry}/{reference}")
        self._push(reference)

    def build(self, context: Path, reference: str, *, dockerfile: Path | None = None, layers: bool = False) -> None:
        """Build a folder, and push the image. Without `dockerfile` the folder's own; `layers`: keep them for the next
        build, and use them."""
        options = ["--layers"] if layers else []
        if dockerfile is not None:
            options.append(f"--file={dockerfile}")
        if CA_BUNDLE.exists():
            options.append(f"--secret=id=ca-bundle,src={CA_BUNDLE}")
        options += ["--isolation", "chroot", "--pull", "--tag", f"{self.registry}/{reference}"]
        self._buildah("bud", *options, str(context))
        self._push(reference)

    def _push(self, reference: str) -> None:
        login = [f"--authfile={self.auth_file}"] if self.auth_file is not None else []
        self._buildah("push", f"--tls-verify={str(not self.insecure).lower()}", *login, f"{self.registry}/{reference}")

    def _buildah(self, *arguments: str, quiet: bool = False) -> str:
        conf = self.conf or self.folder / "registries.conf"
        if not conf.exists():
            conf.parent.mkdir(parents=True, exist_ok=True)
            conf.write_text(registries_conf(self.registry))
        storage = ["--root", f"{self.folder}/storage", "--runroot", f"{self.folder}/run"]
        environment = {**os.environ, "PATH": search_path(), "CONTAINERS_REGISTRIES_CONF": str(conf)}
        return tool.run(["buildah", *storage, *arguments], env=environment, log=None if quiet else self.log)


IMAGE_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
