"""The table of images, and the hash that says when they must be made anew."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from playground.images import debian
from playground.toolset import router
from playground.toolset.binaries import PAUSE as PAUSE_BINARY
from playground.toolset.binaries import key

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Image:
    """`recipe`: the folder with its Dockerfile, beside this file. `repository`: what follows the registry's address."""

    repository: str
    tag: str
    recipe: str = ""

    @property
    def reference(self) -> str:
        """Repository and tag."""
        return f"{self.repository}:{self.tag}"


DEBIAN = Image("library/debian", f"{debian.SUITE}-slim")
PYTHON = Image("library/python", f"3.11-slim-{debian.SUITE}", "python")
REDIS = Image("devstack/redis", "7", "redis")
PAUSE = Image("devstack/pause", "1", "pause")
TRAEFIK = Image("devstack/traefik", f"v{router.version()}", "traefik")
DERIVED = (PYTHON, REDIS, PAUSE, TRAEFIK)
BASES = (DEBIAN, PYTHON)
# Made only when something on top of it is.
NEWER_DEBIAN = Image("library/debian", f"{debian.NEWER_SUITE}-slim")


def seed_key() -> str:
    """A hash of all that determines the images."""
    digest = hashlib.sha256(f"{debian.key()} {router.version()} {key(((PAUSE_BINARY,),))}".encode())
    for image in DERIVED:
        digest.update(image.reference.encode() + (HERE / image.recipe / "Dockerfile").read_bytes())
    return digest.hexdigest()[:16]


def on_demand(name: str, version: str) -> Image:
    """An image that is made when it is first asked for. Its tag tells the contents of its recipe."""
    digest = hashlib.sha256(debian.key().encode())
    for file in sorted((HERE / name).iterdir()):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return Image(f"devstack/{name}", f"{version}-{digest.hexdigest()[:12]}", name)
