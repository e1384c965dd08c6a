"""Images in a registry: asked for, brought there, and kept as files."""

import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playground import tool
from playground.errors import PlaygroundError
from playground.packages import search_path

# How registries say that they do not have an image.
UNKNOWN = ("manifest unknown", "name unknown", "not found")


@dataclass(frozen=True)
class Skopeo:
    """`registry` is host:port; `insecure`: it speaks plain HTTP."""

    registry: str
    log: Path
    insecure: bool = True
    auth_file: Path | None = None

    def digest(self, reference: str) -> str | None:
        """The digest of an image's manifest; None where the registry does not have it. PlaygroundError where the registry
        does not answer, or does not let us in."""
        try:
            manifest = self._manifest(reference)
        except PlaygroundError as error:
            if any(sign in error.message for sign in UNKNOWN):
                return None
            raise
        return f"sha256:{hashlib.sha256(manifest.encode()).hexdigest()}"

    def size(self, reference: str) -> int:
        """Bytes of all layers as they are pulled. PlaygroundError where the registry does not have the image."""
        return sum(layer["size"] for layer in json.loads(self._manifest(reference))["layers"])

    def save(self, reference: str, folder: Path) -> None:
        """Keep an image of the registry in a folder, which is there whole or not at all."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=folder.parent, prefix="saving-"))
        try:
            self._skopeo("copy", "--quiet", *self._access("src-"), self._remote(reference), f"oci:{scratch}/image")
            Path(scratch, "image").rename(folder)
        finally:
            shutil.rmtree(scratch)

    def load(self, folder: Path, reference: str) -> None:
        """Bring an image from such a folder into the registry."""
        self._skopeo("copy", "--quiet", *self._access("dest-"), f"oci:{folder}", self._remote(reference))

    def _manifest(self, reference: str) -> str:
        return self._skopeo("inspect", "--raw", *self._access(""), self._remote(reference))

    def _remote(self, reference: str) -> str:
        return f"docker://{self.registry}/{reference}"

    def _access(self, side: str) -> list[str]:
        login = [f"--{side}authfile={self.auth_file}"] if self.auth_file is not None else []
        return [f"--{side}tls-verify={str(not self.insecure).lower()}", *login]

    def _skopeo(self, *arguments: str) -> str:
        log = None if arguments[0] == "inspect" else self.log
        return tool.run(["skopeo", *arguments], env={**os.environ, "PATH": search_path()}, log=log)
